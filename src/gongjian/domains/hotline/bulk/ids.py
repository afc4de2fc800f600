"""Ids and case numbers for a load, taken in blocks."""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import connection, models
from psycopg import sql

from gongjian.casework.actions import NUMBER_DIGITS
from gongjian.workdays.rules import SHANGHAI, local_day, local_moment

# The first block of a table and the largest: three cases shall not use up the ids of thousands.
LEAST, MOST = 50, 20_000
SALT: Final = 16
EPOCH: Final = datetime(2000, 1, 1, tzinfo=SHANGHAI)


class Ids:
    """Blocks of ids taken from the tables' own sequences, so that later inserts go on behind them."""

    def __init__(self) -> None:
        self._of: dict[type[models.Model], Iterator[int]] = {}

    def of(self, model: type[models.Model]) -> Iterator[int]:
        """Return the endless row of a table's ids."""
        if model not in self._of:
            self._of[model] = _endless(model._meta.db_table)
        return self._of[model]


def _endless(table: str) -> Iterator[int]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_get_serial_sequence(%s, 'id')", [table])
        sequence = cursor.fetchone()[0]
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
    """Case numbers by month: each month counts on from its highest; one of several writers takes every n-th.

    `live` is the present moment where new cases may be opened meanwhile: those of its month take their numbers from
    the sequence that new cases draw from.
    """

    def __init__(self, *, first: int = 0, stride: int = 1, live: datetime | None = None) -> None:
        self.first, self.stride, self.primed = first, stride, False
        self.live = _month(live) if live is not None else ""
        self.drawn: Iterator[int] = iter(())
        self.last: dict[str, int] = {}
        self._months: dict[tuple[int, int], str] = {}

    def take(self, opened_at: datetime) -> str:
        """Return the next number of the month in which a case was opened."""
        day = local_day(opened_at)
        month = self._months.get((day.year, day.month))
        if month is None:
            month = self._months[day.year, day.month] = _month(opened_at)
        if month == self.live:
            return f"{month}{self._draw():0{NUMBER_DIGITS}}"
        serial = self.last[month] + self.stride if month in self.last else self._highest(month) + 1 + self.first
        self.last[month] = serial
        return f"{month}{serial:0{NUMBER_DIGITS}}"

    def _draw(self) -> int:
        """Return the next number of the sequence, of which so many are taken at once."""
        serial = next(self.drawn, None)
        if serial is None:
            with connection.cursor() as cursor:
                cursor.execute("select nextval('casework_number') from generate_series(1, %s)", [LEAST])
                self.drawn = iter([row[0] % 10**NUMBER_DIGITS for row in cursor.fetchall()])
            serial = next(self.drawn)
        return serial

    def prime(self) -> None:
        """Read the highest number of every month at once, before the table is locked."""
        length = len(_month(EPOCH))
        with connection.cursor() as cursor:
            # A month of more than 99,999 cases goes on with six digits, which no order of texts would find highest.
            cursor.execute(
                "select left(number, %s), max(substr(number, %s)::bigint) from casework_case"
                " where number like %s group by 1",
                [length, length + 1, f"{settings.CASE_NUMBER_PREFIX}-____-%"],
            )
            highest = dict(cursor.fetchall())
        self.primed = True
        self.last = {month: serial + 1 + self.first - self.stride for month, serial in highest.items()}

    def _highest(self, month: str) -> int:
        if self.primed:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(
                "select max(substr(number, %s)::bigint) from casework_case where number like %s",
                [len(month) + 1, f"{month}%"],
            )
            row = cursor.fetchone()
        return int(row[0]) if row and row[0] else 0


def _month(at: datetime) -> str:
    """Return what the numbers of cases opened in the month of a moment begin with."""
    return f"{settings.CASE_NUMBER_PREFIX}-{local_moment(at):%y%m}-"
