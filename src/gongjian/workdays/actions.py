"""Writing of the yearly notices; every write gives the calendar a new version."""

import tomllib
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
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

    What stands here wins: a shipped notice only fills a year nobody spoke of, or takes the place of a provisional one
    by what the State Council has published since.
    """
    for path in sorted(DATA.glob("[0-9]*.toml")):
        shipped = tomllib.loads(path.read_text(encoding="utf-8"))
        if not _is_known(shipped):
            head = {key: shipped[key] for key in ("year", "status", "source_title", "source_number", "published")}
            record_notice(**head, days=_days(shipped), at=at)
    _load_hours()


def _is_known(shipped: Mapping[str, Any]) -> bool:
    known = YearNotice.objects.filter(year=shipped["year"]).values_list("status", flat=True).first()
    if known is None:
        return False
    return known == YearNotice.Status.CONFIRMED or shipped["status"] == YearNotice.Status.PROVISIONAL


def _days(shipped: Mapping[str, Any]) -> list[NamedDay]:
    days = [
        NamedDay(rest["from"] + ONE_DAY * step, False, rest["zh"], rest["en"])
        for rest in shipped["rests"]
        for step in range((rest["to"] - rest["from"]).days + 1)
    ]
    return days + [NamedDay(day, True, work["zh"], work["en"]) for work in shipped["works"] for day in work["days"]]


@transaction.atomic
def record_hours(*, since: date, spans: Iterable[tuple[time, time]], source: str) -> None:
    """Let working hours hold from a day on, in place of those of the same day; every process knows in five seconds.

    The caller checks the right and writes the audit entry. Raises IntegrityError where a span ends before it starts.
    """
    OfficeHours.objects.filter(since=since).delete()
    OfficeHours.objects.bulk_create(
        [OfficeHours(since=since, starts=starts, ends=ends, source=source) for starts, ends in spans]
    )
    _renew()


@transaction.atomic
def record_day(*, notice: YearNotice, day: date, working: bool | None, name_zh: str, name_en: str) -> None:
    """Let a notice say of one day that it is worked or free; with None it says nothing of it any more.

    The caller checks the right and writes the audit entry.
    """
    if working is None:
        DayException.objects.filter(day=day).delete()
    else:
        values = {"notice": notice, "working": working, "name_zh": name_zh, "name_en": name_en}
        DayException.objects.update_or_create(day=day, defaults=values)
    _renew()


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
