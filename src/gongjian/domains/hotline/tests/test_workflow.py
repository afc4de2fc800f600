"""Random walks over the hotline's table, through the one writer and the database."""

import itertools
from datetime import timedelta

import pytest
from django.db.models import Count, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongjian.casework.actions import Change, move
from gongjian.casework.errors import IllegalMoveError
from gongjian.casework.kinds import PREVIOUS, STAYS, By, Move, Scope, kind_of
from gongjian.casework.models import Case, CaseEvent, Tally, TallyDelta
from gongjian.casework.sweeps import fold_tally
from gongjian.domains.hotline.workflow import COMPLAINT, HotlineRight
from gongjian.identity.actor import ANONYMOUS, SYSTEM, Actor
from gongjian.identity.queries import units
from gongjian.testing.cases import make_request
from gongjian.workdays.rules import SHANGHAI

WALK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def everyone(case: Case) -> Actor:
    """Somebody who may do whatever staff may do with this case."""
    rights = frozenset(HotlineRight)
    unit = case.holder_unit_id or 0
    return Actor(
        user_id=None, username="all", name="all", kind="staff", unit_id=case.holder_unit_id, units=frozenset({unit}),
        rights=rights, channel="web", key="", grants={unit: rights},
    )  # fmt: skip


def makeable(case: Case) -> list[Move]:
    """Moves somebody could make now: those of the holding unit need one that holds."""
    held = case.holder_unit_id is not None
    moves = [m for m in COMPLAINT.moves_from(case.state) if m.target != PREVIOUS]
    return [m for m in moves if held or m.scope is Scope.DISTRICT or By.STAFF not in m.by]


def make(case: Case, name: str, at):
    step = kind_of(case.kind).move_of[name]
    change = Change(holder_unit_id=case.holder_unit_id or UNIT[0]) if name in {"dispatch", "backstop"} else Change()
    target = None
    if step.target == PREVIOUS:
        target = CaseEvent.objects.filter(case=case).exclude(before=case.state).exclude(before="").latest("pk").before
    if By.STAFF in step.by:
        actor, party = everyone(case), None
    elif By.APPLICANT in step.by:
        actor, party = ANONYMOUS, case.parties.get().pk
    else:
        actor, party = SYSTEM, None
    move(kind=COMPLAINT, case=case, name=name, change=change, actor=actor, at=at, as_party=party, target=target)
    case.refresh_from_db()


UNIT: list[int] = []


@WALK
@given(choices=st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 5000)), min_size=1, max_size=14))
def test_a_walk_keeps_every_promise_of_the_table(district, choices):
    case = Case.objects.get(pk=make_request().pk)
    UNIT[:] = [units().by_code["jd-yantian"].id]
    at, dues = case.opened_at, {}
    for pick, minutes in choices:
        at += timedelta(minutes=minutes)
        legal = makeable(case)
        if not legal:
            break
        before = case.state
        chosen = legal[pick % len(legal)]
        make(case, chosen.name, at)
        assert case.state == (before if chosen.target == STAYS else chosen.target)
        running = list(case.clocks.filter(stopped_at=None, paused_at=None))
        if COMPLAINT.state_of[case.state].open:
            # Nobody may fall out of every clock, and the desk sorts by the nearest one.
            assert running, case.state
            assert case.due_at == min(c.due_at for c in running)
            assert case.closed_at is None
        else:
            assert not case.clocks.filter(stopped_at=None).exists()
            assert case.closed_at is not None
        for clock in case.clocks.all():
            assert clock.due_at >= dues.get(clock.pk, clock.due_at), "a deadline never moves forward in time"
            dues[clock.pk] = clock.due_at
    events = list(case.events.order_by("pk"))
    assert all(a.after == b.before for a, b in itertools.pairwise(events))
    assert events[-1].after == case.state
    illegal = next(m for m in COMPLAINT.moves if case.state not in m.sources)
    with pytest.raises(IllegalMoveError):
        move(kind=COMPLAINT, case=case, name=illegal.name, change=Change(), actor=SYSTEM, at=at)


@WALK
@given(choices=st.lists(st.integers(0, 1000), max_size=8))
def test_the_counters_equal_a_recount_from_events(district, choices):
    case = Case.objects.get(pk=make_request().pk)
    UNIT[:] = [units().by_code["jd-yantian"].id]
    for i, pick in enumerate(choices):
        legal = makeable(case)
        if legal:
            make(case, legal[pick % len(legal)].name, case.opened_at + timedelta(minutes=10 * i))
        if pick % 3 == 0:
            fold_tally(at=case.opened_at)
    sums: dict[str, int] = {}
    for table in (Tally, TallyDelta):
        for row in table.objects.values("state").annotate(total=Sum("n")):
            sums[row["state"]] = sums.get(row["state"], 0) + row["total"]
    last = CaseEvent.objects.order_by("case", "-pk").distinct("case")
    recount: dict[str, int] = {}
    for event in last:
        recount[event.after] = recount.get(event.after, 0) + 1
    assert {s: n for s, n in sums.items() if n} == recount
    assert recount == {r["state"]: r["n"] for r in Case.objects.values("state").annotate(n=Count("pk"))}


def test_every_open_state_leads_to_an_end_by_the_clock_or_by_somebody_there():
    for state in COMPLAINT.states:
        if state.open:
            assert any(By.STAFF in m.by or By.SYSTEM in m.by for m in COMPLAINT.moves_from(state.name)), state.name


def test_waiting_for_the_resident_moves_the_answer_by_what_was_waited(district):
    case = make_request(state="in_progress")
    clock = case.clocks.get(name="answer")
    paused = case.opened_at.astimezone(SHANGHAI) + timedelta(days=1)
    make(case, "ask_citizen", paused)
    make(case, "supplement", paused + timedelta(days=2))
    clock.refresh_from_db()
    assert clock.paused_at is None
    assert clock.pauses.get().resumed_at == paused + timedelta(days=2)
    assert case.clocks.get(name="answer").due_at > clock.started_at
