"""Open work changes hands: one guarded move each, clocks untouched, a race lost by name."""

import pytest

from gongjian.casefile.handover import hand_over, help_out, open_help, open_work
from gongjian.casework.actions import Change, move
from gongjian.casework.errors import RefusedError
from gongjian.casework.models import Case, CaseClock, CaseEvent
from gongjian.casework.tests.toys import ERRAND, MONDAY, WISH, ask, set_up, worker
from gongjian.identity.models import Unit, User
from gongjian.identity.rights import Forbidden

pytestmark = pytest.mark.django_db


@pytest.fixture
def toys(db):
    return set_up()


def cases(*opened):
    return [Case.objects.get(pk=o.id) for o in opened]


def test_a_units_open_work_goes_to_another_unit_with_its_clocks(toys):
    home, other, actor = toys
    first, second = ask(home), ask(home)
    due = list(CaseClock.objects.order_by("pk").values_list("due_at", flat=True))
    handed = hand_over(cases=open_work(unit_id=home.pk), unit_id=other.pk, reason="合并", actor=actor, at=MONDAY)
    assert (handed.moved, handed.refused) == (2, ())
    assert {c.holder_unit_id for c in cases(first, second)} == {other.pk}
    assert list(CaseClock.objects.order_by("pk").values_list("due_at", flat=True)) == due
    event = CaseEvent.objects.filter(case=first.id).latest("pk")
    assert (event.move, event.from_unit_id, event.to_unit_id) == ("hand_over", home.pk, other.pk)
    assert not open_work(unit_id=home.pk).exists()


def test_inside_a_unit_another_person_takes_over(toys):
    home, _, actor = toys
    mate = User.objects.create(username="toy-mate", name="李工", kind="staff", created_at=MONDAY)
    case = cases(ask(home))[0]
    hand_over(cases=[case], holder_id=mate.pk, reason="请假", actor=actor, at=MONDAY)
    case.refresh_from_db()
    assert (case.holder_id, case.holder_unit_id) == (mate.pk, home.pk)
    assert list(open_work(holder_id=mate.pk)) == [case]
    assert CaseEvent.objects.filter(case=case).latest("pk").move == "assign"


def test_the_loser_of_a_race_is_named_and_stays(toys):
    home, other, actor = toys
    stale, fresh = cases(ask(home), ask(home))
    move(kind=ERRAND, case=Case.objects.get(pk=stale.pk), name="take", change=Change(), actor=actor, at=MONDAY)
    handed = hand_over(cases=[stale, fresh], unit_id=other.pk, reason="合并", actor=actor, at=MONDAY)
    assert (handed.moved, handed.refused) == (1, (stale.number,))
    stale.refresh_from_db()
    assert stale.holder_unit_id == home.pk


def test_a_kind_without_the_move_keeps_its_cases(toys):
    home, other, actor = toys
    case = cases(ask(home, kind=WISH))[0]
    handed = hand_over(cases=[case], unit_id=other.pk, reason="合并", actor=actor, at=MONDAY)
    assert (handed.moved, handed.refused) == (0, (case.number,))


def test_without_a_reason_or_the_right_nothing_moves(toys):
    home, other, actor = toys
    case = cases(ask(home))[0]
    with pytest.raises(RefusedError):
        hand_over(cases=[case], unit_id=other.pk, reason=" ", actor=actor, at=MONDAY)
    stranger = worker(User.objects.get(pk=actor.user_id), other)
    with pytest.raises(Forbidden):
        hand_over(cases=[case], holder_id=actor.user_id, reason="请假", actor=stranger, at=MONDAY)
    assert CaseEvent.objects.filter(case=case).count() == 1


def test_a_unit_helps_where_another_helped(toys):
    home, other, actor = toys
    heir = Unit.objects.create(
        code="toys-3", name_zh="三科", name_en="Unit 3", short_zh="三科", short_en="U3", kind="bureau"
    )
    case = cases(ask(home))[0]
    help_out(cases=[case], unit_id=other.pk, reason="会办", actor=actor, at=MONDAY)
    assert list(open_help(unit_id=other.pk, without=heir.pk)) == [case]
    case.refresh_from_db()
    help_out(cases=open_help(unit_id=other.pk, without=heir.pk), unit_id=heir.pk, reason="合并", actor=actor, at=MONDAY)
    assert not open_help(unit_id=other.pk, without=heir.pk).exists()
    assert set(case.shares.values_list("unit_id", flat=True)) == {other.pk, heir.pk}
