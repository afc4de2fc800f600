"""A resident follows the own matter: proof, sentence, deadline, and everything one may do."""

import io
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from gongjian.casefile.reveal import reveal
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case, CaseDocument, CaseEvent
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions import handling
from gongjian.domains.hotline.actions.intake import register_request
from gongjian.identity.actor import ANONYMOUS
from gongjian.identity.models import User
from gongjian.parties.models import Person
from gongjian.testing.assertions import assert_at_most_queries, moves_of
from gongjian.testing.cases import REPLY, again, bring_to, code_of, handler_of, make_report, make_request, party_of
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING

AT = MONDAY_MORNING
NO_MATCH = "没有找到这一对件号和查询码（或手机尾号）。核对后再试，或打 12349。"


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("GONGJIAN_CLOCK", (AT + timedelta(hours=1)).isoformat())


@pytest.fixture
def at(monkeypatch):
    """Move the clock of the pages."""
    return lambda **span: monkeypatch.setenv("GONGJIAN_CLOCK", (AT + timedelta(**span)).isoformat())


def text(response):
    return response.content.decode()


def look_up(client, number, secret):
    return client.post(reverse("hotline:track"), {"number": number, "secret": secret})


def opened(client, case):
    """Prove the case by the receipt code and return its page."""
    assert look_up(client, case.number, code_of(case)).url == url(case)
    return text(client.get(url(case)))


def url(case, act=""):
    return reverse(f"hotline:track_{act or 'case'}", args=[case.number])


def jpeg():
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "JPEG")
    return SimpleUploadedFile("现场.jpg", out.getvalue(), "image/jpeg")


def test_number_and_code_open_the_matter(client):
    case = make_request(state="in_progress")
    page = opened(client, case)
    assert case.title in page
    assert "负责的单位正在办。" in page
    assert re.search(r"最晚.*11月30日（周一）.*24:00.*前答复您", page, re.DOTALL)
    assert "为什么是 5 个工作日" in page
    assert "郑海峰" not in page  # bodies by name, people never
    assert "13800006021" not in page


def test_number_and_receipt_code_open_an_anonymous_matter(client):
    done = register_request(report=make_report(reporter={}), actor=ANONYMOUS, at=AT)
    written = f"{done.receipt[:4]} {done.receipt[4:8]}-{done.receipt[8:].lower()}"
    number = done.number.replace("-", "").lower()
    assert look_up(client, number, written).url == reverse("hotline:track_case", args=[done.number])
    page = text(client.get(reverse("hotline:track_case", args=[done.number])))
    assert "您没有留联系方式，没有号码可看。" in page


def test_unknown_number_and_wrong_secret_get_the_same_answer(client):
    case = make_request()
    known, unknown = look_up(client, case.number, "0000"), look_up(client, "YT-2611-99999", "0000")
    wrong_code = look_up(client, case.number, "ABCDEFGHJK")
    assert known.status_code == unknown.status_code == wrong_code.status_code == 422
    for page in (text(known), text(unknown), text(wrong_code)):
        assert NO_MATCH in page

    def bare(page):
        return re.sub(r'csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"|YT-2611-\d+', "", page)

    assert bare(text(known)) == bare(text(unknown))


@pytest.mark.parametrize(
    ("number", "secret", "words"),
    [
        ("", "6021", "还没写件号"),
        ("YT-2611-00001", "", "还没写查询码或手机号后 4 位"),
        ("YT-2611-0417", "6021", "少了 1 位"),
        ("YT-2611-12345678901", "6021", "多了 1 位"),
        ("13800006021", "6021", "这不像件号"),
        ("YT-2611-04178", "60211", "查询码是 13 位"),
    ],
)
def test_a_slip_in_number_or_code_is_named(client, number, secret, words):
    response = look_up(client, number, secret)
    assert response.status_code == 422
    assert text(response).count(words) == 2


def test_guessing_phone_endings_meets_a_growing_wait(client, monkeypatch):
    case = make_request()
    tried = 0
    for minute in range(0, 24 * 60, 4):
        monkeypatch.setenv("GONGJIAN_CLOCK", (AT + timedelta(minutes=minute)).isoformat())
        for guess in range(3):
            tried += (
                look_up(Client(REMOTE_ADDR=f"10.0.{minute // 250}.{guess}"), case.number, f"{guess:04}").status_code
                == 422
            )
    assert tried < 60
    # With the receipt code nobody can lock the owner out.
    done = register_request(report=make_report(), actor=ANONYMOUS, at=AT)
    assert look_up(client, done.number, done.receipt).status_code == 302


def test_one_address_cannot_walk_through_the_numbers(client):
    answers = [look_up(client, f"YT-2611-{n:05}", "0000").status_code for n in range(25)]
    assert answers[0] == 422
    assert answers[-1] == 429


def test_without_proof_the_page_asks_for_it(client):
    case = make_request()
    response = client.get(url(case))
    assert response.url == f"{reverse('hotline:track')}?number={case.number}"
    assert case.number in text(client.get(response.url))
    other = make_request()
    opened(client, case)
    assert client.get(url(other)).status_code == 302
    assert client.post(url(other, "cancel")).status_code == 302
    assert again(other).state == "received"


def test_a_planted_session_does_not_get_the_proof(client):
    case = make_request()
    client.get(reverse("hotline:report"))
    client.post(reverse("hotline:report"), {"kind": "complaint", "words": "x", "asked": "1"})
    planted = client.cookies["sessionid"].value
    opened(client, case)
    assert client.cookies["sessionid"].value != planted


def test_the_signed_in_resident_needs_no_code(client):
    person = Person.objects.get(user__username="r-liu.xiaomei")
    own = make_request(reporter={"name": "刘晓梅", "phone": "13800006021", "person_id": person.pk})
    client.force_login(
        User.objects.get(username="r-liu.xiaomei"), backend="gongjian.identity.backends.AssignmentBackend"
    )
    assert own.title in text(client.get(url(own)))
    assert client.get(url(make_request())).status_code == 302


def test_words_and_photos_are_added(client):
    case = make_request(state="in_progress")
    opened(client, case)
    response = client.post(url(case, "add"), {"text": "昨晚又响了。", "photos": [jpeg()]})
    assert response.url == url(case)
    page = text(client.get(url(case)))
    assert "昨晚又响了。" in page
    document = CaseDocument.objects.get(case=case).document
    shown = client.get(reverse("portal:document", args=[document.pk]))
    assert shown["Content-Type"] == "image/jpeg"
    assert b"".join(shown.streaming_content).startswith(b"\xff\xd8")
    assert Client().get(reverse("portal:document", args=[document.pk])).status_code == 404


def test_an_answer_to_a_question_starts_the_clock_again(client):
    case = make_request(state="waiting_citizen")
    page = opened(client, case)
    assert "请补一张现场照片。" in page
    assert "现在补充" in page
    client.post(url(case, "add"), {"text": "照片在这里。"})
    assert again(case).state == "in_progress"


def test_nothing_is_not_an_addition(client):
    case = make_request(state="in_progress")
    opened(client, case)
    response = client.post(url(case, "add"), {"text": "  "})
    assert response.status_code == 422
    assert "写几句，或附一张照片。" in text(response)


def test_a_refused_photo_keeps_the_words_and_the_good_photos(client):
    case = make_request(state="in_progress")
    opened(client, case)
    bad = SimpleUploadedFile("b.jpg", b"x" * 30, "image/jpeg")
    response = client.post(url(case, "add"), {"text": "看照片。", "photos": [jpeg(), bad]})
    page = text(response)
    assert response.status_code == 422
    assert "看照片。" in page
    assert "已收下 1 张照片" in page
    assert 'data-photos-max="4"' in page
    assert not CaseDocument.objects.exists()
    assert client.post(url(case, "add"), {"text": "看照片。"}).status_code == 302
    assert CaseDocument.objects.count() == 1


def test_urging_is_refused_before_half_the_time_and_again_within_a_day(client, at):
    case = make_request(state="in_progress")
    page = opened(client, case)
    assert re.search(r"<button[^>]*disabled>.*催一催", page)
    assert "期限过半后可以催，24 小时一次：" in page
    response = client.post(url(case, "urge"), {"urge": "孩子要考试"})
    assert response.status_code == 422
    assert "现在还不能催" in text(response)
    assert "孩子要考试" in text(response)
    at(days=4)
    opened(client, case)  # a session ends after half a day
    assert client.post(url(case, "urge"), {"urge": "孩子要考试"}).url == url(case)
    assert "催过了。经办单位和督办都看到了" in text(client.get(url(case)))
    at(days=4, hours=2)
    assert client.post(url(case, "urge"), {}).status_code == 422
    assert moves_of(case.pk).count("urge") == 1


def test_the_answer_is_read_and_rated(client):
    case = make_request(state="replied")
    page = opened(client, case)
    assert REPLY in page
    assert "解决了吗？" in page
    assert re.search(r'value="no"[^>]* checked', text(client.get(url(case, "rate"), {"solved": "no"})))
    response = client.post(url(case, "rate"), {"solved": "no", "version": again(case).version})
    assert response.status_code == 422
    assert "写一句哪里没有解决" in text(response)
    said = {"solved": "no", "comment": "还是响。", "satisfaction": "2", "version": again(case).version}
    assert client.post(url(case, "rate"), said).url == url(case)
    assert again(case).state == "redo"


def test_what_was_read_must_still_hold_when_it_is_rated(client):
    case = make_request(state="replied")
    opened(client, case)
    version = case.version
    bring_to(again(case), "callback", at=AT + timedelta(hours=1))
    said = {"solved": "yes", "comment": "谢谢你们", "version": version}
    response = client.post(url(case, "rate"), said)
    assert response.status_code == 409
    page = text(response)
    assert "您写的内容都在" in page
    assert "谢谢你们" in page
    fresh = re.search(r'name="version" value="(\d+)"', page).group(1)
    assert client.post(url(case, "rate"), said | {"version": fresh}).url == url(case)
    assert again(case).state == "closed"


def test_a_review_can_be_asked_for_within_fifteen_days(client, at):
    case, late = make_request(state="closed"), make_request(state="closed")
    at(days=3)
    assert "要求复核" in opened(client, case)
    assert client.post(url(case, "again"), {"text": "又响了", "version": case.version}).url == url(case)
    assert again(case).state == "reopened"
    at(days=30)
    page = opened(client, late)
    assert reverse("hotline:track_again", args=[late.number]) not in page
    response = client.post(url(late, "again"), {"text": "又响了", "version": late.version})
    assert response.status_code == 422
    assert "已经过了可以要求复核的期限" in text(response)


def test_a_matter_is_withdrawn_once(client):
    case = make_request(state="dispatched")
    opened(client, case)
    assert client.post(url(case, "cancel"), {"reason": "不用了", "version": case.version}).url == url(case)
    assert "您撤销了这件事。" in text(client.get(url(case)))
    assert client.get(url(case, "cancel")).url == url(case)
    assert client.post(url(case, "cancel"), {"version": again(case).version}).status_code == 422
    assert moves_of(case.pk).count("cancel") == 1


def test_a_refusal_names_the_reason_and_the_right_door(client):
    case = make_request(state="rejected")
    page = opened(client, case)
    assert "这件事我们不能受理" in page
    assert case.request.reject_reason.channel_zh in page


def test_internal_entries_and_names_of_staff_never_show(client):
    case = make_request(state="returned")
    page = opened(client, case)
    for inside in ("三定规定", "单位退回", "郑海峰", "何建平", "周志远", "陈静怡"):
        assert inside not in page


def test_who_looked_at_the_number_and_why(client):
    case = make_request(state="in_progress")
    handler = handler_of(case, AT)
    party = case.parties.select_related("contact").get()
    reveal(
        kind=kind_of(case.kind),
        case=case,
        party=party,
        purpose="核对噪声的时间",
        without_consent=HotlineRight.CASE_INTAKE,
        actor=handler,
        at=AT + timedelta(minutes=40),
    )
    page = opened(client, case)
    assert "核对噪声的时间" in page
    assert "的郑某" in page
    assert "郑海峰" not in page


def test_who_was_contacted_without_a_look_at_the_number_is_told_how(client):
    case = make_request(state="signed")
    assert "还没有人看过" in opened(client, case)
    who = handler_of(case, AT)
    handling.log_contact(case=again(case), reached=True, remark="当面核对。", actor=who, at=AT + timedelta(minutes=40))
    page = opened(client, again(case))
    assert "联系过您，没有打开看过您的号码" in page
    assert "还没有人看过" not in page


@pytest.mark.parametrize(
    "state",
    [
        "received",
        "answered",
        "rejected",
        "to_dispatch",
        "dispatched",
        "returned",
        "signed",
        "in_progress",
        "waiting_citizen",
        "extension_pending",
        "submitted",
        "redo",
        "replied",
        "callback",
        "closed",
        "cancelled",
        "reopened",
        "archived",
    ],
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_state_has_its_page_in_both_languages(client, state, language):
    case = make_request(state=state)
    client.cookies["gj_lang"] = language
    page = opened(client, case)
    assert str(kind_of(case.kind).state_of[state].stage.value)
    assert "办理经过" in page if language == "zh-hans" else "What has happened" in page


def test_late_is_said_first(client, at):
    case = make_request(state="in_progress")
    at(days=9)
    page = opened(client, case)
    assert "本来应当在" in page
    assert 'data-s="late"' in page


def test_the_matter_costs_at_most_six_statements(client):
    case = make_request(state="in_progress")
    opened(client, case)
    with assert_at_most_queries(6):
        client.get(url(case))
    handler = handler_of(case, AT)
    for n in range(5):
        handling.log_contact(
            case=again(case), reached=True, remark=f"第 {n} 次", actor=handler, at=AT + timedelta(hours=1, minutes=n)
        )
    with assert_at_most_queries(6):
        client.get(url(case))


def test_the_applicant_is_the_actor_of_what_he_does(client):
    case = make_request(state="in_progress")
    opened(client, case)
    client.post(url(case, "add"), {"text": "补一句。"})
    event = CaseEvent.objects.get(case=case, move="add")
    assert (event.party_id, event.actor_id) == (party_of(case), None)
    assert actor("chen.jingyi").user_id is not None
    assert Case.objects.get().state == "in_progress"


def test_a_number_that_was_added_is_pointed_out_afterwards(client):
    case = make_request(state="in_progress")
    opened(client, case)
    for words, pointed in (("昨晚又响了。", False), ("我的新号码 13800047391。", True)):
        page = client.post(url(case, "add"), {"text": words}, follow=True).content.decode()
        assert ("写在话里的不加密" in page) is pointed
