"""The one place where time enters; faces call it once and hand the moment down as `at=`."""

import os
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from gongjian.workdays.rules import SHANGHAI

VARIABLE = "GONGJIAN_CLOCK"
SINCE = "GONGJIAN_CLOCK_SINCE"  # when the machine's clock showed that moment, in seconds since 1970


def now() -> datetime:
    """Return the present moment, aware, in UTC.

    In demonstration mode and in tests GONGJIAN_CLOCK (ISO 8601; without an offset read as Asia/Shanghai) says what
    time it was when `share` was called, else when the process first asked; the clock runs on from there. Elsewhere the
    variable is ignored.
    """
    wanted = os.environ.get(VARIABLE)
    if wanted and (settings.DEMONSTRATION or settings.TESTING):
        return _shift(wanted, os.environ.get(SINCE)) + datetime.now(UTC)
    return datetime.now(UTC)


def share() -> None:
    """Let every process that this one starts have one clock, whenever it is started, and started again."""
    if os.environ.get(VARIABLE) and not os.environ.get(SINCE):
        os.environ[SINCE] = str(time.time())


def forget() -> None:
    """Let the next question be the first again; for tests, which share a process."""
    _shift.cache_clear()


@lru_cache(maxsize=8)
def _shift(wanted: str, since: str | None) -> timedelta:
    """Return what to add to the machine's clock; remembered per text, so that the clock runs instead of standing."""
    try:
        moment = datetime.fromisoformat(wanted)
    except ValueError as error:
        message = f"{VARIABLE} must be a moment such as 2026-11-23T09:00+08:00, not {wanted!r}"
        raise ImproperlyConfigured(message) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    return moment.astimezone(UTC) - (datetime.fromtimestamp(float(since), UTC) if since else datetime.now(UTC))
