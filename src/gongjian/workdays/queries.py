"""The calendar as every process keeps it, and what the operator's page asks."""

import uuid
from datetime import date, datetime
from itertools import groupby

from gongjian.memory import Memory
from gongjian.workdays.models import CalendarVersion, DayException, OfficeHours, YearNotice
from gongjian.workdays.rules import DECEMBER, OFFICE_HOURS, Calendar, Hours, local_day

_memory = Memory[Calendar]()
forget = _memory.forget


def calendar() -> Calendar:
    """Return the calendar in force, from process memory.

    A request costs no query: once every five seconds a process reads one row by its key, and the whole calendar again
    only when that row has changed. A notice entered in one process therefore holds everywhere five seconds later, and
    at once where it was entered.
    """
    return _memory.get(read_calendar, _version)


def _version() -> uuid.UUID | None:
    return CalendarVersion.objects.values_list("version", flat=True).first()


def read_calendar() -> Calendar:
    """Return the calendar as the tables tell it now (three queries)."""
    confirmed = YearNotice.objects.filter(status=YearNotice.Status.CONFIRMED).values_list("year", flat=True)
    return Calendar(
        exceptions=dict(DayException.objects.values_list("day", "working")),
        confirmed=frozenset(confirmed),
        hours=_hours() or (OFFICE_HOURS,),
    )


def notices() -> list[YearNotice]:
    """Return the yearly notices with their days, newest first."""
    return list(YearNotice.objects.order_by("-year").prefetch_related("days"))


def days_of(year: int) -> list[DayException]:
    """Return the days of a calendar year that a notice speaks of, in order."""
    return list(DayException.objects.filter(day__range=(date(year, 1, 1), date(year, 12, 31))))


def unconfirmed_year(*, at: datetime) -> int | None:
    """Return the year whose notice is missing and should be there, or None.

    That is the running year always, and the next one from 1 December on. Source: design, stack D2.
    """
    today = local_day(at)
    needed = [today.year, today.year + 1] if today.month == DECEMBER else [today.year]
    known = calendar()
    return next((year for year in needed if not known.is_confirmed(year)), None)


def _hours() -> tuple[Hours, ...]:
    rows = OfficeHours.objects.values_list("since", "starts", "ends")
    return tuple(
        Hours(tuple((starts, ends) for _, starts, ends in spans), since)
        for since, spans in groupby(rows, key=lambda row: row[0])
    )
