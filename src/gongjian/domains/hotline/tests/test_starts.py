"""Where the day begins: every role starts on the desk where its work waits, and "mine" is parted by whose turn it is."""

import pytest
from django.urls import reverse

from gongjian.domains.hotline.actions import handling
from gongjian.domains.hotline.pages.listing import AWAITED, OWN_STEP, TODO, UNIT, Listing
from gongjian.domains.hotline.queries import on_list
from gongjian.domains.hotline.tests.staff_pages import (
    AT,
    CLERK,
    HANDLER,
    HEAD,
    REVIEWER,
    SUPERVISOR,
    at_desk,
    case_url,
    page,
)
from gongjian.domains.hotline.workflow import STATES
from gongjian.testing.assertions import assert_at_most_queries
from gongjian.testing.cases import CALLBACK, DISPATCHER, again, handler_of, make_request
from gongjian.testing.cast import actor

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
OPEN_STATES = [one.name for one in STATES if one.open]


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def asked_twice():
    """Return a case whose second extension waits."""
    case = make_request(state="in_progress", at=AT)
    handler, head = handler_of(case, AT), handler_of(case, AT, "unit_head")
    handling.ask_extension(case=case, days=1, reason="等监测。", actor=handler, at=AT)
    handling.decide_extension(case=again(case), granted=True, reason="", actor=head, at=AT)
    handling.ask_extension(case=again(case), days=2, reason="还要等设备。", actor=handler, at=AT)
    return again(case)


def first_page(who) -> str:
    return page(at_desk(who).get(reverse("console:home"), follow=True))


@pytest.mark.parametrize(
    ("who", "state"),
    [
        (DISPATCHER, "to_dispatch"),
        (CLERK, "dispatched"),
        (HANDLER, "signed"),
        (HANDLER, "in_progress"),
        (HEAD, "dispatched"),
        (HEAD, "signed"),
        (HEAD, "extension_pending"),
        (REVIEWER, "submitted"),
        (CALLBACK, "callback"),
        (SUPERVISOR, "returned"),
    ],
)
def test_what_waits_for_a_role_stands_on_the_page_it_starts_on(who, state):
    case = make_request(state=state, at=AT)
    assert case.number in first_page(who)


def test_a_second_extension_waits_for_the_supervisor_and_not_for_the_head():
    case = asked_twice()
    assert case.number in first_page(SUPERVISOR)
    assert case.number not in first_page(HEAD)
    assert case.number in page(at_desk(HANDLER).get("/desk/inbox/?tab=awaited"))


@pytest.mark.parametrize(("who", "page_name"), [("shi.lei", "operations"), ("yu.shuhan", "hotline:wordings")])
def test_those_without_cases_start_where_their_work_is(who, page_name):
    answer = at_desk(who).get(reverse("console:home"), follow=True)
    assert answer.redirect_chain[-1][0] == reverse(page_name)
    assert answer.status_code == 200


def held(tab, who):
    return {one.number for one in on_list(Listing(tab).desk(who, AT), helping=who.units)}


def test_each_held_case_stands_in_one_of_the_two_lists_by_whose_turn_it_is():
    cases = {state: make_request(state=state, at=AT) for state in OPEN_STATES}
    who = actor(HANDLER, at=AT)
    mine = {state for state, case in cases.items() if case.holder_id == who.user_id}
    assert mine >= {"in_progress", "waiting_citizen", "extension_pending", "submitted", "redo", "replied", "callback"}
    todo, awaited = held(TODO, who), held(AWAITED, who)
    assert todo.isdisjoint(awaited)
    assert todo == {case.number for state, case in cases.items() if state in OWN_STEP}
    assert awaited == {cases[state].number for state in mine} - todo


def test_the_head_s_own_request_waits_for_the_head():
    case = make_request(state="in_progress", at=AT)
    head = actor(HEAD, at=AT)
    handling.take(case=case, actor=head, at=AT)
    handling.ask_extension(case=again(case), days=1, reason="等监测。", actor=head, at=AT)
    assert case.number in held(TODO, head)
    assert case.number not in held(AWAITED, head)


def test_the_lists_narrow_and_know_their_neighbours_like_any_other():
    signed, working = make_request(state="signed", at=AT), make_request(state="in_progress", at=AT)
    who, client = actor(HEAD, at=AT), at_desk(HEAD)
    assert held(TODO, who) == {signed.number}
    assert [one.number for one in on_list(Listing(TODO, state="submitted").desk(who, AT), helping=who.units)] == []
    handling.take(case=working, actor=who, at=AT)
    client.get("/desk/inbox/")
    with assert_at_most_queries(4):
        shown = client.get("/desk/inbox/")
    assert [one.count for one in shown.context["tabs"]][:2] == [2, 0]
    place = client.get(case_url(signed, tab="todo")).context
    assert working.number in place["next"]
    assert held(UNIT, who) == {signed.number, working.number}


def test_an_address_of_the_list_that_was_parted_opens_what_waits():
    shown = at_desk(HANDLER).get("/desk/inbox/?tab=mine")
    assert [one.label for one in shown.context["tabs"] if one.current] == ["等我办"]
