import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from gongjian.casework.actions import Change, move
from gongjian.casework.errors import IllegalMoveError, StaleCaseError
from gongjian.casework.limits import NoTermError
from gongjian.casework.models import Case, CaseClock, CaseEvent, EventText, TallyDelta, Term
from gongjian.casework.queries import standings
from gongjian.casework.sweeps import fold_tally, sweep_clocks
from gongjian.casework.tests.toys import ERRAND, MONDAY, WISH, ToyRight, ask, set_up, step, worker
from gongjian.identity.actor import ANONYMOUS
from gongjian.identity.models import User
from gongjian.identity.rights import Forbidden

pytestmark = pytest.mark.django_db


@pytest.fixture
def toys(db):
    return set_up()


def test_a_case_is_opened_with_number_clock_event_and_party_in_one_statement(toys):
    home, _, _ = toys
    ask(home)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        opened = ask(home)
    assert len(seen) == 1
    case = Case.objects.get(pk=opened.id)
    assert case.number == opened.number
    assert case.number.startswith("YT-2611-")
    assert len(case.number) == 13
    assert (case.state, case.version) == ("asked", 1)
    clock = case.clocks.get()
    # Four working hours from Monday 9:00 end at 15:00: noon to two does not count.
    assert clock.due_at == case.due_at == MONDAY.replace(hour=15)
    event = case.events.get()
    assert (event.move, event.before, event.after, event.at) == ("ask", "", "asked", MONDAY)
    assert case.parties.get().receipt_index is not None
    assert opened.receipt not in str(case.parties.values())


def test_numbers_never_repeat(toys):
    home, _, _ = toys
    assert len({ask(home).number for _ in range(50)}) == 50


def test_a_move_changes_state_clocks_and_timeline_in_two_statements(toys):
    home, _, actor = toys
    opened = ask(home)
    case = Case.objects.get(pk=opened.id)
    with CaptureQueriesContext(connection) as seen:
        moved = move(kind=ERRAND, case=case, name="take", change=Change(public_text="马上来"), actor=actor, at=MONDAY)
    assert len(seen) == 2
    assert moved.state == "doing"
    case.refresh_from_db()
    assert case.due_at == moved.due_at
    assert CaseClock.objects.get(case=case, name="take").stopped_at == MONDAY
    assert EventText.objects.get(event=moved.event_id).body == "马上来"


def test_a_move_that_may_not_follow_is_refused(toys):
    home, _, actor = toys
    opened = ask(home)
    with pytest.raises(IllegalMoveError):
        step(opened, "wait", actor)
    assert CaseEvent.objects.count() == 1


def test_only_the_right_in_the_holding_unit_moves(toys):
    home, other, actor = toys
    opened = ask(home)
    stranger = worker(User.objects.create(username="stranger", name="外人", kind="staff", created_at=MONDAY), other)
    looker = worker(
        User.objects.create(username="looker", name="看客", kind="staff", created_at=MONDAY), home, right=ToyRight.LOOK
    )
    for wrong in (stranger, looker, ANONYMOUS):
        with pytest.raises(Forbidden):
            step(opened, "take", wrong)
    assert step(opened, "take", actor).state == "doing"


def test_the_applicant_may_only_what_the_table_says(toys):
    home, _, _ = toys
    opened = ask(home)
    assert step(opened, "nudge", ANONYMOUS, as_party=True).state == "asked"
    with pytest.raises(Forbidden):
        step(opened, "take", ANONYMOUS, as_party=True)


def test_the_second_of_two_writers_is_refused_and_nothing_of_his_is_written(toys):
    home, _, actor = toys
    opened = ask(home)
    mine, theirs = Case.objects.get(pk=opened.id), Case.objects.get(pk=opened.id)
    move(kind=ERRAND, case=theirs, name="take", change=Change(), actor=actor, at=MONDAY)
    with pytest.raises(StaleCaseError) as refusal:
        move(kind=ERRAND, case=mine, name="finish", change=Change(public_text="好了"), actor=actor, at=MONDAY)
    assert refusal.value.change.by == "王工"
    assert refusal.value.change.state == "doing"
    assert not EventText.objects.filter(body="好了").exists()
    assert CaseEvent.objects.count() == 2


def test_a_nudge_does_not_throw_out_a_reader(toys):
    home, _, actor = toys
    opened = ask(home)
    mine = Case.objects.get(pk=opened.id)
    step(opened, "nudge", ANONYMOUS, as_party=True)
    assert move(kind=ERRAND, case=mine, name="take", change=Change(), actor=actor, at=MONDAY).state == "doing"


def test_a_pause_moves_the_deadline_and_is_written_down(toys):
    home, _, actor = toys
    opened = ask(home)
    before = step(opened, "take", actor).due_at
    waiting = step(opened, "wait", actor, minutes=60, internal_text="等钥匙")
    assert waiting.due_at == MONDAY + timedelta(minutes=60, hours=24)
    resumed = step(opened, "go_on", actor, at=MONDAY + timedelta(days=2))
    assert resumed.due_at == before + timedelta(days=2)  # two working days were spent waiting
    pause = CaseClock.objects.get(case=opened.id, name="finish").pauses.get()
    assert (pause.reason, pause.resumed_at) == ("等钥匙", MONDAY + timedelta(days=2))


def test_closing_stops_every_clock_and_reopening_starts_one(toys):
    home, _, actor = toys
    opened = ask(home)
    closed = step(opened, "finish", actor, minutes=5)
    assert closed.closed_at == MONDAY + timedelta(minutes=5)
    assert closed.due_at is None
    assert not CaseClock.objects.filter(case=opened.id, stopped_at=None).exists()
    again = step(opened, "again", ANONYMOUS, minutes=10, as_party=True)
    assert (again.state, again.closed_at) == ("doing", None)
    assert again.due_at is not None


def test_an_urgent_case_takes_the_urgent_term_and_the_ordinary_one_where_there_is_none(toys):
    home, _, actor = toys
    opened = ask(home, urgency=2)
    assert opened.due_at == MONDAY + timedelta(minutes=30)
    assert step(opened, "take", actor).due_at.astimezone(MONDAY.tzinfo).date() == MONDAY.date() + timedelta(days=8)


def test_without_a_term_nothing_is_opened(toys):
    home, _, _ = toys
    with pytest.raises(NoTermError):
        ask(home, at=MONDAY.replace(year=2019))
    assert Case.objects.count() == 0


def test_the_sweep_reminds_once_breaches_once_and_goes_on(toys):
    home, _, actor = toys
    opened = ask(home)
    case = step(opened, "take", actor)
    assert sweep_clocks(at=MONDAY + timedelta(days=1)) == 0
    almost = case.due_at - timedelta(hours=1)
    assert (sweep_clocks(at=almost), sweep_clocks(at=almost)) == (1, 0)
    assert sweep_clocks(at=case.due_at) == 1
    clock = CaseClock.objects.get(case=opened.id, name="finish")
    assert clock.breached_at == case.due_at
    assert sweep_clocks(at=case.due_at + timedelta(days=3)) == 1
    moves = list(case.events.order_by("pk").values_list("move", flat=True))
    assert moves == ["ask", "take", "remind", "late", "remind"]


def test_a_term_that_ends_with_a_change_of_state_is_breached_and_stopped_in_one(toys):
    home, _, _ = toys
    opened = ask(home, kind=WISH)
    assert sweep_clocks(at=MONDAY + timedelta(hours=24)) == 1
    clock = CaseClock.objects.get(case=opened.id)
    assert clock.breached_at == clock.stopped_at == MONDAY + timedelta(hours=24)
    assert Case.objects.get(pk=opened.id).state == "granted"


def test_the_tally_is_exact_before_and_after_folding(toys):
    home, _, actor = toys
    cases = [ask(home) for _ in range(4)]
    step(cases[0], "take", actor)
    step(cases[1], "finish", actor)
    expected = {"asked": 2, "doing": 1, "done": 1}
    counted = {r["state"]: r["n"] for r in standings(kinds=[ERRAND], by=["state"], open_only=False)}
    assert counted == expected
    assert fold_tally(at=MONDAY) > 0
    assert TallyDelta.objects.count() == 0
    counted = {r["state"]: r["n"] for r in standings(kinds=[ERRAND], by=["state"], open_only=False)}
    assert counted == expected


def test_two_terms_in_force_at_once_are_refused_by_the_database(toys):
    first = Term.objects.first()
    first.pk = None
    with pytest.raises(Exception, match="one_term_at_a_time"):
        first.save()


def test_a_title_that_is_too_long_is_refused_not_cut(toys):
    home, _, actor = toys
    opened = ask(home)
    with pytest.raises(Exception, match="too long"):
        step(opened, "take", actor, title="长" * 81)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_writers_at_once_exactly_one_wins():
    home, _, actor = set_up()
    opened = ask(home)
    case = Case.objects.get(pk=opened.id)
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def race() -> None:
        try:
            start.wait()
            move(kind=ERRAND, case=case, name="take", change=Change(), actor=actor, at=MONDAY)
            outcomes.append("won")
        except StaleCaseError:
            outcomes.append("lost")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(outcomes) == ["lost"] * 7 + ["won"]
    assert CaseEvent.objects.filter(case=case, move="take").count() == 1
    assert CaseClock.objects.filter(case=case, name="finish").count() == 1


def test_one_faulty_case_does_not_stop_the_clocks_of_others(toys, monkeypatch):
    home, _, actor = toys
    faulty, sound = ask(home), ask(home)
    for opened in (faulty, sound):
        step(opened, "take", actor)
    Case.objects.filter(pk=faulty.id).update(kind="toys.gone")
    due = Case.objects.get(pk=sound.id).due_at
    assert sweep_clocks(at=due) == 2  # the reminder, then the end
    assert CaseClock.objects.get(case=sound.id, name="finish").breached_at == due


def test_a_sweep_after_an_outage_takes_everything_that_is_due(toys, monkeypatch):
    home, _, _ = toys
    monkeypatch.setattr("gongjian.casework.sweeps.BATCH", 3)
    for _i in range(8):
        ask(home)
    assert sweep_clocks(at=MONDAY + timedelta(days=1)) == 8
