"""What the leader's dashboard reads: figures of days, standings of now, one month of an index; never a scan of cases.

What is due is read at every look. The rest is at most half a minute old (`readings`): it sums tens of thousands of
counters, and changes only every few minutes.

Days are whole days in Shenzhen. A span ends yesterday, so that it is as long as the span it is compared with.
"""

import threading
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection

from gongjian.casework.queries import COUNT_CAP, OVER, Desk, on_desk, standings
from gongjian.domains.hotline.queries.files import unread_rows
from gongjian.domains.hotline.queries.found import counts
from gongjian.domains.hotline.workflow import KINDS
from gongjian.figures.queries import Figure
from gongjian.figures.specs import spec_of
from gongjian.workdays.rules import local_day, midnight

WEEKS: Final = 12
DAYS_A_WEEK: Final = 7
MAP_DAYS: Final = 30
FRESH: Final = timedelta(seconds=30)
KEPT: Final = 16  # scopes and spans in the memory of a process
NOW, THIS, BEFORE = -1, 0, 1  # today so far; the span; the one before it

# Above: the lines of the tiles, by week over all units. Below: by unit, over today and the two spans. The figures of
# a quarter are many only where the quarter is asked for.
SUMS: Final = """
select indicator, (%(last)s - day) / 7 as week, null::bigint, null::int,
       sum(numerator)::bigint, sum(denominator)::bigint, null::timestamptz
from figures_indicatorvalue
where indicator = any(%(lines)s) and day > %(last)s - %(weekly)s and day <= %(last)s {units}
group by 1, 2
union all
select indicator, null, unit_id,
       case when day > %(last)s then -1 when day > %(last)s - %(days)s then 0 else 1 end as span,
       sum(numerator)::bigint, sum(denominator)::bigint, max(written_at)
from figures_indicatorvalue
where indicator = any(%(keys)s) and day > %(last)s - 2 * %(days)s and day <= %(last)s + 1 {units}
group by 1, 3, 4
"""
FIRST_DAY: Final = "(select min(day) from figures_indicatorvalue where indicator = 'hotline.received')"
# Late cases of each unit: a range of the index on unit and deadline for each, up to the cap.
LATE: Final = """
select u.id, (select count(*) from (
    select from casework_case c where c.holder_unit_id = u.id and {over} and not c.restricted
    limit %(cap)s) l)
from unnest(%(units)s::bigint[]) u(id)
union all select null, (select count(*) from (
    select from casework_case c where c.holder_unit_id is null and {over} and not c.restricted
    limit %(cap)s) l) where %(whole)s
""".format(over=OVER.format(case="c", at="%(at)s"))
# A month of the index on opening time, topic and place, counted twice in one pass. Cases about something else than
# the hotline's topics belong to other domains; those without a topic count by place only.
OPENED: Final = """
select grouping(community_id) = 0 as placed, community_id, topic_id, week, count(*)
from (select community_id, topic_id,
             case when opened_at >= %(this)s then 0 when opened_at >= %(before)s then 1 end as week
      from casework_case where opened_at >= %(first)s and opened_at < %(end)s and not restricted
        and (topic_id = any(%(topics)s) or topic_id is null)) opened
group by grouping sets ((community_id), (topic_id, week))
"""


@dataclass(frozen=True, slots=True)
class Span:
    """So many whole days, the last one yesterday; `before` is the same number of days before them."""

    days: int
    last: date

    @classmethod
    def until(cls, at: datetime, days: int) -> "Span":
        return cls(days, local_day(at) - timedelta(days=1))

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    @property
    def before(self) -> "Span":
        return Span(self.days, self.first - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Sums:
    """The figures of a span; a figure that nobody has counted yet is None, never zero."""

    span: Span
    weeks: Mapping[str, Sequence[Figure | None]]  # oldest first, the last ends with the span
    by_unit: Mapping[tuple[str, int | None, int], Figure]
    totals: Mapping[tuple[str, int], Figure]
    first_day: date | None  # with figures
    written_at: datetime | None

    def of(self, key: str, when: int = THIS, unit_id: int | None = 0) -> Figure | None:
        """Return one figure, over all units or of one; None where that time was not counted."""
        if not self._counted(when):
            return None
        if unit_id != 0:
            return self.by_unit.get((key, unit_id, when), Figure(spec_of(key), 0, 0))
        return self.totals.get((key, when), Figure(spec_of(key), 0, 0))

    def _counted(self, when: int) -> bool:
        """Whether figures of that time exist; what is compared with must have been counted from its first day on."""
        if self.first_day is None:
            return False
        return {
            NOW: True,
            THIS: self.first_day <= self.span.last,
            BEFORE: self.first_day <= self.span.before.first,
        }[when]


def sums(*, keys: Sequence[str], lines: Sequence[str], span: Span, units: frozenset[int] | None) -> Sums:
    """Return the figures of `keys` by unit and in all, and those of `lines` by week; one statement over days."""
    sql = SUMS.format(units="" if units is None else "and unit_id = any(%(units)s)")
    values: dict[str, Any] = {
        "weekly": WEEKS * DAYS_A_WEEK,
        "days": span.days,
        "last": span.last,
        "lines": list(lines),
        "keys": list(keys),
        "units": list(units or ()),
    }
    with connection.cursor() as cursor:
        cursor.execute(f"select found.*, {FIRST_DAY} from ({sql}) found", values)
        rows = cursor.fetchall()
    weeks: dict[tuple[str, int], Figure] = {}
    by_unit: dict[tuple[str, int | None, int], Figure] = {}
    for key, week, unit_id, placed, top, bottom, _written, _first in rows:
        if week is not None:
            weeks[key, week] = Figure(spec_of(key), top, bottom)
        else:
            by_unit[key, unit_id, placed] = Figure(spec_of(key), top, bottom)
    first_day = rows[0][-1] if rows else None
    return Sums(
        span=span,
        weeks={key: _line(key, weeks, span, first_day) for key in lines},
        by_unit=by_unit,
        totals=_totals(by_unit),
        first_day=first_day,
        written_at=max((row[6] for row in rows if row[6] is not None), default=None),
    )


def _line(
    key: str, found: Mapping[tuple[str, int], Figure], span: Span, first_day: date | None
) -> Sequence[Figure | None]:
    line: list[Figure | None] = []
    for back in reversed(range(WEEKS)):
        began = span.last - timedelta(days=DAYS_A_WEEK * back + DAYS_A_WEEK - 1)
        counted = first_day is not None and began >= first_day
        line.append(found.get((key, back), Figure(spec_of(key), 0, 0)) if counted else None)
    return line


def _totals(by_unit: Mapping[tuple[str, int | None, int], Figure]) -> dict[tuple[str, int], Figure]:
    found: dict[tuple[str, int], list[int]] = {}
    for (key, _unit, when), figure in by_unit.items():
        both = found.setdefault((key, when), [0, 0])
        both[0] += figure.numerator
        both[1] += figure.denominator
    return {(key, when): Figure(spec_of(key), top, bottom) for (key, when), (top, bottom) in found.items()}


@dataclass(frozen=True, slots=True)
class Now:
    """What is due at this moment. `capped`: a unit has more late cases than are counted."""

    late: Mapping[int | None, int]
    capped: bool
    due_today: int
    unread: int


def due_now(*, at: datetime, units: frozenset[int] | None, known: Collection[int], user_id: int | None) -> Now:
    """Return late cases by unit and those due before midnight; two statements.

    `units` None is the whole district with its `known` units and what no unit holds.
    """
    day_ends = midnight(local_day(at) + timedelta(days=1))
    today = on_desk(Desk(units=units)).filter(due_at__range=(at, day_ends))
    due_today, unread = counts(today, unread_rows(user_id))
    wanted = list(known if units is None else units)
    values: dict[str, Any] = {"at": at, "cap": COUNT_CAP + 1, "units": wanted, "whole": units is None}
    with connection.cursor() as cursor:
        cursor.execute(LATE, values)
        late: dict[int | None, int] = dict(cursor.fetchall())
    return Now(
        late={unit: min(n, COUNT_CAP) for unit, n in late.items() if n},
        capped=any(n > COUNT_CAP for n in late.values()),
        due_today=due_today,
        unread=min(unread, COUNT_CAP),
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """Cases by the place of the matter in 30 days, and by topic in the last 7 days and the 7 before."""

    places: Mapping[int | None, int]
    topics: Mapping[int | None, tuple[int, int]]


def opened(*, last: date, topics: Collection[int]) -> Opened:
    """Return what was opened in the 30 days up to `last`: one range of the index on opening time."""
    end = last + timedelta(days=1)
    values: dict[str, Any] = {
        "end": midnight(end),
        "this": midnight(end - timedelta(days=DAYS_A_WEEK)),
        "before": midnight(end - timedelta(days=2 * DAYS_A_WEEK)),
        "first": midnight(end - timedelta(days=MAP_DAYS)),
        "topics": list(topics),
    }
    with connection.cursor() as cursor:
        cursor.execute(OPENED, values)
        rows = cursor.fetchall()
    by_topic: dict[int | None, list[int]] = {}
    for placed, _place, topic_id, week, n in rows:
        if not placed and week is not None:
            by_topic.setdefault(topic_id, [0, 0])[week] = n
    return Opened(
        places={place: n for placed, place, _topic, _week, n in rows if placed},
        topics={topic: (this, before) for topic, (this, before) in by_topic.items()},
    )


@dataclass(frozen=True, slots=True)
class Readings:
    """What is dear to read and changes every few minutes: figures, what each unit holds, what was opened."""

    sums: Sums
    held: Mapping[int | None, int]  # open cases by unit
    opened: Opened
    read_at: datetime
    drawn: dict[Hashable, Any] = field(default_factory=dict)  # what a page made of it, kept as long


class _Shelf:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.readings: dict[object, Readings] = {}


_shelf = _Shelf()


def readings(
    *,
    keys: Sequence[str],
    lines: Sequence[str],
    span: Span,
    units: frozenset[int] | None,
    topics: Collection[int],
    at: datetime,
) -> Readings:
    """Return the dear part of a dashboard, at most half a minute old; three statements when it is read again.

    A process keeps the last few scopes and spans: many leaders who look at once cost the database one look.
    """
    key = (tuple(keys), span, units)
    with _shelf.lock:
        found = _shelf.readings.get(key)
        if found is None or not timedelta(0) <= at - found.read_at < FRESH:
            held = {row["unit"]: row["n"] for row in standings(kinds=KINDS, by=("unit",))}
            found = Readings(
                sums=sums(keys=keys, lines=lines, span=span, units=units),
                held={unit: n for unit, n in held.items() if units is None or unit in units},
                opened=opened(last=span.last, topics=topics) if units is None else Opened({}, {}),
                read_at=at,
            )
            _shelf.readings.pop(key, None)
            _shelf.readings[key] = found
            while len(_shelf.readings) > KEPT:
                del _shelf.readings[next(iter(_shelf.readings))]
        return found


def forget() -> None:
    """Drop what is in memory: after the figures were counted in this process."""
    with _shelf.lock:
        _shelf.readings.clear()


WEEKLY: Final = """
select (%(last)s - day) / 7, indicator, unit_id, sum(numerator)::bigint, sum(denominator)::bigint
from figures_indicatorvalue
where indicator = any(%(keys)s) and day > %(last)s - %(days)s and day <= %(last)s {units}
group by 1, 2, 3 order by 1 desc, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Week:
    """One figure of one unit in seven days."""

    first: date
    indicator: str
    unit_id: int | None
    numerator: int
    denominator: int


def weekly(*, keys: Sequence[str], last: date, units: Collection[int] | None) -> list[Week]:
    """Return the figures of 12 weeks up to `last`, oldest first; one statement."""
    sql = WEEKLY.format(units="" if units is None else "and unit_id = any(%(units)s)")
    values: dict[str, Any] = {"keys": list(keys), "last": last, "days": WEEKS * DAYS_A_WEEK, "units": list(units or ())}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    return [Week(last - timedelta(days=DAYS_A_WEEK * back + DAYS_A_WEEK - 1), *facts) for back, *facts in rows]
