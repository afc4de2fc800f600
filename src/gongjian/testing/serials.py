"""The sequence of case numbers, put where a test wants it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from gongjian.casework.numbers import SEQUENCE


@contextmanager
def next_serial(serial: int) -> Iterator[None]:
    """Let the next case of whatever month get this serial; afterwards the sequence goes on where it stood.

    A sequence takes no part in transactions: no rolling back would do it.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"select last_value, is_called from {SEQUENCE}")
        before = cursor.fetchone()
    put(serial, called=False)
    try:
        yield
    finally:
        put(before[0], called=before[1])


def put(serial: int, *, called: bool) -> None:
    """Set the sequence; only the owner of the database may."""
    with connection.cursor() as cursor:
        cursor.execute("select setval(%s::regclass, %s, %s)", [SEQUENCE, serial, called])
