"""Ids and case numbers for a load, taken in blocks."""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import connection, models
from psycopg import sql

from gongjian.casework.actions import NUMBER_DIGITS
from gongjian.workdays.rules import SHANGHAI

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
    """Case numbers by month: each month counts on from its highest; one of several writers takes every n-th."""

    def __init__(self, *, first: int = 0, stride: int = 1) -> None:
        self.first, self.stride, self.primed = first, stride, False
        self.last: dict[str, int] = {}
        self._months: dict[tuple[int, int], str] = {}

    def take(self, opened_at: datetime) -> str:
        """Return the next number of the month in which a case was opened."""
        local = opened_at.astimezone(SHANGHAI)
        month = self._months.get((local.year, local.month))
        if month is None:
            month = self._months[local.year, local.month] = f"{settings.CASE_NUMBER_PREFIX}-{local:%y%m}-"
        serial = self.last[month] + self.stride if month in self.last else self._highest(month) + 1 + self.first
        self.last[month] = serial
        return f"{month}{serial:0{NUMBER_DIGITS}}"

    def prime(self) -> None:
        """Read the highest number of every month at once, before the table is locked."""
        with connection.cursor() as cursor:
            cursor.execute("select left(number, -%s), max(number) from casework_case group by 1", [NUMBER_DIGITS])
            highest = {month: int(number.removeprefix(month)) for month, number in cursor.fetchall()}
        self.primed = True
        self.last = {month: serial + 1 + self.first - self.stride for month, serial in highest.items()}

    def _highest(self, month: str) -> int:
        if self.primed:
            return 0
        with connection.cursor() as cursor:
            cursor.execute("select max(number) from casework_case where number like %s", [f"{month}%"])
            row = cursor.fetchone()
        return int(row[0].removeprefix(month)) if row and row[0] else 0
