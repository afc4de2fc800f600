"""Records of a text file that a line break outside quotes has torn apart: the first half is not taken for the whole."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from gongjian.documents.cells import Cell, Fault
from gongjian.documents.tables.spec import Row, RowError, at_line

MOST: Final = 20  # lines of one cell that are looked at


def refused(number: int, cells: list[Cell], blank: Mapping[str, Any], line: int, fault: Fault) -> Row:
    """Return a row of which nothing is taken, and why."""
    return Row(number, cells, {**blank}, (RowError(number, "", str(fault) + at_line(line)),), line)


def without_torn(rows: Iterable[Row], width: int, blank: Mapping[str, Any]) -> Iterator[Row]:
    """Yield rows; a short one is refused where those behind it are none, and end it as wide as the titles are."""
    held: list[Row] = []
    for row in rows:
        if held and row.errors and len(held) <= MOST and (joined := _joined([*held, row])) <= width:
            held.append(row)
            if joined == width:
                first, *more = held
                yield refused(first.number, first.cells, blank, first.line, Fault("torn", {"cells": len(first.cells)}))
                yield from more
                held = []
            continue
        yield from held
        held = [] if row.errors or len(row.cells) >= width else [row]
        if not held:
            yield row
    yield from held


def _joined(rows: Iterable[Row]) -> int:
    """Return how many cells there are when the last cell of each row and the first of the next are one."""
    return 1 + sum(len(row.cells) - 1 for row in rows)
