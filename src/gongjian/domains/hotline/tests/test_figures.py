from datetime import timedelta

import pytest

from gongjian.casework.sweeps import sweep_clocks
from gongjian.domains.hotline.sweeps import count_figures, sweep_figures
from gongjian.figures.models import IndicatorValue
from gongjian.figures.queries import by_unit, by_week
from gongjian.testing.cases import make_request
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays.rules import SHANGHAI

TODAY = MONDAY_MORNING.astimezone(SHANGHAI).date()


def sums(key):
    return {
        (v.numerator, v.denominator)
        for v in IndicatorValue.objects.filter(indicator=key).order_by("unit")
    }  # fmt: skip


def test_figures_are_counted_from_what_happened_and_counting_twice_changes_nothing(district):
    for state in ("received", "answered", "closed", "returned", "redo"):
        make_request(state=state)
    late = make_request(state="dispatched")
    sweep_clocks(at=late.clocks.get(name="sign").due_at)
    end = MONDAY_MORNING + timedelta(hours=9)
    assert sweep_figures(at=end) > 0
    first = list(
        IndicatorValue.objects.order_by("indicator", "unit").values_list(
            "indicator", "unit", "numerator", "denominator"
        )
    )
    assert sweep_figures(at=end) == len(first)
    again = list(
        IndicatorValue.objects.order_by("indicator", "unit").values_list(
            "indicator", "unit", "numerator", "denominator"
        )
    )
    assert first == again
    week = by_week(indicators=["hotline.received", "hotline.on_time", "hotline.solved"], last=TODAY, weeks=12)
    assert week["hotline.received"].figures[-1].value == 6
    assert week["hotline.on_time"].figures[-1].value == 100
    assert week["hotline.solved"].figures[-1].denominator == 1
    assert week["hotline.received"].figures[0].value == 0
    assert len(week["hotline.on_time"].weeks) == 12


def test_the_same_caller_with_the_same_matter_is_a_repeat(district):
    make_request()
    make_request(at=MONDAY_MORNING + timedelta(hours=1))
    make_request(at=MONDAY_MORNING + timedelta(hours=2), topic="")
    count_figures(first=TODAY, last=TODAY, at=MONDAY_MORNING)
    assert sums("hotline.repeated") == {(1, 3)}


def test_an_empty_day_has_no_figures_and_divides_by_nothing(district):
    assert sweep_figures(at=MONDAY_MORNING) == 0
    series = by_week(indicators=["hotline.on_time"], last=TODAY, weeks=2)["hotline.on_time"]
    assert [f.value for f in series.figures] == [None, None]
    assert by_unit(indicator="hotline.received", first=TODAY, last=TODAY) == {}


@pytest.mark.parametrize("state", ["submitted", "replied"])
def test_a_return_counts_for_the_unit_that_returned(district, state):
    make_request(state="returned")
    make_request(state=state)
    count_figures(first=TODAY, last=TODAY, at=MONDAY_MORNING)
    units = by_unit(indicator="hotline.returned", first=TODAY, last=TODAY)
    assert [(f.numerator, f.denominator) for f in units.values()] == [(1, 2)]
