"""End a process in the middle of its work on the database, at a moment that no machine's speed decides."""

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Final

from django.db import connection

PATIENCE_S: Final = 120  # whoever waits goes on as soon as it can
WAITS = "select pid from pg_locks where relation = %s::regclass and not granted"
LIVES = "select 1 from pg_stat_activity where pid = %s"


def kill_at(table: str, command: Sequence[str], env: Mapping[str, str]) -> None:
    """Run a command until it wants to write to this table, kill it there, and wait until its transaction is over.

    Needs a test whose rows are committed; the table is free again afterwards.
    """
    holder = connection.copy()
    holder.set_autocommit(False)
    try:
        with holder.cursor() as cursor:
            cursor.execute(f'lock table "{table}" in share mode')
        child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
        backend = _waiting(table, child)
        child.send_signal(signal.SIGKILL)
        child.wait()
    finally:
        holder.rollback()
        holder.close()
    _gone(backend)


def _waiting(table: str, child: subprocess.Popen[bytes]) -> int:
    """Return the process of the database that waits for the table on behalf of the child."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(WAITS, [f'"{table}"'])
            if row := cursor.fetchone():
                return int(row[0])
        if child.poll() is not None:
            raise AssertionError("it ended before it could be killed")
        time.sleep(0.02)
    child.kill()
    raise AssertionError(f"it did not come to {table}")


def _gone(backend: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(LIVES, [backend])
            if not cursor.fetchone():
                return
        time.sleep(0.02)
    raise AssertionError("the database is still at it")
