"""How long data of a class is kept: in the memory of the process, read again every five seconds."""

import calendar
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from gongjian.audit.models import RetentionClass
from gongjian.memory import Memory
from gongjian.workdays.rules import local_clock, local_day, moment_on

DATA: Final = Path(__file__).parent / "data" / "retention.toml"
MONTHS_OF_A_YEAR: Final = 12
_SPANS: Final = {RetentionClass.Unit.HOURS: "hours", RetentionClass.Unit.DAYS: "days"}


_memory = Memory[Mapping[str, tuple[int | None, str]]]()
forget = _memory.forget


@transaction.atomic
def load_reference(*, at: datetime) -> None:  # noqa: ARG001 - every room's loader is called alike
    """Insert the classes that are missing; what administrators chose stays."""
    known = set(RetentionClass.objects.values_list("code", flat=True))
    RetentionClass.objects.bulk_create([RetentionClass(**row) for row in shipped() if row["code"] not in known])
    forget()
    transaction.on_commit(forget)


def shipped() -> list[dict[str, Any]]:
    """Return the classes as they come with the system."""
    with DATA.open("rb") as file:
        return list(tomllib.load(file)["class"])


def cutoff(code: str, at: datetime) -> datetime | None:
    """Return the moment before which data of a class has outlived its period; None where it is not limited.

    Months are those of the calendar: 24 months before 29 February is 28 February.
    """
    amount, unit = _memory.get(_read).get(code, (None, ""))
    if amount is None:
        return None
    if unit != RetentionClass.Unit.MONTHS:
        return at - timedelta(**{_SPANS[RetentionClass.Unit(unit)]: amount})
    day = local_day(at)
    years, month = divmod(day.year * MONTHS_OF_A_YEAR + day.month - 1 - amount, MONTHS_OF_A_YEAR)
    last = calendar.monthrange(years, month + 1)[1]
    return moment_on(day.replace(year=years, month=month + 1, day=min(day.day, last)), local_clock(at))


def _read() -> Mapping[str, tuple[int | None, str]]:
    rows = RetentionClass.objects.values_list("code", "amount", "unit")
    return {code: (amount, unit) for code, amount, unit in rows}
