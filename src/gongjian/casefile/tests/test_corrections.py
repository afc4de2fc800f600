"""A wrong move is undone in sight of everybody."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongjian.casefile.corrections import correct
from gongjian.casework.errors import RefusedError
from gongjian.casework.models import Case, CaseClock
from gongjian.casework.sweeps import sweep_clocks
from gongjian.casework.tests.toys import ERRAND, MONDAY, ask, set_up, step

pytestmark = pytest.mark.django_db


@pytest.fixture
def toys(db):
    return set_up()


def test_a_correction_puts_state_and_clocks_back_and_stays_visible(toys):
    home, _, actor = toys
    opened = ask(home)
    due = Case.objects.get(pk=opened.id).due_at
    case = step(opened, "finish", actor, minutes=5)
    correct(kind=ERRAND, case=case, reason="点错了", actor=actor, at=MONDAY + timedelta(minutes=6))
    case.refresh_from_db()
    assert (case.state, case.closed_at, case.due_at) == ("asked", None, due)
    assert list(case.events.order_by("pk").values_list("move", flat=True)) == ["ask", "finish", "correct"]
    with pytest.raises(RefusedError):
        correct(kind=ERRAND, case=case, reason=" ", actor=actor, at=MONDAY)


@pytest.mark.parametrize("swept", [False, True], ids=["stopped in time", "over before it stopped"])
def test_a_term_that_ended_while_its_clock_stood_is_over_once_the_correction_lets_it_run(toys, swept):
    home, _, actor = toys
    opened = ask(home)  # four working hours: over on Monday at 14:00
    over = MONDAY + timedelta(hours=12 if swept else 1)
    while swept and sweep_clocks(at=over):
        pass
    case = step(opened, "take", actor, at=over)
    noticed = MONDAY + timedelta(days=2)
    correct(kind=ERRAND, case=case, reason="点错了", actor=actor, at=noticed)
    while sweep_clocks(at=noticed + timedelta(minutes=1)):
        pass
    moves = list(case.events.order_by("pk").values_list("move", flat=True))
    assert moves.count("late") == 1
    assert CaseClock.objects.get(case=case, name="take").breached_at is not None


# What was done wrongly and corrected, and what counts in the end.
SLIPS = {
    "paused": (["take", "wait", "correct"], ["take"]),
    "paused, and rightly so": (["take", "wait", "correct", "correct"], ["take", "wait"]),
    "ran on": (["take", "wait", "go_on", "correct"], ["take", "wait"]),
    "ran on, and rightly so": (["take", "wait", "go_on", "correct", "correct"], ["take", "wait", "go_on"]),
}


def told(case):
    """What a case's clocks say: which run or stand, until when, and what they do next."""
    rows = CaseClock.objects.filter(case=case, stopped_at=None).order_by("name")
    case.refresh_from_db()
    return case.state, case.due_at, [(r.name, r.due_at, r.paused_at is None, r.next_step_at) for r in rows]


def walk(home, actor, legs):
    """Open an errand and make these moves, each a number of hours after the one before."""
    at, case = MONDAY, None
    opened = ask(home)
    for name, hours in legs:
        at += timedelta(hours=hours)
        if name == "correct":
            correct(kind=ERRAND, case=Case.objects.get(pk=opened.id), reason="点错了", actor=actor, at=at)
        else:
            step(opened, name, actor, at=at)
        case = Case.objects.get(pk=opened.id)
    return case


@pytest.mark.parametrize(("done", "meant"), SLIPS.values(), ids=SLIPS)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.lists(st.integers(1, 14), min_size=5, max_size=5))
def test_after_a_correction_the_clocks_are_those_of_a_case_where_nobody_slipped(toys, done, meant, hours):
    home, _, actor = toys
    slipped, never = (walk(home, actor, list(zip(moves, hours, strict=False))) for moves in (done, meant))
    if meant[-1] != "wait":
        assert told(slipped) == told(never)
    on = MONDAY + timedelta(days=14)  # both go on with what was left when they were rightly paused
    for case in (slipped, never):
        assert case.state == ("waiting" if meant[-1] == "wait" else "doing")
        if case.state == "waiting":
            step(case, "go_on", actor, at=on)
    assert told(slipped) == told(never)
    assert not CaseClock.objects.filter(case=slipped, pauses__resumed_at=None, name="finish").exclude(pauses=None)
