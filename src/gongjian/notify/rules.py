"""When a message may leave, and when to try again."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Asia/Shanghai")
# Nobody is woken by a text message. Source: our own choice, systems/1-hotline F3 (call-back desk, 21-9).
QUIET_FROM = time(21)
QUIET_UNTIL = time(9)
NEVER_QUIET = frozenset({"urgent", "code"})

MOST_TRIES = 5
# A worker that died while sending gives its messages back after this long.
LEASE = timedelta(minutes=3)


def is_quiet(at: datetime) -> bool:
    """Whether text messages wait at this moment: from 21:00 until 9:00 in Shenzhen."""
    clock = at.astimezone(HERE).time()
    return clock >= QUIET_FROM or clock < QUIET_UNTIL


def due_at(channel: str, urgency: str, at: datetime) -> datetime:
    """Return when a message may leave: now, or the next 9:00 for an ordinary text message in quiet hours."""
    if channel != "sms" or urgency in NEVER_QUIET or not is_quiet(at):
        return at
    here = at.astimezone(HERE)
    day = here.date() + timedelta(days=1) if here.time() >= QUIET_FROM else here.date()
    return datetime.combine(day, QUIET_UNTIL, tzinfo=HERE)


def next_try(tries: int, at: datetime) -> datetime:
    """Return when to try again after the given number of failed tries: 1, 4, 16, 64 minutes later."""
    return at + timedelta(minutes=4 ** (tries - 1))
