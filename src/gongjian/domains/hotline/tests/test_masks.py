"""Wherever staff meet a number without having asked to see it, its last digits are not there."""

import pytest
from django.urls import reverse

from gongjian.domains.hotline.actions.restricting import restrict_caller
from gongjian.domains.hotline.tests.staff_pages import AT, CALL_TAKER, HANDLER, SUPERVISOR, at_desk
from gongjian.domains.hotline.tests.test_search import exported
from gongjian.domains.hotline.tests.test_undelivered import lose
from gongjian.testing.cases import CALLBACK, DISPATCHER, make_request
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
