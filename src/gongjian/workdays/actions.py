"""Writing of the yearly notices; every write gives the calendar a new version."""

import tomllib
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction

from gongjian.workdays import queries
from gongjian.workdays.models import CalendarVersion, DayException, OfficeHours, YearNotice

DATA = Path(__file__).parent / "data"
ONE_DAY = timedelta(days=1)


class NamedDay(NamedTuple):
    """A day as a notice tells it."""

    day: date
    working: bool
    name_zh: str
    name_en: str


@transaction.atomic
def record_notice(
    *,
    year: int,
    status: str,
    source_title: str,
    source_number: str,
    published: date | None,
    days: Iterable[NamedDay],
    at: datetime,
) -> YearNotice:
    """Replaces what is known of a year by what its notice says, and tells every process within five seconds.

    Days of the notice may lie in the last week of the year before. The caller checks the right and writes the audit
    entry. Raises IntegrityError when another year's notice already speaks of one of the days.
    """
    notice, _ = YearNotice.objects.update_or_create(
        year=year,
        defaults={
            "status": status,
            "source_title": source_title,
            "source_number": source_number,
            "published": published,
            "recorded_at": at,
        },
    )
    notice.days.all().delete()
    DayException.objects.bulk_create([DayException(notice=notice, **day._asdict()) for day in days])
    _renew()
    return notice


@transaction.atomic
def load_reference(*, at: datetime) -> None:
    """Brings in the notices and working hours that the project ships, as often as it is called.

    A shipped provisional year never replaces a notice that somebody has confirmed; what is the same is left alone.
    """
    for path in sorted(DATA.glob("[0-9]*.toml")):
        shipped = tomllib.loads(path.read_text(encoding="utf-8"))
        if not _is_known(shipped):
            head = {key: shipped[key] for key in ("year", "status", "source_title", "source_number", "published")}
            record_notice(**head, days=_days(shipped), at=at)
    _load_hours()


def _is_known(shipped: Mapping[str, Any]) -> bool:
    notice = YearNotice.objects.filter(year=shipped["year"]).first()
    if notice is None:
        return False
    if shipped["status"] == YearNotice.Status.PROVISIONAL and notice.status == YearNotice.Status.CONFIRMED:
        return True
    here = (notice.status, notice.source_title, notice.source_number, notice.published)
    there = tuple(shipped[key] for key in ("status", "source_title", "source_number", "published"))
    rows = notice.days.values_list("day", "working", "name_zh", "name_en")
    return here == there and sorted(rows) == sorted(_days(shipped))


def _days(shipped: Mapping[str, Any]) -> list[NamedDay]:
    days = [
        NamedDay(rest["from"] + ONE_DAY * step, False, rest["zh"], rest["en"])
        for rest in shipped["rests"]
        for step in range((rest["to"] - rest["from"]).days + 1)
    ]
    return days + [NamedDay(day, True, work["zh"], work["en"]) for work in shipped["works"] for day in work["days"]]


def _load_hours() -> None:
    shipped = tomllib.loads((DATA / "hours.toml").read_text(encoding="utf-8"))["hours"]
    known = set(OfficeHours.objects.values_list("since", flat=True))
    rows = [
        OfficeHours(since=entry["since"], starts=span["from"], ends=span["to"], source=entry["source"])
        for entry in shipped
        if entry["since"] not in known
        for span in entry["spans"]
    ]
    if rows:
        OfficeHours.objects.bulk_create(rows)
        _renew()


def _renew() -> None:
    CalendarVersion.objects.update_or_create(pk=1, defaults={"version": uuid.uuid4()})
    queries.forget()
    # Another thread may have read the old tables while this transaction was still open.
    transaction.on_commit(queries.forget)
