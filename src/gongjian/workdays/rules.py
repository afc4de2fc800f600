"""Terms and deadlines as arithmetic on a Calendar that the caller hands in.

The day after receipt is day 1. A term in days ends at 24:00 Asia/Shanghai, stored as 00:00 of the following day.
Every moment handed in must be aware; every moment handed out is in Asia/Shanghai.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import accumulate, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
ONE_DAY = timedelta(days=1)
SATURDAY = 5
DAYS_IN_WEEK, WORKING_IN_WEEK = 7, 5
# New Year's swaps reach back into the old year and are told by the new year's notice: 2011-12-31 and 2018-12-29 were
# working Saturdays, 2018-12-31 a free Monday. From this day on, December is settled only with the next year.
DECEMBER, UNSETTLED_FROM = 12, 26


def local_moment(moment: datetime) -> datetime:
    """Return a moment as the clocks of the district show it.

    Moments are kept in UTC, whose day is another one until eight in the morning. So whoever asks for a day, a month or
    an hour, or writes one down, asks here. Raises ValueError for a moment without a time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("A moment without a time zone cannot be counted from.")
    return moment.astimezone(SHANGHAI)


def local_day(moment: datetime) -> date:
    """Return the day a moment belongs to; as text it is 2026-12-01."""
    return local_moment(moment).date()


def local_clock(moment: datetime) -> time:
    """Return the time of day at a moment."""
    return local_moment(moment).time()


def local_minute(moment: datetime) -> str:
    """Return a moment as files and lists write it: 2026-12-01 00:30."""
    return f"{local_moment(moment):%Y-%m-%d %H:%M}"


def midnight(day: date) -> datetime:
    """Return the moment at which a day begins."""
    return moment_on(day, time.min)


def moment_on(day: date, clock: time) -> datetime:
    """Return the moment at which the clocks show that time on that day."""
    return datetime.combine(day, clock, SHANGHAI)


def written_day(moment: datetime) -> date:
    """Return the day that somebody wrote, in whatever zone it was written; for what is read from a file."""
    return moment.date()


class Unit(StrEnum):
    """What a term is counted in."""

    MINUTES = "minutes"
    HOURS = "hours"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"


# Terms in these end with a day, whatever the hour they start at.
DAYS = frozenset({Unit.WORKING_DAYS, Unit.CALENDAR_DAYS})


@dataclass(frozen=True)
class Term:
    """An amount of time that somebody has: at least one unit."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError("A term has at least one unit.")


@dataclass(frozen=True)
class Hours:
    """Working hours of one working day, in force from a day on; spans in order and apart."""

    spans: tuple[tuple[time, time], ...]
    since: date = date.min

    def __post_init__(self) -> None:
        moments = [moment for span in self.spans for moment in span]
        if not moments or any(later <= earlier for earlier, later in pairwise(moments)):
            raise ValueError("Working hours need at least one span, in order and not touching.")


OFFICE_HOURS = Hours(((time(9), time(12)), (time(14), time(18))))


@dataclass(frozen=True)
class Calendar:
    """Which days are worked: Monday to Friday, except where a notice says otherwise.

    `exceptions` maps a day to worked (True, make-up day) or free (False); `confirmed` holds the years whose notice
    has been published; `hours` the dated working hours, oldest first.
    """

    exceptions: Mapping[date, bool]
    confirmed: frozenset[int]
    hours: tuple[Hours, ...] = (OFFICE_HOURS,)
    _turns: list[int] = field(init=False, repr=False, compare=False)
    _sums: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sum the exceptions once, so that counting years of working days costs two look-ups."""
        turned = sorted(
            (day.toordinal(), 1 if working else -1)
            for day, working in self.exceptions.items()
            if working != (day.weekday() < SATURDAY)
        )
        object.__setattr__(self, "_turns", [ordinal for ordinal, _ in turned])
        object.__setattr__(self, "_sums", list(accumulate((step for _, step in turned), initial=0)))

    def is_working(self, day: date) -> bool:
        """Tell whether the day is worked; a day nobody wrote about follows its weekday."""
        return self.exceptions.get(day, day.weekday() < SATURDAY)

    def is_confirmed(self, year: int) -> bool:
        """Tell whether the year's notice has been published."""
        return year in self.confirmed

    def is_settled(self, day: date) -> bool:
        """Tell whether no notice to come can still change the day."""
        if day.month == DECEMBER and day.day >= UNSETTLED_FROM and day.year + 1 not in self.confirmed:
            return False
        return day.year in self.confirmed

    def hours_on(self, day: date) -> Hours:
        """Return the working hours in force on the day."""
        return next((hours for hours in reversed(self.hours) if hours.since <= day), self.hours[0])

    def worked_until(self, day: date) -> int:
        """Count the working days of the common era up to and including the day; only differences mean something."""
        ordinal = day.toordinal()
        weeks, rest = divmod(ordinal, DAYS_IN_WEEK)
        return weeks * WORKING_IN_WEEK + min(rest, WORKING_IN_WEEK) + self._sums[bisect_right(self._turns, ordinal)]


class Due(NamedTuple):
    """A deadline; provisional while a year it counts through has no published notice."""

    at: datetime
    provisional: bool


class Remaining(NamedTuple):
    """Distance between a moment and a deadline, told in two ways.

    `days`: working days after today up to the last day. Once it is late, whole days of the calendar since the deadline:
    a term is counted in the days of those who work, what is over in the days of those who wait. `hours` and `minutes`:
    the same distance by the wall clock, whole, hours not capped at 24.
    """

    days: int
    hours: int
    minutes: int
    late: bool


class DayCell(NamedTuple):
    """One day of the strip that shows a term: `used` is a counted day that is over."""

    day: date
    working: bool
    used: bool
    today: bool
    last: bool


def due(term: Term, start: datetime, calendar: Calendar) -> Due:
    """Return when a term ends that starts at a moment.

    Minutes, hours and working hours run from the moment; days from the day after it. A calendar day counts whether
    worked or not, also as the last one. Source: systems/1-hotline F4; Civil Code art. 201 (first day not counted).
    """
    start = local_moment(start)
    if term.unit is Unit.MINUTES:
        return Due(start + timedelta(minutes=term.amount), provisional=False)
    if term.unit is Unit.HOURS:
        return Due(start + timedelta(hours=term.amount), provisional=False)
    if term.unit is Unit.WORKING_HOURS:
        return _after_working_time(timedelta(hours=term.amount), start, calendar)
    return _after_days(term.amount, term.unit, start.date(), calendar)


def extend(due_at: datetime, term: Term, calendar: Calendar) -> Due:
    """Return the deadline that is one more term away; days count from the day after the last day.

    `provisional` speaks of the added days only: the caller keeps what was said of the first ones.
    """
    if term.unit in DAYS:
        return _after_days(term.amount, term.unit, last_day(due_at), calendar)
    return due(term, due_at, calendar)


def resume(term: Term, due_at: datetime, paused_at: datetime, resumed_at: datetime, calendar: Calendar) -> Due:
    """Return the deadline after a pause: what was left at the pause is left after it.

    Minutes and hours move by the length of the pause. Working hours left are worked off from the resumption. Of days,
    the day of the pause counts as used and the day of the resumption does not count again; whoever stopped on the last
    day has until the end of the first working day from the resumption on. A term already over stays over. Raises
    ValueError when the pause ends before it begins.
    """
    due_at, paused_at, resumed_at = local_moment(due_at), local_moment(paused_at), local_moment(resumed_at)
    if resumed_at < paused_at:
        raise ValueError("A pause cannot end before it begins.")
    if paused_at >= due_at:
        return Due(due_at, provisional=False)
    if term.unit in {Unit.MINUTES, Unit.HOURS}:
        return Due(due_at + (resumed_at - paused_at), provisional=False)
    if term.unit is Unit.WORKING_HOURS:
        left = _working_time(paused_at, due_at, calendar)
        moved = _after_working_time(left, resumed_at, calendar) if left else Due(resumed_at, provisional=False)
    elif term.unit is Unit.CALENDAR_DAYS:
        moved = Due(due_at + (resumed_at.date() - paused_at.date()), provisional=False)
    else:
        moved = _resume_working_days(last_day(due_at), paused_at.date(), resumed_at.date(), calendar)
    return Due(max(moved.at, due_at), moved.provisional)


def last_day(due_at: datetime) -> date:
    """Return the day on which a deadline falls; 00:00 is the end of the day before."""
    return (local_moment(due_at) - timedelta(microseconds=1)).date()


def working_days_between(start: date, end: date, calendar: Calendar) -> int:
    """Count the working days after the start's day up to and including the end's day; negative when end is earlier.

    Takes days or aware moments; for a deadline hand in `last_day(due_at)`.
    """
    return calendar.worked_until(_day(end)) - calendar.worked_until(_day(start))


def is_over(due_at: datetime, at: datetime) -> bool:
    """Whether a deadline has passed; the one place that decides it, `casework.queries.over` says the same in SQL."""
    return at > due_at


def remaining(due_at: datetime, at: datetime, calendar: Calendar) -> Remaining:
    """Return how far a moment is from a deadline, and how late it is; at the deadline itself nothing is late yet."""
    due_at, at = local_moment(due_at), local_moment(at)
    late = is_over(due_at, at)
    distance = abs(due_at - at)
    days = distance.days if late else max(working_days_between(at.date(), last_day(due_at), calendar), 0)
    minutes = int(distance.total_seconds()) // 60
    return Remaining(days, minutes // 60, minutes % 60, late)


def day_strip(start: datetime, due_at: datetime, at: datetime, calendar: Calendar) -> list[DayCell]:
    """Return the days of a term in order, from the day after receipt to the last day."""
    today, last = local_day(at), last_day(due_at)
    cells = []
    day = local_day(start) + ONE_DAY
    while day <= last:
        working = calendar.is_working(day)
        cells.append(DayCell(day, working, used=working and day < today, today=day == today, last=day == last))
        day += ONE_DAY
    return cells


def _day(value: date) -> date:
    return local_day(value) if isinstance(value, datetime) else value


def _after_days(amount: int, unit: Unit, day: date, calendar: Calendar) -> Due:
    """Return the end of the amount-th day after a day."""
    if unit is Unit.CALENDAR_DAYS:
        return Due(midnight(day + timedelta(days=amount + 1)), provisional=False)
    provisional = False
    while amount:
        day += ONE_DAY
        provisional = provisional or not calendar.is_settled(day)
        amount -= calendar.is_working(day)
    return Due(midnight(day + ONE_DAY), provisional)


def _resume_working_days(last: date, paused: date, resumed: date, calendar: Calendar) -> Due:
    left = working_days_between(paused, last, calendar)
    if left:
        return _after_days(left, Unit.WORKING_DAYS, resumed, calendar)
    return _after_days(1, Unit.WORKING_DAYS, resumed - ONE_DAY, calendar)


def _spans(day: date, calendar: Calendar) -> list[tuple[datetime, datetime]]:
    """Return the working hours of a day as moments; none on a free day."""
    if not calendar.is_working(day):
        return []
    spans = calendar.hours_on(day).spans
    return [(moment_on(day, a), moment_on(day, b)) for a, b in spans]


def _after_working_time(left: timedelta, start: datetime, calendar: Calendar) -> Due:
    provisional = False
    day = start.date()
    while True:
        provisional = provisional or not calendar.is_settled(day)
        for opens, closes in _spans(day, calendar):
            begins = max(opens, start)
            if closes - begins >= left:
                return Due(begins + left, provisional)
            left -= max(closes - begins, timedelta(0))
        day += ONE_DAY


def _working_time(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    total = timedelta(0)
    day = start.date()
    while day <= end.date():
        for opens, closes in _spans(day, calendar):
            total += max(min(closes, end) - max(opens, start), timedelta(0))
        day += ONE_DAY
    return total
