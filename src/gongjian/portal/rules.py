"""What the home page computes from the hours of service. Standard library only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from gongjian.workdays.rules import local_clock, local_day

OFFICE_DAYS = frozenset({1, 2, 3, 4, 5})
END_OF_DAY = time(23, 59)


@dataclass(frozen=True, slots=True)
class Hours:
    """One line of the hours of service; the name stands before the colon, what it means behind it."""

    words: str
    weekdays: frozenset[int]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Desk:
    """Who is there today, in one or two spans, and whether somebody is there now."""

    name: str
    spans: tuple[tuple[time, time], ...]
    note: str
    open_now: bool
    all_day: bool


def desks_today(rows: Iterable[Hours], at: datetime, *, working: bool) -> list[Desk]:
    """Return the desks that open today; hours from Monday to Friday follow the working calendar instead.

    `working` says whether today is a working day.
    """
    found: dict[str, list[tuple[Hours, str]]] = {}
    for row in rows:
        name, note = split(row.words)
        own = found.setdefault(name, [])
        if opens_on(row.weekdays, local_day(at), working=working):
            own.append((row, note))
    return [_desk(name, own, at) for name, own in found.items()]


def opens_on(weekdays: frozenset[int], day: date, *, working: bool) -> bool:
    """Whether a desk with these weekdays opens on a day."""
    return working if weekdays == OFFICE_DAYS else day.isoweekday() in weekdays


def split(words: str) -> tuple[str, str]:
    """Return the name before the first colon, and what stands behind it."""
    name, _, note = words.replace("：", ":", 1).partition(":")
    return name.strip(), note.strip()


def _desk(name: str, rows: Sequence[tuple[Hours, str]], at: datetime) -> Desk:
    spans = tuple(sorted((row.opens, row.closes) for row, _ in rows))
    clock = local_clock(at)
    return Desk(
        name=name,
        spans=spans,
        note=rows[0][1] if len(rows) == 1 else "",
        open_now=any(opens <= clock <= closes for opens, closes in spans),
        all_day=any(opens == time() and closes >= END_OF_DAY for opens, closes in spans),
    )
