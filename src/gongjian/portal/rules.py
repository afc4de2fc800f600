"""What the home page computes from the hours of service. Standard library only."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from gongjian.workdays.rules import local_clock, local_day, moment_on

OFFICE_DAYS = frozenset({1, 2, 3, 4, 5})
END_OF_DAY = time(23, 59)
DAYS_AHEAD = 11  # the longest holiday, and the day after it


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
    opens: datetime | None  # when somebody comes next; None where somebody is there, or nobody comes soon


def desks_today(rows: Iterable[Hours], at: datetime, is_working: Callable[[date], bool]) -> list[Desk]:
    """Return the desks and who is there today; hours from Monday to Friday follow the working calendar instead."""
    found: dict[str, list[Hours]] = {}
    for row in rows:
        found.setdefault(split(row.words)[0], []).append(row)
    return [_desk(name, own, at, is_working) for name, own in found.items()]


def opens_on(weekdays: frozenset[int], day: date, *, working: bool) -> bool:
    """Whether a desk with these weekdays opens on a day."""
    return working if weekdays == OFFICE_DAYS else day.isoweekday() in weekdays


def split(words: str) -> tuple[str, str]:
    """Return the name before the first colon, and what stands behind it."""
    name, _, note = words.replace("：", ":", 1).partition(":")
    return name.strip(), note.strip()


def _desk(name: str, rows: Sequence[Hours], at: datetime, is_working: Callable[[date], bool]) -> Desk:
    today, clock = local_day(at), local_clock(at)
    there = [row for row in rows if opens_on(row.weekdays, today, working=is_working(today))]
    spans = tuple(sorted((row.opens, row.closes) for row in there))
    open_now = any(opens <= clock <= closes for opens, closes in spans)
    return Desk(
        name=name,
        spans=spans,
        note=split(there[0].words)[1] if len(there) == 1 else "",
        open_now=open_now,
        all_day=any(opens == time() and closes >= END_OF_DAY for opens, closes in spans),
        opens=None if open_now else _opening(rows, at, is_working),
    )


def _opening(rows: Sequence[Hours], at: datetime, is_working: Callable[[date], bool]) -> datetime | None:
    """Return the next moment at which one of these hours begins, None where that is far away."""
    days = (local_day(at) + timedelta(days=ahead) for ahead in range(DAYS_AHEAD))
    begins = (
        moment_on(day, row.opens)
        for day in days
        for row in rows
        if opens_on(row.weekdays, day, working=is_working(day))
    )
    return min((moment for moment in begins if moment > at), default=None)
