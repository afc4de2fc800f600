"""Up to where a table of events is whole: nothing at or below that id can still appear.

Ids are drawn before the commit, so a row with a lower id may become visible after one with a higher id. A reader that
simply goes on behind the highest id it saw loses such rows. Every writer holds a ROW EXCLUSIVE lock on the table from
before it draws an id until its commit or rollback is visible. So: read the highest id first, then who writes now; when
those have ended, everything up to that id has either come or never will.
"""

import time
from typing import Final

from django.db import connection

PAUSE: Final = 0.005

NEWEST = "select coalesce(max(id), 0) from {table}"
WRITERS = """
select virtualtransaction from pg_locks
where locktype = 'relation' and database = (select oid from pg_database where datname = current_database())
  and relation = %s::regclass and granted and pid <> pg_backend_pid()
  and mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""


def settled(table: str, *, patience: float) -> int:
    """Return an id up to which the table is whole; -1 where writers in hand did not end within so many seconds.

    Ids drawn ahead of the lock, as loads from files draw theirs, are not waited for. Two statements where nobody
    writes.
    """
    with connection.cursor() as cursor:
        cursor.execute(NEWEST.format(table=connection.ops.quote_name(table)))
        newest: int = cursor.fetchone()[0]
        writing = _writers(table)
        ends = time.monotonic() + patience
        while writing:
            if time.monotonic() >= ends:
                return -1
            time.sleep(PAUSE)
            writing &= _writers(table)
    return newest


def _writers(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(WRITERS, [table])
        return {row[0] for row in cursor.fetchall()}
