"""How often somebody may come."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from gongjian.sealing.index import blind_index

MINUTE = timedelta(minutes=1)

# Each call moves `full_at` one step on; one that would carry it more than the window ahead changes nothing.
TAKE = """
insert into httpapi_limit as mine (bucket, key, full_at) values (%(bucket)s, %(key)s, %(at)s + %(step)s)
on conflict (bucket, key) do update set full_at = greatest(mine.full_at, %(at)s) + %(step)s
where greatest(mine.full_at, %(at)s) + %(step)s <= %(at)s + %(window)s
returning 1
"""


def allow(bucket: str, key: str, per_minute: int, at: datetime, *, window: timedelta = MINUTE) -> bool:
    """Count one call and return whether it is still within the allowance; one statement, refused calls cost nothing.

    `per_minute` calls may come at once, then one each 60 / `per_minute` seconds; another `window` takes the minute's
    place. `bucket` names what is limited, `key` who: an address, a number; only its keyed hash is stored.
    """
    if per_minute < 1:
        return False
    params: dict[str, Any] = {
        "bucket": bucket,
        "key": blind_index(key, f"limit:{bucket}"),
        "at": at,
        "step": window / per_minute,
        "window": window,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE, params)
        return cursor.fetchone() is not None
