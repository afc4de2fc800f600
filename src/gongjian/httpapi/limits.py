"""How often somebody may come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db import connection

from gongjian.sealing.index import blind_index

MINUTE = timedelta(minutes=1)

# Each call moves `full_at` one step on; one that would carry it more than the window ahead changes nothing.
TAKE = """
insert into httpapi_limit as mine (bucket, key, full_at) values (%(bucket)s, %(key)s, %(at)s + %(step)s)
on conflict (bucket, key) do update set full_at = greatest(mine.full_at, %(at)s) + %(step)s
where greatest(mine.full_at, %(at)s) + %(step)s <= %(at)s + %(window)s
returning extract(epoch from full_at - %(at)s)
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """How one call stands with its allowance."""

    allowed: bool
    limit: int  # calls in a window
    window: int  # seconds
    remaining: int
    reset: int  # seconds until the whole allowance is there again
    wait: int  # seconds after which a refused call may come again

    @property
    def headers(self) -> dict[str, str]:
        """Return the header fields that tell a program how much it may still ask.

        Source: draft-ietf-httpapi-ratelimit-headers-10.
        """
        told = {
            "RateLimit-Policy": f'"default";q={self.limit};w={self.window}',
            "RateLimit": f'"default";r={self.remaining};t={self.reset}',
        }
        return told if self.allowed else {**told, "Retry-After": str(self.wait)}


def allow(bucket: str, key: str, per_minute: int, at: datetime, *, window: timedelta = MINUTE) -> bool:
    """Count one call and return whether it is still within the allowance: `take` for callers that tell no numbers."""
    return take(bucket, key, per_minute, at, window=window).allowed


def take(bucket: str, key: str, per_minute: int, at: datetime, *, window: timedelta = MINUTE) -> Taken:
    """Count one call and return how the allowance stands; one statement, refused calls cost nothing.

    `per_minute` calls may come at once, then one each 60 / `per_minute` seconds; another `window` takes the minute's
    place. `bucket` names what is limited, `key` who: an address, a number; only its keyed hash is stored.
    """
    seconds = int(window.total_seconds())
    if per_minute < 1:
        return Taken(False, 0, seconds, 0, seconds, seconds)
    step = max(window / per_minute, timedelta.resolution)
    params: dict[str, Any] = {
        "bucket": bucket,
        "key": blind_index(key, f"limit:{bucket}"),
        "at": at,
        "step": step,
        "window": window,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE, params)
        row = cursor.fetchone()
    wait = ceil(step.total_seconds())
    if row is None:
        return Taken(False, per_minute, seconds, 0, seconds, wait)
    used = float(row[0])
    remaining = int((seconds - used) / step.total_seconds() + 1e-6)
    return Taken(True, per_minute, seconds, remaining, ceil(used), wait)
