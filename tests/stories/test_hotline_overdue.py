"""What happens when a complaint is overdue, told from its registration to the supervisor's remark.

The clock does it all by itself: `casework.sweeps.sweep_clocks` runs every minute (project/clocks.py), the terms and
reminders stand in domains/hotline/data/terms.toml and reminders.toml, the moves in domains/hotline/workflow.py.
"""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from gongjian.casework.models import CaseClock, CaseEvent
from gongjian.casework.sweeps import sweep_clocks
from gongjian.casework.tasks import tell_event
from gongjian.domains.hotline.actions import handling
from gongjian.domains.hotline.tests.staff_pages import CLERK, HANDLER, HEAD, SUPERVISOR, at_desk, page
from gongjian.notify.models import Message
from gongjian.testing.assertions import assert_refused, moves_of
from gongjian.testing.cases import again, code_of, make_request
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays.rules import SHANGHAI

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
# Five working days after Monday the 23rd: the end of Monday the 30th.
DUE = datetime(2026, 12, 1, 0, 0, tzinfo=SHANGHAI)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def time(district, monkeypatch):
    """Let the time pass hour by hour, sweeping and telling as the worker does."""

    def until(end: datetime) -> None:
        at = now["at"]
        while at < end:
            at = min(at + HOUR, end)
            while sweep_clocks(at=at):
                pass
        now["at"] = at
        monkeypatch.setenv("GONGJIAN_CLOCK", at.isoformat())
        for event in CaseEvent.objects.order_by("pk"):
            tell_event(event.pk, at=at)  # a second telling tells nobody twice

    now = {"at": MONDAY_MORNING + HOUR}
    monkeypatch.setenv("GONGJIAN_CLOCK", now["at"].isoformat())
    return until


def told(username: str, case, move: str) -> int:
    """Return how many messages of this move somebody of the cast got in the inbox."""
    event = CaseEvent.objects.filter(case=case, move=move).latest("pk")
    rows = Message.objects.filter(recipient_user__username=username, channel="site")
    return rows.filter(dedupe__contains=f"event-{event.pk}").count()


def by_clock(case) -> list[str]:
    """Return what the clock did, in order."""
    return [move for move in moves_of(case.pk) if move in {"remind", "overdue", "escalate"}]


def as_resident(client, case) -> str:
    client.post(reverse("hotline:track"), {"number": case.number, "secret": code_of(case)})
    return page(client.get(reverse("hotline:track_case", args=[case.number])))


def desk_of(username: str) -> str:
    return page(at_desk(username).get(reverse("hotline:supervise"), {"tab": "late"}))


def test_an_overdue_complaint(time, client):
    case = make_request(state="in_progress")
    clock = CaseClock.objects.get(case=case, name="answer")
    assert clock.due_at == DUE

    # Four fifths of the term: whoever holds it is reminded; nobody else hears of it.
    time(DUE - 3 * DAY)
    assert by_clock(case) == []
    time(DUE - DAY)
    assert by_clock(case) == ["remind"]
    assert told(HANDLER, case, "remind") == 1
    assert told(CLERK, case, "remind") == 1
    assert told(SUPERVISOR, case, "remind") == 0
    assert case.number not in desk_of(SUPERVISOR)
    assert "临期提醒" not in as_resident(client, case)

    # More time may be asked for now, and no longer once the term is over.
    with assert_refused("days"):
        handling.ask_extension(case=again(case), days=2, reason="等监测。", actor=actor(HANDLER), at=DUE + HOUR)

    # The term is over: unit and head are told, the supervisor's list has it, the resident reads it.
    time(DUE + HOUR)
    assert by_clock(case) == ["remind", "overdue"]
    assert CaseClock.objects.get(pk=clock.pk).breached_at is not None
    assert told(HEAD, case, "overdue") == 1
    assert told(CLERK, case, "overdue") == 1
    late = desk_of(SUPERVISOR)
    assert case.number in late
    assert "答复" in late
    seen = as_resident(client, case)
    assert "我们晚了" in seen
    assert "超过了期限" in seen
    assert "郑海峰" not in seen

    # A working day later: it goes to the supervisor, once, however often the clock is asked.
    time(DUE + 4 * DAY)
    assert by_clock(case) == ["remind", "overdue", "escalate"]
    assert told(SUPERVISOR, case, "escalate") == 1
    assert told(HEAD, case, "escalate") == 1
    assert "转督办" in as_resident(client, case)

    # The supervisor writes; the unit reads it, the resident does not.
    note = reverse("hotline:supervise_note", args=[case.number])
    version = str(again(case).version)
    assert at_desk(SUPERVISOR).post(note, {"version": version, "text": "今天答复。"}).status_code == 302
    time(DUE + 4 * DAY + HOUR)
    assert told(CLERK, case, "desk_note") == 1
    assert "今天答复。" not in as_resident(client, case)
    assert "今天答复。" in page(at_desk(HANDLER).get(reverse("hotline:case", args=[case.number])))


def test_a_clock_that_stopped_in_time_never_rings(time, client):
    case = make_request(state="replied")
    time(DUE - 5 * DAY)
    assert by_clock(case) == []
    assert case.number not in desk_of(SUPERVISOR)
    time(DUE + DAY)  # by now somebody should have called back; the answer itself was in time
    assert CaseClock.objects.get(case=case, name="answer").breached_at is None
