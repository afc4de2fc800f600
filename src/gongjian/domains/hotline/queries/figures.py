"""What the leader's dashboard reads: figures of days, standings of now, one month of an index; never a scan of cases.

Days are whole days in Shenzhen. A span ends yesterday, so that it is as long as the span it is compared with.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db import connection

from gongjian.casework.queries import COUNT_CAP, Desk, on_desk, standings
from gongjian.domains.hotline.queries.files import unread_rows
from gongjian.domains.hotline.queries.found import counts
from gongjian.domains.hotline.workflow import KINDS
from gongjian.figures.queries import Figure
from gongjian.figures.specs import spec_of
from gongjian.workdays.rules import SHANGHAI

WEEKS: Final = 12
DAYS_A_WEEK: Final = 7
MAP_DAYS: Final = 30
NOW, THIS, BEFORE = -1, 0, 1  # today so far; the span; the one before it

# Sums by week over all units, and by unit over the two spans and today, in one pass over one range of the index.
SUMS: Final = """
select indicator, week, unit_id, span, grouping(week) = 0 as weekly,
       sum(numerator)::bigint, sum(denominator)::bigint, max(written_at)
from (select indicator, unit_id, numerator, denominator, written_at,
             case when back >= 0 and back < %(weekly)s then back / 7 end as week,
             case when back < 0 then -1 when back < %(days)s then 0 when back < 2 * %(days)s then 1 end as span
      from (select *, %(last)s - day as back from figures_indicatorvalue
            where indicator = any(%(keys)s) and day >= %(first)s and day <= %(today)s {units}) dated) placed
group by grouping sets ((indicator, week), (indicator, unit_id, span))
"""
FIRST_DAY: Final = "(select min(day) from figures_indicatorvalue where indicator = 'hotline.received')"
# Late cases of each unit: a range of the index on unit and deadline for each, up to the cap.
LATE: Final = """
select u.id, (select count(*) from (
    select from casework_case c where c.holder_unit_id = u.id and c.closed_at is null and c.due_at < %(at)s
    limit %(cap)s) l)
from unnest(%(units)s::bigint[]) u(id)
union all select null, (select count(*) from (
    select from casework_case c where c.holder_unit_id is null and c.closed_at is null and c.due_at < %(at)s
    limit %(cap)s) l) where %(whole)s
"""
# A month of the index on opening time, topic and place, counted twice in one pass. Cases about something else than
# the hotline's topics belong to other domains; those without a topic count by place only.
OPENED: Final = """
select grouping(community_id) = 0 as placed, community_id, topic_id, week, count(*)
from (select community_id, topic_id,
             case when opened_at >= %(this)s then 0 when opened_at >= %(before)s then 1 end as week
      from casework_case where opened_at >= %(first)s and opened_at < %(end)s
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
        return cls(days, at.astimezone(SHANGHAI).date() - timedelta(days=1))

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    @property
    def before(self) -> "Span":
        return Span(self.days, self.first - timedelta(days=1))


def start_of(day: date) -> datetime:
    """Return the first moment of a day in Shenzhen."""
    return datetime.combine(day, time(), SHANGHAI)


@dataclass(frozen=True, slots=True)
class Sums:
    """The figures of a span; a figure that nobody has counted yet is None, never zero."""

    span: Span
    weeks: Mapping[str, Sequence[Figure | None]]  # oldest first, the last ends with the span
    by_unit: Mapping[tuple[str, int | None, int], Figure]
    first_day: date | None  # with figures
    written_at: datetime | None

    def of(self, key: str, when: int = THIS, unit_id: int | None = 0) -> Figure | None:
        """Return one figure, over all units or of one; None where that time was not counted."""
        if not self._counted(when):
            return None
        if unit_id != 0:
            return self.by_unit.get((key, unit_id, when), Figure(spec_of(key), 0, 0))
        return _sum(key, (f for (k, _unit, span), f in self.by_unit.items() if k == key and span == when))

    def _counted(self, when: int) -> bool:
        """Whether figures of that time exist; what is compared with must have been counted from its first day on."""
        if self.first_day is None:
            return False
        return {
            NOW: True,
            THIS: self.first_day <= self.span.last,
            BEFORE: self.first_day <= self.span.before.first,
        }[when]


def sums(*, keys: Sequence[str], span: Span, units: Collection[int] | None) -> Sums:
    """Return figures by week, by unit and in all; one statement over `max(12 weeks, two spans)` of days."""
    first = span.last - timedelta(days=max(WEEKS * DAYS_A_WEEK, 2 * span.days) - 1)
    sql = SUMS.format(units="" if units is None else "and unit_id = any(%(units)s)")
    values: dict[str, Any] = {
        "weekly": WEEKS * DAYS_A_WEEK,
        "days": span.days,
        "last": span.last,
        "first": first,
        "today": span.last + timedelta(days=1),
        "keys": list(keys),
        "units": list(units or ()),
    }
    with connection.cursor() as cursor:
        cursor.execute(f"select found.*, {FIRST_DAY} from ({sql}) found", values)
        rows = cursor.fetchall()
    weeks: dict[tuple[str, int], Figure] = {}
    by_unit: dict[tuple[str, int | None, int], Figure] = {}
    for key, week, unit_id, placed, weekly, top, bottom, _written, _first in rows:
        figure = Figure(spec_of(key), top, bottom)
        if weekly and week is not None:
            weeks[key, week] = figure
        elif not weekly and placed is not None:
            by_unit[key, unit_id, placed] = figure
    first_day = rows[0][-1] if rows else None
    return Sums(
        span=span,
        weeks={key: _line(key, weeks, span, first_day) for key in keys},
        by_unit=by_unit,
        first_day=first_day,
        written_at=max((row[7] for row in rows), default=None),
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


def _sum(key: str, figures: Iterable[Figure]) -> Figure:
    tops, bottoms = 0, 0
    for figure in figures:
        tops, bottoms = tops + figure.numerator, bottoms + figure.denominator
    return Figure(spec_of(key), tops, bottoms)


@dataclass(frozen=True, slots=True)
class Now:
    """What stands where at this moment. `capped`: a unit has more late cases than are counted."""

    open: Mapping[int | None, int]
    late: Mapping[int | None, int]
    capped: bool
    due_today: int
    unread: int


def now_standing(*, at: datetime, units: Collection[int] | None, known: Collection[int], user_id: int | None) -> Now:
    """Return open and late cases by unit and those due before midnight; three statements.

    `units` None is the whole district with its `known` units and what no unit holds.
    """
    held = standings(kinds=KINDS, by=("unit",))
    midnight = start_of(at.astimezone(SHANGHAI).date() + timedelta(days=1))
    desk = on_desk(Desk(units=None if units is None else frozenset(units)))
    today, unread = counts(desk.filter(due_at__gte=at, due_at__lte=midnight), unread_rows(user_id))
    wanted = list(known if units is None else units)
    values: dict[str, Any] = {"at": at, "cap": COUNT_CAP + 1, "units": wanted, "whole": units is None}
    with connection.cursor() as cursor:
        cursor.execute(LATE, values)
        late = dict(cursor.fetchall())
    return Now(
        open={row["unit"]: row["n"] for row in held if units is None or row["unit"] in units},
        late={unit: min(n, COUNT_CAP) for unit, n in late.items() if n},
        capped=any(n > COUNT_CAP for n in late.values()),
        due_today=today,
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
        "end": start_of(end),
        "this": start_of(end - timedelta(days=DAYS_A_WEEK)),
        "before": start_of(end - timedelta(days=2 * DAYS_A_WEEK)),
        "first": start_of(end - timedelta(days=MAP_DAYS)),
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
