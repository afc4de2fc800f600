"""The public face: home, search, one's own matters, who looked, documents."""

from datetime import datetime, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from gongjian.casefile.reveal import reveal
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import CaseParty
from gongjian.documents.actions import keep
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions import applicant, handling, replying
from gongjian.domains.hotline.actions.reference import NoticeText, publish_notices
from gongjian.domains.hotline.models import CallAttempt
from gongjian.identity.actor import ANONYMOUS
from gongjian.identity.models import User
from gongjian.parties.models import Person
from gongjian.portal.rules import Hours, desks_today, opens_on, split
from gongjian.testing.assertions import assert_at_most_queries
from gongjian.testing.cases import again, code_of, handler_of, make_request, party_of
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING, SATURDAY_NOON
from gongjian.workdays.rules import SHANGHAI

AT = MONDAY_MORNING
BACKEND = "gongjian.identity.backends.AssignmentBackend"
OFFICE = frozenset({1, 2, 3, 4, 5})


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("GONGJIAN_CLOCK", (AT + timedelta(hours=1)).isoformat())


@pytest.fixture
def neighbour():
    """Return 刘晓梅, signed in, with the columns that make a case her own."""
    client = Client()
    client.force_login(User.objects.get(username="r-liu.xiaomei"), backend=BACKEND)
    person = Person.objects.get(user__username="r-liu.xiaomei")
    return client, {"name": "刘晓梅", "phone": "13800006021", "consent_contact": True, "person_id": person.pk}


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def at_desk(username):
    client = Client()
    client.force_login(User.objects.get(username=username), backend=BACKEND)
    return client


def test_home_says_search_call_four_doors_notices_hours_and_figures(client):
    notice = NoticeText("今晚检修供水管", "Water main repair", "影响六个小区。", "Six estates.", AT)
    gone = NoticeText("过期的公告", "Old", "x", "x", AT - timedelta(days=9), AT - timedelta(days=1))
    publish_notices(notices=[notice, gone])
    make_request()
    make_request(state="closed")
    page = text(client.get("/"))
    assert page.index('type="search"') < page.index('href="tel:12349"', page.index("hero__call"))
    for words in (
        "反映问题",
        "查进度",
        "问政策",
        "找单位",
        "今晚检修供水管",
        "政务服务大厅",
        "9:00–12:00，14:00–18:00",
    ):
        assert words in page
    assert "过期的公告" not in page
    assert "<dd>2<small>" in page  # received
    assert "<dd>1<small>" in page  # closed


def test_home_costs_little_and_starts_no_session(client):
    client.get("/")
    with assert_at_most_queries(4):
        response = client.get("/")
    assert "sessionid" not in response.cookies


def test_on_a_saturday_the_halls_are_closed_and_the_line_is_not(client, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", SATURDAY_NOON.isoformat())
    page = text(client.get("/"))
    assert page.count("今天不开") == 2
    assert "接听中" in page


@pytest.mark.parametrize(
    ("moment", "says"),
    [
        ("2026-11-23T08:00", "现在没开，9:00 开门"),
        ("2026-11-23T12:30", "现在没开，14:00 开门"),
        ("2026-11-23T18:30", "已下班，明天 9:00 开门"),
        ("2026-11-27T18:30", "已下班，周一 9:00 开门"),
        ("2026-11-28T12:00", "已下班，周一 9:00 开门"),
    ],
)
def test_a_closed_desk_says_when_it_opens(client, monkeypatch, moment, says):
    monkeypatch.setenv("GONGJIAN_CLOCK", f"{moment}+08:00")
    assert says in text(client.get("/"))


def test_desks_follow_the_working_calendar():
    rows = [
        Hours("大厅：上午", OFFICE, time(9), time(12)),
        Hours("大厅：下午", OFFICE, time(14), time(18)),
        Hours("热线：全天", frozenset(range(1, 8)), time(), time(23, 59, 59)),
    ]
    monday = datetime(2026, 11, 23, 12, 30, tzinfo=SHANGHAI)
    hall, line = desks_today(rows, monday, lambda _day: True)
    assert (hall.name, len(hall.spans), hall.open_now, hall.all_day) == ("大厅", 2, False, False)
    assert (line.open_now, line.all_day, line.note) == (True, True, "全天")
    assert desks_today(rows, monday, lambda _day: False)[0].spans == ()
    # A Saturday that is worked for a holiday opens the hall, an ordinary one does not.
    saturday = datetime(2026, 10, 10, tzinfo=SHANGHAI).date()
    assert opens_on(OFFICE, saturday, working=True)
    assert not opens_on(OFFICE, saturday, working=False)
    assert split("热线") == ("热线", "")


@pytest.mark.parametrize("q", ["噪声", "施工噪声", "jianzhushigong", "jzsgzs", "building sites", "工地"])
def test_search_finds_subjects_by_name_pinyin_and_everyday_words(client, q):
    page = text(client.get(reverse("portal:search"), {"q": q}))
    assert "topic=env-site-noise" in page
    assert "没有找到现成的" not in page


def test_search_leads_to_the_own_number_and_to_notices(client):
    assert client.get(reverse("portal:search"), {"q": "yt2611 04178"}).url.endswith("/track?number=YT-2611-04178")
    publish_notices(notices=[NoticeText("今晚检修供水管", "Repair", "影响六个小区。", "Six.", AT)])
    assert "今晚检修供水管" in text(client.get(reverse("portal:search"), {"q": "检修"}))


def test_search_without_a_hit_offers_to_write_it_down(client):
    page = text(client.get(reverse("portal:search"), {"q": "<b>外星人</b>"}))
    assert "没有找到现成的" in page
    assert "<b>外星人" not in page
    assert "大家常问的事" in text(client.get(reverse("portal:search")))


def test_every_subject_names_its_body_and_term(client):
    page = text(client.get(reverse("portal:services")))
    assert "深圳市生态环境局盐田管理局" in page
    assert "派出后 24 小时内答复" in page


def test_my_matters_are_mine_newest_first_and_paged(neighbour):
    client, own = neighbour
    numbers = [make_request(reporter=own).number for _ in range(22)]
    other = make_request().number
    page = text(client.get(reverse("portal:matters")))
    assert other not in page
    assert page.index(numbers[-1]) < page.index(numbers[-2])
    assert numbers[0] not in page
    for wrong in ("²", "9" * 30, "-1"):
        assert client.get(reverse("portal:matters"), {"before": wrong}).status_code == 200
    following = page.split('href="?before=')[1].split('"')[0]
    assert numbers[0] in text(client.get(reverse("portal:matters"), {"before": following}))
    with assert_at_most_queries(4):
        client.get(reverse("portal:matters"))


def test_without_matters_there_is_a_sentence_and_a_way_on(neighbour):
    client, _ = neighbour
    assert "您还没有反映过问题。有事，说一声。" in text(client.get(reverse("portal:matters")))


@pytest.mark.parametrize("name", ["matters", "access"])
def test_strangers_are_asked_to_sign_in(client, name):
    response = client.get(reverse(f"portal:{name}"))
    assert response.status_code == 302
    assert "phone" in response.url


def test_who_looked_is_told_by_body_and_purpose(neighbour):
    client, own = neighbour
    assert "还没有人看过您的电话。" in text(client.get(reverse("portal:access")))
    case = make_request(reporter=own, state="in_progress")
    party = CaseParty.objects.select_related("contact").get(case=case)
    reveal(
        kind=kind_of(case.kind),
        case=case,
        party=party,
        purpose="核对噪声的时间",
        without_consent=HotlineRight.CASE_INTAKE,
        actor=handler_of(case, AT),
        at=AT + timedelta(minutes=40),
    )
    client.get(reverse("portal:access"))  # the catalogue's memory, which knows the banner, is filled once
    with assert_at_most_queries(4):
        page = text(client.get(reverse("portal:access")))
    assert "核对噪声的时间" in page
    assert "盐田管理局的郑某" in page
    assert "郑海峰" not in page


HOTLINE = "han.xuefei"
LOOKED, CALLED = AT + timedelta(minutes=50), AT + timedelta(minutes=55)


def seen_by(case, who):
    party = CaseParty.objects.select_related("contact").get(case=case)
    reveal(
        kind=kind_of(case.kind), case=case, party=party, purpose="核对噪声的时间",
        without_consent=HotlineRight.CASE_CALLBACK, actor=who, at=LOOKED,
    )  # fmt: skip


def called_by(case, who, *, reached=True):
    handling.log_contact(case=again(case), reached=reached, remark="核对了时间。", actor=who, at=CALLED)


def called_by_hotline(case):
    replying.close_after_call(
        case=again(case), solved="yes", satisfaction=5, was_contacted=True, remark="", actor=actor(HOTLINE), at=CALLED
    )


def nobody(case):
    """Let only the system's own notices go out."""


def not_reached(case):
    called_by(case, handler_of(case, AT), reached=False)


def called_with_a_look(case):
    seen_by(case, handler_of(case, AT))
    called_by(case, handler_of(case, AT))


def called_without_a_look(case):
    called_by(case, handler_of(case, AT))


def asked_by_hotline(case):
    called_by_hotline(case)


def asked_by_hotline_with_a_look(case):
    seen_by(case, actor(HOTLINE))
    called_by_hotline(case)


def seen_by_the_unit_and_asked_by_hotline(case):
    seen_by(case, handler_of(case, AT))
    called_by_hotline(case)


NOBODY, LOOK, KEPT, BY_UNIT = "还没有人看过", "核对噪声的时间", "没有把号码给承办单位", "是您来电、当面说的"
# What happened to a number in which state, and which of the four statements must then stand on both pages.
TOLD = (
    (nobody, "replied", {NOBODY}),
    (not_reached, "signed", {NOBODY}),
    (called_with_a_look, "signed", {LOOK}),
    (called_without_a_look, "signed", {BY_UNIT}),
    (asked_by_hotline, "replied", {KEPT}),
    (asked_by_hotline_with_a_look, "replied", {LOOK, KEPT}),
    (seen_by_the_unit_and_asked_by_hotline, "replied", {LOOK}),
)


@pytest.mark.parametrize(("happened", "state", "told"), TOLD)
def test_the_page_of_a_matter_and_the_page_of_all_say_the_same_of_ones_number(neighbour, happened, state, told):
    client, own = neighbour
    case = make_request(reporter=own, state=state)
    CallAttempt.objects.filter(case=case).delete()  # of the way to this state
    happened(case)
    for address in (reverse("hotline:track_case", args=[case.number]), reverse("portal:access")):
        page = text(client.get(address))
        assert {words for words in (NOBODY, LOOK, KEPT, BY_UNIT) if words in page} == told, address
        assert "通知由系统自动发" in page


def read(client, address):
    return b"".join(client.get(address).streaming_content)


def attach(case, *, public):
    """Put a letter to a case, seen by the resident or not."""
    document = keep(content=b"%PDF-1.7 test", name="答复函", actor=actor("zheng.haifeng"), at=AT)
    if public:
        applicant.add(
            case=case, text="见附件。", documents=[document.pk], as_party=party_of(case), actor=ANONYMOUS, at=AT
        )
    else:
        handling.note(
            case=case, text="内部", documents=[document.pk], actor=handler_of(case, AT), at=AT + timedelta(minutes=30)
        )
    return reverse("portal:document", args=[document.pk])


def test_a_document_goes_to_the_applicant_and_to_staff_who_may_see_the_case(client, neighbour):
    signed_in, own = neighbour
    case = make_request(reporter=own, state="in_progress")
    address = attach(case, public=True)
    assert client.get(address).status_code == 404
    client.post(reverse("hotline:track"), {"number": case.number, "secret": code_of(case)})
    for one in (client, signed_in, at_desk("zheng.haifeng"), at_desk("ye.wanqing")):
        assert read(one, address) == b"%PDF-1.7 test"
    assert at_desk("luo.zhiqiang").get(address).status_code == 404


def test_an_internal_document_never_goes_to_the_applicant(client, neighbour):
    signed_in, own = neighbour
    case = make_request(reporter=own, state="in_progress")
    address = attach(case, public=False)
    client.post(reverse("hotline:track"), {"number": case.number, "secret": code_of(case)})
    assert client.get(address).status_code == 404
    assert signed_in.get(address).status_code == 404
    assert read(at_desk("zheng.haifeng"), address) == b"%PDF-1.7 test"


def test_a_document_without_a_case_or_at_all_is_not_there(client):
    document = keep(content=b"%PDF-1.7 test", name="x", actor=actor("zheng.haifeng"), at=AT)
    assert client.get(reverse("portal:document", args=[document.pk])).status_code == 404
    assert client.get(reverse("portal:document", args=[0])).status_code == 404


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", ["privacy", "accessibility"])
def test_the_honest_pages_say_what_is_missing_too(client, name, language):
    client.cookies["gj_lang"] = language
    page = text(client.get(reverse(f"portal:{name}")))
    assert "12349" in page
    assert "不" in page or "not" in page
