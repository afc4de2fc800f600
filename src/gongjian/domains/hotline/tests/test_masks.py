"""Wherever staff meet a number without having asked to see it, its last digits are not there."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from gongjian.casework.models import CaseEvent, RevealGrant
from gongjian.casework.tasks import tell_event
from gongjian.domains.hotline.actions.applicant import add
from gongjian.domains.hotline.actions.handling import note
from gongjian.domains.hotline.actions.restricting import restrict_caller
from gongjian.domains.hotline.models import Reply
from gongjian.domains.hotline.tests.staff_pages import AT, CALL_TAKER, HANDLER, SUPERVISOR, at_desk
from gongjian.domains.hotline.tests.test_search import exported
from gongjian.domains.hotline.tests.test_undelivered import lose
from gongjian.identity.actor import ANONYMOUS
from gongjian.notify.models import Message
from gongjian.testing.cases import CALLBACK, DISPATCHER, code_of, make_request, party_of
from gongjian.testing.cast import actor
from gongjian.testing.paper import pdf_text

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
NUMBERS = ("138 0000 7391", "0755 2555 7391", "+852 2123 7391")
# Who meets it, on which page, in which state of the case.
PLACES = (
    (HANDLER, "case", "in_progress"),
    (HANDLER, "order", "in_progress"),
    (DISPATCHER, "board_case", "to_dispatch"),
    (CALLBACK, "callback_case", "replied"),
    (SUPERVISOR, "supervise_case", "in_progress"),
    (CALL_TAKER, "case", "received"),
)


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch, steady_memory):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


@pytest.mark.parametrize("number", NUMBERS)
def test_no_page_of_a_case_shows_the_ending(number):
    for who, place, state in PLACES:
        case = make_request(state=state, reporter={"name": "刘晓梅", "phone": number, "consent_contact": True})
        answer = at_desk(who).get(reverse(f"hotline:{place}", args=[case.number]), follow=True)
        assert answer.status_code == 200, place
        shown = pdf_text(answer.content) if place == "order" else answer.content.decode()
        assert "7391" not in shown, place
        assert "********" in shown or place == "supervise_case", place


def test_no_list_and_no_file_shows_it():
    case = make_request(state="in_progress", reporter={"name": "刘晓梅", "phone": NUMBERS[0], "consent_contact": True})
    lose(case)
    restrict_caller(
        case=case,
        reason="11 月 20 日一天内打了六十次。",
        basis="区热线管理办法第二十条",
        days=30,
        actor=actor(SUPERVISOR, at=AT),
        at=AT,
    )
    desk = at_desk(SUPERVISOR)
    shown = [desk.get(reverse("hotline:callers")), at_desk(CALL_TAKER).get(reverse("console:undelivered"))]
    for words in [exported(desk), *(answer.content.decode() for answer in shown)]:
        assert case.number in words or "********" in words
        assert "7391" not in words


# What people write into the words of a matter, and what must not be seen of it.
TYPED = (
    ("打我电话 13800047391", "47391"),
    ("打我电话 138 0004 7391", "7391"),
    ("打我电话 １３８００００７３９１", "７３９１"),
    ("打我电话一三八零零零零七三九一", "七三九一"),
    ("办公室 0755-25557391", "7391"),
    ("香港的号码 +852 2123 7391", "7391"),
    ("身份证 440301199001017391", "7391"),
    ("写信到 liu.xiaomei7391@example.com", "7391"),
)
NOBODY = {"name": "", "phone": ""}


def shown_at(place, who, case):
    answer = at_desk(who).get(reverse(f"hotline:{place}", args=[case.number]), follow=True)
    assert answer.status_code == 200, place
    return pdf_text(answer.content) if place == "order" else answer.content.decode()


@pytest.mark.parametrize(("typed", "ending"), TYPED)
def test_no_page_shows_what_was_typed_into_the_words(typed, ending):
    words = {"description": f"工地夜里打桩，{typed}，谢谢。", "address": f"永安北一街，{typed}"}
    for who, place, state in PLACES:
        case = make_request(state=state, **words)
        shown = shown_at(place, who, case)
        assert ending not in shown, place
        assert "***" in shown, place


def test_the_history_notes_answers_lists_and_notices_show_none_either():
    case = make_request(state="in_progress")
    handler = actor(HANDLER, at=AT)
    add(case=case, text="我的新号码 13800047391。", documents=[], as_party=party_of(case), actor=ANONYMOUS, at=AT)
    note(case=case, text="来电人的号码是 13800047391。", actor=handler, at=AT)
    shown = [shown_at(place, HANDLER, case) for place in ("case", "order")]
    for event in CaseEvent.objects.filter(case=case, move__in=["add", "note"]):
        tell_event(event.pk, at=AT)
    told = list(Message.objects.filter(recipient_user__isnull=False).values_list("body", flat=True))
    assert told
    assert not [words for words in [*shown, *told] if "47391" in words]
    answered = make_request(state="submitted")
    Reply.objects.filter(case=answered).update(text="您好，13800047391 已联系。")
    assert "47391" not in at_desk("ye.wanqing").get(reverse("hotline:review")).content.decode()


def test_a_table_that_leaves_the_house_holds_none():
    plain = make_request(state="in_progress", address='永安北一街 18 号，"旁边"')
    case = make_request(state="in_progress", address='永安北一街 18 号，"找 13800047391"')
    desk = at_desk(SUPERVISOR)
    text = exported(desk)
    assert case.number in text
    assert "47391" not in text
    assert '"永安北一街 18 号，""找 ***"""' in text
    assert '"永安北一街 18 号，""旁边"""' in text
    taken = desk.get(reverse("hotline:take_list", args=["search"]), {"as": "xlsx", "state": "open"})
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(taken.streaming_content)))
    cells = [str(cell) for row in book.get_sheet_by_index(0).to_python() for cell in row]
    assert plain.number in cells
    assert not [cell for cell in cells if "47391" in cell]


def test_a_purpose_opens_the_words_too_for_the_one_who_wrote_it(monkeypatch):
    case = make_request(state="in_progress", description="工地夜里打桩，打我电话 13800047391。")
    address = reverse("hotline:reveal", args=[case.number])
    assert at_desk(HANDLER).post(address, {"purpose": "核对时间和位置"}).status_code == 302
    assert "13800047391" in shown_at("case", HANDLER, case)
    assert "13800047391" in shown_at("order", HANDLER, case)
    assert "47391" not in shown_at("case", SUPERVISOR, case)
    monkeypatch.setenv("GONGJIAN_CLOCK", (AT + timedelta(minutes=16)).isoformat())
    assert "47391" not in shown_at("case", HANDLER, case)


@pytest.mark.parametrize(("who", "place", "state"), [PLACES[2], PLACES[4]])
def test_beside_a_list_a_purpose_opens_them_as_well(who, place, state):
    case = make_request(state=state, description="工地夜里打桩，打我电话 13800047391。")
    page = shown_at(place, who, case)
    assert reverse("hotline:reveal", args=[case.number]) in page
    at_desk(who).post(reverse("hotline:reveal", args=[case.number]), {"purpose": "核对时间和位置"})
    assert "13800047391" in shown_at(place, who, case)


def test_a_matter_without_contact_opens_its_words_for_a_purpose_and_tells_the_one_who_wrote_it():
    case = make_request(state="in_progress", reporter=NOBODY, description="工地夜里打桩，打我电话 13800047391。")
    address = reverse("hotline:reveal", args=[case.number])
    before = shown_at("case", CALL_TAKER, case)
    assert "dialog-reveal" in before
    assert "47391" not in before
    assert "为什么要看号码" in at_desk(CALL_TAKER).get(address).content.decode()
    assert at_desk(CALL_TAKER).post(address, {"purpose": "回拨核对地点"}).status_code == 302
    assert "13800047391" in shown_at("case", CALL_TAKER, case)
    assert "回拨核对地点" in own_page(case)


def test_a_matter_with_nothing_to_see_is_not_opened():
    case = make_request(state="in_progress", reporter=NOBODY)
    assert "dialog-reveal" not in shown_at("case", CALL_TAKER, case)
    address = reverse("hotline:reveal", args=[case.number])
    assert at_desk(CALL_TAKER).post(address, {"purpose": "回拨核对地点"}).status_code == 403
    assert not RevealGrant.objects.exists()


def own_page(case):
    """Return the matter as the one who asked reads it."""
    client = Client()
    client.post("/track", {"number": case.number, "secret": code_of(case)})
    return client.get(f"/track/{case.number}").content.decode()


def test_ones_own_words_stay_whole():
    case = make_request(state="in_progress", description="工地夜里打桩，打我电话 13800047391。")
    assert "13800047391" in own_page(case)
    assert CaseEvent.objects.filter(case=case, move="register").exists()


def test_a_place_that_is_not_seen_is_not_changed():
    case = make_request(state="to_dispatch", address="永安北一街，找 13800047391")
    desk, address = at_desk(DISPATCHER), reverse("hotline:board_retitle", args=[case.number])
    assert "47391" not in shown_at("board_case", DISPATCHER, case)
    desk.post(address, {"version": case.version, "title": "夜间打桩", "topic": ""})
    case.request.refresh_from_db()
    assert case.request.address == "永安北一街，找 13800047391"
