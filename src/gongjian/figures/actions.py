"""Writing figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from gongjian.figures.models import IndicatorValue


@dataclass(frozen=True, slots=True)
class Value:
    indicator: str
    day: date
    unit_id: int | None
    numerator: int
    denominator: int


@transaction.atomic
def write(*, values: Sequence[Value], indicators: Sequence[str], first: date, last: date, at: datetime) -> int:
    """Write the figures of a span of days, both ends included; what is no longer there goes. Two statements."""
    IndicatorValue.objects.filter(indicator__in=indicators, day__range=(first, last)).delete()
    rows = [
        IndicatorValue(
            indicator=v.indicator,
            day=v.day,
            unit_id=v.unit_id,
            numerator=v.numerator,
            denominator=v.denominator,
            written_at=at,
        )
        for v in values
    ]
    IndicatorValue.objects.bulk_create(rows, batch_size=5_000)
    return len(rows)
