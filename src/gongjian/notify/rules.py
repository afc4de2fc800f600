"""When a message may leave, and when to try again."""

from datetime import datetime, time, timedelta

from gongjian.workdays.rules import local_clock, local_day, moment_on

# Nobody is woken by a text message. Source: our own choice, the quiet hours of the call-back desk.
QUIET_FROM = time(21)
QUIET_UNTIL = time(9)
NEVER_QUIET = frozenset({"urgent", "code"})

# Five tries over an hour and a half: after 68 s, 2 min, 10 min and 69 min.
MOST_TRIES = 5
WAIT_SECONDS = 60
GROWTH = 8
# A worker that died while sending gives its message back after this long.
LEASE = timedelta(minutes=3)
# A message this long past its time has lost its job.
LEFT_OVER = timedelta(minutes=5)


def is_quiet(at: datetime) -> bool:
    """Whether text messages wait at this moment: from 21:00 until 9:00 in Shenzhen."""
    clock = local_clock(at)
    return clock >= QUIET_FROM or clock < QUIET_UNTIL


def due_at(channel: str, urgency: str, at: datetime) -> datetime:
    """Return when a message may leave: now, or the next 9:00 for an ordinary text message in quiet hours."""
    if channel != "sms" or urgency in NEVER_QUIET or not is_quiet(at):
        return at
    morning = moment_on(local_day(at), QUIET_UNTIL)
    return morning if at < morning else morning + timedelta(days=1)


def next_try(tries: int, at: datetime) -> datetime:
    """Return when to try again after this many failed tries."""
    return at + timedelta(seconds=WAIT_SECONDS + GROWTH**tries)
