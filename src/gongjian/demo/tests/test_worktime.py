"""The quick arithmetic of the demonstration gives what the calendar's own rules give."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from gongjian.demo.worktime import DAY, HOUR, WorkTime
from gongjian.workdays import rules
from gongjian.workdays.queries import read_calendar
from gongjian.workdays.rules import Term, Unit

FIRST, LAST = date(2024, 12, 1), date(2027, 3, 31)
TERMS = [
    Term(30, Unit.MINUTES), Term(2, Unit.HOURS), Term(4, Unit.WORKING_HOURS), Term(1, Unit.WORKING_HOURS),
    Term(1, Unit.WORKING_DAYS), Term(5, Unit.WORKING_DAYS), Term(15, Unit.WORKING_DAYS), Term(15, Unit.CALENDAR_DAYS),
]  # fmt: skip


@pytest.fixture
def days(district):
    calendar = read_calendar()
    return calendar, WorkTime(calendar, FIRST, LAST)


def moments(work, n=300):
    draw = Random("moments")
    return [draw.randrange(30 * DAY, 700 * DAY) for _ in range(n)]


@pytest.mark.parametrize("term", TERMS, ids=str)
def test_a_term_ends_when_the_rules_say(days, term):
    calendar, work = days
    for t in moments(work):
        assert work.moment(work.due(term, t)) == rules.due(term, work.moment(t), calendar).at


@pytest.mark.parametrize("term", TERMS, ids=str)
def test_an_extension_ends_when_the_rules_say(days, term):
    calendar, work = days
    for t in moments(work, 100):
        due = work.due(term, t)
        assert work.moment(work.extend(due, term)) == rules.extend(work.moment(due), term, calendar).at


@pytest.mark.parametrize(
    "term", [Term(24, Unit.HOURS), Term(5, Unit.WORKING_DAYS), Term(1, Unit.WORKING_DAYS)], ids=str
)
def test_a_pause_moves_the_end_as_the_rules_say(days, term):
    calendar, work = days
    draw = Random("pauses")
    for t in moments(work):
        due = work.due(term, t)
        paused = t + draw.randrange(8 * DAY)
        resumed = paused + draw.randrange(9 * DAY)
        told = rules.resume(term, work.moment(due), work.moment(paused), work.moment(resumed), calendar).at
        assert work.moment(work.resume(term, due, paused, resumed)) == told


def test_work_goes_on_in_working_hours_only(days):
    calendar, work = days
    for t in moments(work):
        done = work.forward(t, HOUR)
        assert calendar.is_working(work.moment(done).astimezone(rules.SHANGHAI).date())
        assert work.worked(done) - work.worked(t) == HOUR
        assert work.worked(t) - work.worked(work.back(t, HOUR)) == HOUR


def test_moments_and_seconds_are_the_same(days):
    _calendar, work = days
    at = datetime(2026, 11, 23, 1, 2, 3, 999, tzinfo=UTC)
    assert work.moment(work.second(at)) == at - timedelta(microseconds=999)
    with pytest.raises(ValueError, match="paused"):
        work.resume(Term(4, Unit.WORKING_HOURS), 10 * DAY, 5 * DAY, 6 * DAY)
