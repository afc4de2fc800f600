"""Ids and case numbers for a load, taken in blocks."""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.db import connection, models
from psycopg import sql

from gongjian.casework.numbers import SEQUENCE, month_of, numbered
from gongjian.workdays.rules import local_day

# The first block of a table and the largest: three cases shall not use up the ids of thousands.
LEAST, MOST = 50, 20_000
SALT: Final = 16


class Ids:
    """Blocks of ids taken from the tables' own sequences, so that later inserts go on behind them."""

    def __init__(self) -> None:
        self._of: dict[type[models.Model], Iterator[int]] = {}

    def of(self, model: type[models.Model]) -> Iterator[int]:
        """Return the endless row of a table's ids."""
        if model not in self._of:
            self._of[model] = _endless(_sequence_of(model))
        return self._of[model]


def _sequence_of(model: type[models.Model]) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select pg_get_serial_sequence(%s, 'id')", [model._meta.db_table])
        return str(cursor.fetchone()[0])


def _endless(sequence: str) -> Iterator[int]:
    size = LEAST
    while True:
        yield from _block(sequence, size)
        size = min(4 * size, MOST)


def _block(sequence: str, size: int) -> range | list[int]:
    """Take a block from a sequence; another writer may have taken some in between."""
    with connection.cursor() as cursor:
        # The name of the sequence must be a constant: looked up again for each id it takes five times as long.
        cursor.execute(
            sql.SQL(
                """
                select min(id), max(id), case when max(id) - min(id) >= count(*) then array_agg(id) end
                from (select nextval({}::regclass) id from generate_series(1, %s)) taken
                """
            ).format(sql.Literal(sequence)),
            [size],
        )
        first, last, scattered = cursor.fetchone()
    return scattered or range(first, last + 1)


def salts() -> Iterator[bytes]:
    """Return random salts without end; the system is asked for many at once."""
    while True:
        block = os.urandom(SALT * 1024)
        for place in range(0, len(block), SALT):
            yield block[place : place + SALT]


class Numbers:
    """Case numbers; the serials come in blocks from the sequence that every other writer draws from."""

    def __init__(self) -> None:
        self._serials = _endless(SEQUENCE)
        self._months: dict[tuple[int, int], str] = {}

    def take(self, opened_at: datetime) -> str:
        """Return a free number of the month in which a case was opened."""
        day = local_day(opened_at)
        month = self._months.get((day.year, day.month))
        if month is None:
            month = self._months[day.year, day.month] = month_of(opened_at)
        return numbered(month, next(self._serials))
