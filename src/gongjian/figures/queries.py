"""Reading figures: sums over days and units, never over cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Sum
from django.db.models.functions import TruncWeek

from gongjian.figures.models import IndicatorValue
from gongjian.figures.specs import IndicatorSpec, Measure, spec_of


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator over a period."""

    spec: IndicatorSpec
    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """Return the count, or the rate in percent; None where there is nothing to divide by."""
        if self.spec.measure is Measure.COUNT:
            return float(self.numerator)
        return 100 * self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Series:
    """One indicator by week, oldest first; each week is named by its Monday."""

    spec: IndicatorSpec
    weeks: tuple[date, ...]
    figures: tuple[Figure, ...]
    written_at: datetime | None


def by_week(
    *, indicators: Sequence[str], last: date, weeks: int, units: frozenset[int] | None = None
) -> dict[str, Series]:
    """Return the last `weeks` weeks up to the day `last` for each indicator; one statement."""
    monday = last - timedelta(days=last.weekday())
    mondays = tuple(monday - timedelta(weeks=i) for i in reversed(range(weeks)))
    rows = IndicatorValue.objects.filter(indicator__in=indicators, day__range=(mondays[0], last))
    if units is not None:
        rows = rows.filter(unit__in=units)
    sums = {
        (row["indicator"], row["week"]): row
        for row in rows.values("indicator", week=TruncWeek("day")).annotate(
            top=Sum("numerator"), bottom=Sum("denominator"), newest=Max("written_at")
        )
    }
    found = {}
    for key in indicators:
        cells = [sums.get((key, week)) for week in mondays]
        figures = tuple(Figure(spec_of(key), c["top"], c["bottom"]) if c else Figure(spec_of(key), 0, 0) for c in cells)
        newest = max((c["newest"] for c in cells if c), default=None)
        found[key] = Series(spec_of(key), mondays, figures, newest)
    return found


def by_unit(*, indicator: str, first: date, last: date) -> dict[int | None, Figure]:
    """Return one indicator for each unit over a span of days, both ends included."""
    rows = (
        IndicatorValue.objects.filter(indicator=indicator, day__range=(first, last))
        .values("unit")
        .annotate(top=Sum("numerator"), bottom=Sum("denominator"))
    )
    return {row["unit"]: Figure(spec_of(indicator), row["top"], row["bottom"]) for row in rows}
