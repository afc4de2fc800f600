"""A wrong move is undone in sight of everybody."""

from datetime import timedelta

import pytest

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
