"""Following a matter of another instead of reporting it again: a code of one's own, and what a passer-by may know."""

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from gongjian.casefile.restriction import follow_topic
from gongjian.casework.models import Case, CaseParty
from gongjian.domains.hotline.actions.forgetting import forget_contacts
from gongjian.domains.hotline.actions.publishing import publish_title
from gongjian.domains.hotline.models import Follower
from gongjian.domains.hotline.pages.following import mark_of
from gongjian.domains.hotline.pages.track import ACTS
from gongjian.domains.hotline.queries import caller_history, my_cases
from gongjian.domains.hotline.sweeps import sweep_followers
from gongjian.domains.hotline.tests.staff_pages import HANDLER, REVIEWER, at_desk, case_url, page
from gongjian.notify.models import Message
from gongjian.parties.actions import confirm_contact
from gongjian.parties.models import Contact
from gongjian.testing.cases import REPLY, again, bring_to, code_of, make_request, party_of
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.testing.windows import Window

AT = MONDAY_MORNING
HERE = {"lon": "114.2402", "lat": "22.5572"}
PLACE = {"lon": 114.240123, "lat": 22.557123, "address": "永安北一街18号3栋1202王秀兰"}
SECRETS = ("王秀兰", "1202", "18号", "夜里打桩", "孩子睡不着", "刘晓梅", "6021", REPLY, "待派件", "等居民")
PHONE = "13912345678"


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", (AT + timedelta(hours=1)).isoformat())


def near(state="in_progress", **over):
    """Return a matter near by which somebody else has reported."""
    return make_request(state=state, **(PLACE | over))


def wizard(client, topic="env-site-noise"):
    """Walk a report up to the similar matters."""
    window = Window(client, reverse("hotline:report")).type(
        kind="complaint", words="工地打桩太吵", topic=topic, asked="1"
    )
    return window.press(of="kind").type(**HERE).press(of="lon")


def link_in(window, nth=0):
    found = re.findall(r'href="([^"]*/report/follow\?[^"]*)"', window.text)
    return html.unescape(found[nth])


def follow(client, **fields):
    """Follow the nearest matter and return the page that says so."""
    return Window(client, link_in(wizard(client))).type(**fields).press(of="near")


def code_in(window):
    return re.search(r'receipt__code" data-speak-not>([^<]+)<', window.text)[1]


def status_page(client):
    return client.get(reverse("hotline:following", args=[Follower.objects.latest("pk").pk])).content.decode()


def told():
    return list(Message.objects.order_by("pk").values_list("template", flat=True))


def tell(**span):
    return sweep_followers(at=AT + timedelta(**(span or {"hours": 2})))


def confirmed(contact):
    confirm_contact(contact_id=contact.pk, at=AT)


def test_the_whole_story_without_script(client):
    case = near()
    window = wizard(client)
    assert "关注它" in window.text
    assert not [secret for secret in (*SECRETS, case.number) if secret in window.text]
    form = Window(client, link_in(window))
    assert "工地打桩太吵" in form.text  # still there, and it says until when
    assert Follower.objects.count() == 0
    wrong = form.type(phone="12").press(of="near")
    assert wrong.status == 422
    assert 'value="12"' in wrong.text
    done = wrong.type(phone=PHONE).press(of="near")
    code = code_in(done)
    assert re.fullmatch(r"\w{4} \w{4} \w{5}", code)
    assert "139 ****" in done.text
    assert PHONE not in done.text
    one = Follower.objects.get()
    assert (one.case_id, one.contact.confirmed_at, one.contact.notify_by) == (case.pk, None, "sms")
    assert not client.session.get("report")
    assert Window(client, reverse("hotline:report_where")).url == reverse("hotline:report")
    # By the code alone, on another phone, it reads where the matter stands.
    other = Window(Client(), reverse("hotline:track")).type(secret=code).press(of="secret")
    assert "负责的单位正在办" in other.text
    assert "永安北一街" in other.text
    assert not [secret for secret in (*SECRETS, case.number, PHONE) if secret in other.text]
    stopped = other.press("不再关注")
    assert "您不再关注这件事了" in stopped.text
    one.refresh_from_db()
    assert one.stopped_at is not None
    assert (one.contact.phone.open(), one.contact.phone_index) == ("", None)
    assert "关注" not in page(at_desk(HANDLER).get(case_url(case)))


def test_nothing_is_dropped_before_it_is_done(client):
    case = near()
    form = Window(client, link_in(wizard(client)))
    Case.objects.filter(pk=case.pk).update(confidentiality=Case.Confidentiality.CONFIDENTIAL)
    refused = form.type(phone=PHONE).press(of="near")
    assert refused.status == 409
    assert PHONE in refused.text
    onward = re.search(r'btn--big btn--wide" href="([^"]+)"', refused.text)[1]
    assert "工地打桩太吵" in Window(client, html.unescape(onward)).text
    assert not Follower.objects.exists()


def test_another_draft_of_the_same_visitor_stays(client):
    near()
    url = link_in(wizard(client))
    wizard(client)
    Window(client, re.sub("draft=[^&]+", "draft=", url)).press(of="near")
    assert len([key for key in client.session.keys() if key.startswith("report:")]) == 2  # noqa: SIM118


@pytest.mark.parametrize(("given", "words"), [("0755-25551234", "我们不会通知您"), (PHONE, "有了答复会通知")])
def test_nobody_is_promised_a_notice_that_cannot_come(client, given, words):
    near()
    assert words in follow(client, phone=given).text


def test_pressing_twice_follows_once_and_shows_the_same_code(client):
    near()
    form = Window(client, link_in(wizard(client)))
    twin = form.duplicate()
    first, second = form.press(of="near"), twin.press(of="near")
    assert Follower.objects.count() == 1
    assert code_in(first) == code_in(second)


def test_the_same_phone_in_two_browsers_has_two_codes_and_counts_and_hears_once(client):
    case = near()
    codes = {code_in(follow(one, phone=PHONE)) for one in (client, Client())}
    assert len(codes) == 2
    assert "另有 1 人关注" in page(at_desk(HANDLER).get(case_url(case)))
    follow(Client())
    assert "另有 2 人关注" in page(at_desk(HANDLER).get(case_url(case)))
    bring_to(again(case), "replied", at=AT)
    assert tell() == 1


@pytest.mark.parametrize("mark", ["", "x", "1", "7" * 40, "é", "own"])
def test_no_case_is_followed_by_what_a_page_has_not_shown(client, mark):
    case = near()
    given = {"own": str(case.pk)}.get(mark, mark)
    answer = client.post(reverse("hotline:report_follow"), {"near": given, "language": "zh-hans"})
    assert answer.status_code == 409
    assert not Follower.objects.exists()


HIDDEN = {
    "confidential": lambda case: Case.objects.filter(pk=case.pk).update(confidentiality=1),
    "restricted": lambda case: Case.objects.filter(pk=case.pk).update(restricted=True),
    "withdrawn": lambda case: bring_to(case, "cancelled", at=AT),
    "topic": lambda case: _restrict(case.topic),
}


def _restrict(topic):
    topic.restricted = True
    topic.save()
    follow_topic(topic)


@pytest.mark.parametrize("why", HIDDEN)
def test_what_is_not_public_any_more_is_over_for_followers_without_a_reason(client, why):
    case = near("received")
    window = follow(client, phone=PHONE)
    confirmed(Follower.objects.get().contact)
    HIDDEN[why](again(case))
    shown = status_page(client)
    assert "这件事不再公开" in shown
    assert not [words for words in ("永安北一街", case.topic.name_zh, "撤销了", "保密") if words in shown]
    assert client.get(window.url).status_code == 200
    assert case.topic.name_zh not in client.get(window.url).content.decode()
    tell()
    assert told() == (["hotline/followed_over"] if why == "withdrawn" else [])
    before = len(told())
    Case.objects.filter(pk=case.pk).update(state="archived")
    assert tell(hours=3) == 0
    assert len(told()) == before
    assert "这件事不再公开" in status_page(client)


@pytest.mark.parametrize("state", ["rejected", "answered", "closed", "cancelled"])
def test_nobody_begins_to_follow_what_has_ended(client, state):
    case = near("received")
    url = link_in(wizard(client))
    bring_to(case, state, at=AT)
    assert client.get(url).status_code == 409


MOMENTS = {
    "replied": ["hotline/followed_answered"],
    "closed": ["hotline/followed_closed"],
    "answered": ["hotline/followed_closed"],
    "rejected": ["hotline/followed_closed"],
    "dispatched": [],
    "waiting_citizen": [],
    "redo": [],
}


@pytest.mark.parametrize("state", MOMENTS)
@pytest.mark.parametrize("known", [True, False], ids=["confirmed", "unconfirmed"])
def test_followers_are_told_of_answers_and_ends_alone_and_never_anybody_s_words(client, state, known):
    case = near("received")
    follow(client, phone=PHONE)
    contact = Follower.objects.get().contact
    if known:
        confirmed(contact)
    bring_to(again(case), state, at=AT)
    mine = Message.objects.filter(recipient_contact=contact)
    tell()
    tell()
    assert list(mine.values_list("template", flat=True)) == MOMENTS[state]
    for message in mine:
        whole = f"{message.subject} {message.body} {message.variables}"
        assert not [secret for secret in (*SECRETS, case.number, case.title) if secret in whole]
        assert (case.topic.name_zh in whole) is known
        assert "/track" in whole or "/confirm/" in whole


def test_an_answer_given_again_is_told_again(client):
    case = near("received")
    follow(client, email="somebody@example.org")
    confirmed(Follower.objects.get().contact)
    case = bring_to(again(case), "replied", at=AT)
    assert tell() == 1
    Case.objects.filter(pk=case.pk).update(state="redo")
    assert tell() == 0
    Case.objects.filter(pk=case.pk).update(state="replied", version=case.version + 2)
    assert tell() == 1


def test_without_a_contact_or_once_stopped_nothing_is_sent(client):
    case = near("received")
    follow(client)
    stopped = follow(Client(), phone=PHONE)
    Window(stopped.client, reverse("hotline:following", args=[Follower.objects.latest("pk").pk])).press("不再关注")
    bring_to(again(case), "replied", at=AT)
    assert tell() == 0


@pytest.mark.parametrize("name", ACTS)
def test_no_act_no_word_and_no_file_by_the_code_of_a_follower(client, name):
    case = near()
    code = code_in(follow(client, phone=PHONE))
    page_of_act = reverse(f"hotline:track_{name}", args=[case.number])
    assert client.get(page_of_act).url.startswith(reverse("hotline:track"))
    words = {"text": "这句话不能丢", "act": name}
    for number in (case.number, ""):
        asked = client.post(reverse("hotline:track"), words | {"number": number, "secret": code})
        assert asked.status_code == 422
        assert "这句话不能丢" in asked.content.decode() or name not in {"add", "again"}
    assert client.get(reverse("hotline:track_case", args=[case.number])).url.startswith(reverse("hotline:track"))
    assert not [one for one in ACTS if reverse(f"hotline:track_{one}", args=[case.number]) in status_page(client)]


def test_a_follower_is_no_party_of_the_case(client):
    case = near()
    follow(client, phone=PHONE)
    assert CaseParty.objects.filter(case=case).count() == 1
    assert caller_history(PHONE) == []
    assert my_cases(person_id=1) == []
    assert code_of(case)  # the applicant's own code goes on


def test_a_stranger_sees_no_following_page_of_another(client):
    near()
    follow(client)
    one = Follower.objects.get().pk
    other = Client()
    for name in ("following", "following_stop"):
        assert other.post(reverse(f"hotline:{name}", args=[one])).status_code in {404, 405}
    assert other.get(reverse("hotline:following", args=[one])).status_code == 404
    assert other.get(reverse("hotline:report_followed"), {"followed": one}).url == reverse("hotline:track")
    assert Follower.objects.get().stopped_at is None


def test_a_code_that_nobody_has_says_what_it_said_before(client):
    answer = client.post(reverse("hotline:track"), {"number": "", "secret": "K7MN4PQR2XYZW"})
    assert answer.status_code == 422
    assert "还没写件号" in answer.content.decode()


def test_the_approved_title_is_what_a_follower_reads(client):
    case = near()
    publish_title(case=case, title="楼下工地夜里施工", actor=actor(REVIEWER), at=AT)
    follow(client)
    assert "楼下工地夜里施工" in status_page(client)


def test_the_board_says_how_many_others_have_it_and_orders_as_before(client):
    mine, other = near("to_dispatch"), near("to_dispatch", at=AT - timedelta(minutes=1))
    follow(client)
    board = page(at_desk("zhou.zhiyuan").get(reverse("hotline:board")))
    assert board.count("另有 1 人关注") == 1
    assert board.index(other.number) < board.index(mine.number)


def test_too_many_from_one_address_are_slowed_down_with_their_words(client):
    near()
    url = link_in(wizard(client))
    for _ in range(7):
        answer = Window(client, url).type(phone=PHONE).press(of="near")
    assert answer.status == 429
    assert PHONE in answer.text


def test_retention_takes_the_contacts_of_followers_with_those_of_the_case(client):
    case = near("received")
    follow(client, phone=PHONE)
    bring_to(again(case), "closed", at=AT)
    late = AT + timedelta(days=3 * 366)
    assert forget_contacts(at=late) == 2
    contact = Contact.objects.get(pk=Follower.objects.get().contact_id)
    assert (contact.phone.open(), contact.phone_index, contact.erased_at) == ("", None, late)
    one = Follower.objects.get()
    assert bytes(one.counted_as) == bytes(one.receipt_index)


def test_the_mark_of_a_case_tells_nothing_and_differs_each_time():
    assert mark_of(4178) != mark_of(4178)
    assert "4178" not in mark_of(4178)


def test_the_applicant_s_own_code_is_no_follower_s(client):
    case = near()
    assert party_of(case)
    answer = client.post(reverse("hotline:track"), {"number": "", "secret": code_of(case)})
    assert answer.status_code == 422
