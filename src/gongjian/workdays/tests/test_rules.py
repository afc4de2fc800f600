"""Terms on real Chinese calendars; the shipped notices are used as data, not through the database."""

import tomllib
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongjian.workdays.actions import DATA, _days
from gongjian.workdays.rules import (
    SHANGHAI,
    Calendar,
    Hours,
    Term,
    Unit,
    day_strip,
    due,
    extend,
    last_day,
    remaining,
    resume,
    working_days_between,
)

SHIPPED = [tomllib.loads(path.read_text("utf-8")) for path in sorted(DATA.glob("[0-9]*.toml"))]
CALENDAR = Calendar(
    {day.day: day.working for year in SHIPPED for day in _days(year)},
    frozenset(year["year"] for year in SHIPPED if year["status"] == "confirmed"),
)
DAYS, HOURS = Unit.WORKING_DAYS, Unit.WORKING_HOURS


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def ends(text):
    """The moment 24:00 of a day."""
    return at(text) + timedelta(days=1)


class TestNotices:
    @pytest.mark.parametrize("year", [2024, 2025, 2026])
    def test_every_day_of_a_confirmed_year_agrees_with_an_independent_source(self, year):
        other = holidays.China(years=year)
        days = (date(year, 1, 1) + timedelta(days=step) for step in range(366))
        differing = [d for d in days if d.year == year and CALENDAR.is_working(d) != other.is_working_day(d)]
        assert differing == []

    def test_make_up_days_of_2026(self):
        worked = {day for day, working in CALENDAR.exceptions.items() if working and day.year == 2026}
        told = "01-04 02-14 02-28 05-09 09-20 10-10"
        assert worked == {date.fromisoformat(f"2026-{day}") for day in told.split()}
        assert all(day.weekday() >= 5 for day in worked)

    def test_2027_has_its_statutory_days_and_no_swaps(self):
        free = {day for day in CALENDAR.exceptions if day.year == 2027}
        assert len(free) == 13  # State Council Order 795: 1 + 4 + 1 + 2 + 1 + 1 + 3
        assert not any(CALENDAR.exceptions[day] for day in free)
        assert not CALENDAR.is_confirmed(2027)

    def test_counting_agrees_with_walking(self):
        day, counted = date(2023, 12, 25), CALENDAR.worked_until(date(2023, 12, 24))
        while day < date(2028, 2, 1):
            counted += CALENDAR.is_working(day)
            assert CALENDAR.worked_until(day) == counted
            day += timedelta(days=1)


class TestDue:
    def test_five_working_days_from_wednesday_end_on_the_next_wednesday_at_midnight(self):
        assert due(Term(5, DAYS), at("2026-11-18T13:58"), CALENDAR) == (ends("2026-11-25"), False)

    def test_national_day_and_its_make_up_day_are_counted_right(self):
        assert last_day(due(Term(5, DAYS), at("2026-09-30T10:00"), CALENDAR).at) == date(2026, 10, 13)

    @pytest.mark.parametrize("start", ["2024-02-08", "2025-01-25", "2025-09-30", "2026-02-13", "2026-05-08"])
    @pytest.mark.parametrize("amount", [1, 3, 5, 15])
    def test_agrees_with_an_independent_count(self, start, amount):
        moment = at(start)
        expected = holidays.China(years=moment.year).get_nth_working_day(moment.date(), amount)
        assert last_day(due(Term(amount, DAYS), moment, CALENDAR).at) == expected

    def test_across_spring_festival_2026(self):
        # Friday 13 Feb; worked Saturday 14 is day 1; nine free days; Tuesday 24 is day 2; worked Saturday 28 is day 6.
        assert last_day(due(Term(6, DAYS), at("2026-02-13T17:00"), CALENDAR).at) == date(2026, 2, 28)

    def test_receipt_on_a_free_day_starts_with_the_next_worked_one(self):
        assert last_day(due(Term(1, DAYS), at("2026-11-21T09:00"), CALENDAR).at) == date(2026, 11, 23)

    def test_just_before_and_after_midnight(self):
        assert last_day(due(Term(1, DAYS), at("2026-11-23T23:59"), CALENDAR).at) == date(2026, 11, 24)
        assert last_day(due(Term(1, DAYS), at("2026-11-24T00:00"), CALENDAR).at) == date(2026, 11, 25)

    def test_the_day_of_receipt_is_the_day_in_shanghai(self):
        assert last_day(due(Term(1, DAYS), datetime(2026, 11, 22, 16, 30, tzinfo=UTC), CALENDAR).at) == date(
            2026, 11, 24
        )

    def test_calendar_days_run_through_the_festival(self):
        assert due(Term(7, Unit.CALENDAR_DAYS), at("2026-02-14T10:00"), CALENDAR) == (ends("2026-02-21"), False)

    def test_minutes_and_hours_run_by_the_wall_clock(self):
        start = at("2026-11-20T23:50")
        assert due(Term(15, Unit.MINUTES), start, CALENDAR).at == at("2026-11-21T00:05")
        assert due(Term(24, Unit.HOURS), start, CALENDAR).at == at("2026-11-21T23:50")

    @pytest.mark.parametrize(
        ("start", "amount", "end"),
        [
            ("2026-11-23T09:00", 3, "2026-11-23T12:00"),
            ("2026-11-23T09:00", 4, "2026-11-23T15:00"),
            ("2026-11-23T11:30", 1, "2026-11-23T14:30"),
            ("2026-11-23T13:00", 1, "2026-11-23T15:00"),
            ("2026-11-23T17:00", 4, "2026-11-24T12:00"),
            ("2026-11-20T19:00", 1, "2026-11-23T10:00"),
            ("2026-09-19T10:00", 2, "2026-09-20T11:00"),  # a worked Sunday
        ],
    )
    def test_working_hours(self, start, amount, end):
        assert due(Term(amount, HOURS), at(start), CALENDAR) == (at(end), False)

    def test_working_hours_follow_their_date(self):
        summer = Hours(((time(8), time(12)), (time(15), time(18))), date(2026, 7, 1))
        calendar = Calendar({}, frozenset({2026}), (Hours(((time(9), time(17)),)), summer))
        assert due(Term(1, HOURS), at("2026-06-30T07:00"), calendar).at == at("2026-06-30T10:00")
        assert due(Term(5, HOURS), at("2026-07-01T07:00"), calendar).at == at("2026-07-01T16:00")

    def test_an_unconfirmed_year_is_provisional_and_never_an_error(self):
        assert due(Term(5, DAYS), at("2027-02-03T10:00"), CALENDAR) == (ends("2027-02-12"), True)
        assert due(Term(5, DAYS), at("2028-03-01T10:00"), CALENDAR) == (ends("2028-03-08"), True)
        assert due(Term(2, HOURS), at("2028-03-01T10:00"), CALENDAR).provisional

    def test_a_term_that_reaches_into_an_unconfirmed_year_is_provisional(self):
        assert due(Term(10, DAYS), at("2026-12-24T10:00"), CALENDAR).provisional
        assert not due(Term(10, Unit.CALENDAR_DAYS), at("2026-12-24T10:00"), CALENDAR).provisional

    def test_the_last_days_of_december_wait_for_the_next_notice(self):
        assert not due(Term(1, DAYS), at("2026-12-24T10:00"), CALENDAR).provisional
        assert due(Term(2, DAYS), at("2026-12-24T10:00"), CALENDAR).provisional
        assert not due(Term(2, DAYS), at("2025-12-24T10:00"), CALENDAR).provisional

    def test_a_term_has_at_least_one_unit(self):
        with pytest.raises(ValueError):
            Term(0, DAYS)

    def test_a_moment_without_zone_is_refused(self):
        with pytest.raises(ValueError):
            due(Term(1, DAYS), datetime.fromisoformat("2026-11-23T09:00"), CALENDAR)

    @pytest.mark.parametrize("spans", [(), ((time(12), time(9)),), ((time(9), time(12)), (time(12), time(18)))])
    def test_working_hours_must_be_in_order(self, spans):
        with pytest.raises(ValueError):
            Hours(spans)


class TestResume:
    def test_three_days_left_stay_three_days(self):
        five = Term(5, DAYS)
        first = due(five, at("2026-11-18T13:58"), CALENDAR)
        assert resume(five, first.at, at("2026-11-20T16:00"), at("2026-11-30T08:00"), CALENDAR) == (
            ends("2026-12-03"),
            False,
        )

    def test_resumed_on_the_same_day_nothing_changes(self):
        first = due(Term(5, DAYS), at("2026-11-18T13:58"), CALENDAR)
        again = resume(Term(5, DAYS), first.at, at("2026-11-20T09:00"), at("2026-11-20T16:00"), CALENDAR)
        assert again == first

    def test_stopped_on_the_last_day_leaves_that_day(self):
        five = Term(5, DAYS)
        due_at = ends("2026-11-25")
        assert resume(five, due_at, at("2026-11-25T10:00"), at("2026-11-27T15:00"), CALENDAR).at == ends("2026-11-27")
        assert resume(five, due_at, at("2026-11-25T10:00"), at("2026-11-28T15:00"), CALENDAR).at == ends("2026-11-30")

    def test_over_stays_over(self):
        due_at = ends("2026-11-25")
        assert resume(Term(5, DAYS), due_at, at("2026-11-26T10:00"), at("2026-12-01T10:00"), CALENDAR).at == due_at

    def test_working_hours_left_are_worked_off(self):
        four = Term(4, HOURS)
        due_at = due(four, at("2026-11-20T15:00"), CALENDAR).at  # Monday 10:00
        assert resume(four, due_at, at("2026-11-20T17:00"), at("2026-11-24T11:00"), CALENDAR).at == at(
            "2026-11-24T15:00"
        )

    def test_a_pause_cannot_end_before_it_begins(self):
        with pytest.raises(ValueError):
            resume(Term(5, DAYS), ends("2026-11-25"), at("2026-11-20T10:00"), at("2026-11-19T10:00"), CALENDAR)

    def test_into_a_year_without_notice_is_provisional(self):
        due_at = ends("2026-12-23")
        assert resume(Term(5, DAYS), due_at, at("2026-12-21T10:00"), at("2026-12-28T10:00"), CALENDAR).provisional


class TestReading:
    def test_remaining_counts_working_days_and_the_wall_clock(self):
        assert remaining(ends("2026-11-25"), at("2026-11-23T09:00"), CALENDAR) == (2, 63, 0, False)
        assert remaining(ends("2026-11-23"), at("2026-11-20T20:00"), CALENDAR) == (1, 76, 0, False)

    def test_late_counts_whole_days_of_the_calendar(self):
        assert remaining(ends("2026-11-25"), at("2026-11-27T09:30"), CALENDAR) == (1, 33, 30, True)
        # Three weekends and a week: the days of those who wait, not of those who work.
        assert remaining(ends("2026-11-06"), at("2026-12-01T10:00"), CALENDAR) == (24, 586, 0, True)
        assert remaining(ends("2026-11-20"), at("2026-11-21T09:00"), CALENDAR) == (0, 9, 0, True)

    def test_at_the_very_end_nothing_is_late(self):
        assert remaining(ends("2026-11-25"), ends("2026-11-25"), CALENDAR) == (0, 0, 0, False)

    def test_between_takes_days_and_moments_and_turns_round(self):
        assert working_days_between(date(2026, 9, 30), date(2026, 10, 13), CALENDAR) == 5
        assert working_days_between(at("2026-09-30T23:00"), at("2026-10-13T01:00"), CALENDAR) == 5
        assert working_days_between(date(2026, 10, 13), date(2026, 9, 30), CALENDAR) == -5

    def test_the_strip_of_the_look_book(self):
        cells = day_strip(at("2026-11-18T13:58"), ends("2026-11-25"), at("2026-11-23T10:00"), CALENDAR)
        marks = {"used": [], "rest": [], "today": [], "last": []}
        for cell in cells:
            marks["used"] += [cell.day.day] if cell.used else []
            marks["rest"] += [] if cell.working else [cell.day.day]
            marks["today"] += [cell.day.day] if cell.today else []
            marks["last"] += [cell.day.day] if cell.last else []
        assert [cell.day.day for cell in cells] == [19, 20, 21, 22, 23, 24, 25]
        assert marks == {"used": [19, 20], "rest": [21, 22], "today": [23], "last": [25]}


FIRST, LAST = (datetime.fromisoformat(day) for day in ("2024-01-01", "2027-12-31"))
moments = st.datetimes(FIRST, LAST, timezones=st.just(SHANGHAI))
terms = st.builds(Term, st.integers(1, 40), st.sampled_from(list(Unit)))


class TestLaws:
    @given(terms, moments, moments)
    def test_who_comes_later_is_never_due_earlier(self, term, one, other):
        first, second = sorted([one, other])
        assert due(term, first, CALENDAR).at <= due(term, second, CALENDAR).at

    @given(terms, moments)
    def test_a_deadline_lies_after_its_start_and_days_end_at_midnight(self, term, start):
        end = due(term, start, CALENDAR).at
        assert end > start
        if term.unit in {DAYS, Unit.CALENDAR_DAYS}:
            assert end.time() == time.min
        if term.unit is DAYS:
            assert working_days_between(start, last_day(end), CALENDAR) == term.amount
            assert CALENDAR.is_working(last_day(end))

    @given(terms, terms, moments)
    def test_an_extension_only_gives(self, term, more, start):
        first = due(term, start, CALENDAR)
        assert extend(first.at, more, CALENDAR).at > first.at

    @given(st.integers(1, 20), st.integers(1, 20), moments)
    def test_extending_working_days_is_adding_them(self, amount, more, start):
        first = due(Term(amount, DAYS), start, CALENDAR)
        assert extend(first.at, Term(more, DAYS), CALENDAR).at == due(Term(amount + more, DAYS), start, CALENDAR).at

    @given(terms, moments, st.floats(0, 1), st.timedeltas(timedelta(0), timedelta(days=40)))
    def test_what_was_left_at_the_pause_is_left_after_it(self, term, start, used, pause):
        due_at = due(term, start, CALENDAR).at
        paused_at = start + (due_at - start) * used
        resumed_at = paused_at + pause
        again = resume(term, due_at, paused_at, resumed_at, CALENDAR).at
        assert again >= due_at
        if paused_at >= due_at:
            assert again == due_at
        elif term.unit in {Unit.MINUTES, Unit.HOURS}:
            assert again - resumed_at == due_at - paused_at
        elif term.unit is DAYS:
            left = working_days_between(paused_at, last_day(due_at), CALENDAR)
            got = working_days_between(resumed_at, last_day(again), CALENDAR)
            assert got == left or (left == 0 and got == 1 and not CALENDAR.is_working(resumed_at.date()))
        elif term.unit is Unit.CALENDAR_DAYS:
            assert last_day(again) - resumed_at.date() == last_day(due_at) - paused_at.date()

    @given(terms, moments, st.floats(0, 1), st.timedeltas(timedelta(0), timedelta(days=40)), st.integers(0, 86400))
    def test_a_longer_pause_never_shortens_the_term(self, term, start, used, pause, more):
        due_at = due(term, start, CALENDAR).at
        paused_at = start + (due_at - start) * used
        ends_at = [paused_at + pause, paused_at + pause + timedelta(seconds=more)]
        first, second = (resume(term, due_at, paused_at, end, CALENDAR).at for end in ends_at)
        assert first <= second

    @given(terms, moments, moments)
    def test_the_strip_ends_on_the_last_day_and_has_one_today_at_most(self, term, start, now):
        end = due(term, start, CALENDAR).at
        if end - start > timedelta(days=120):
            return
        cells = day_strip(start, end, now, CALENDAR)
        assert all(b.day - a.day == timedelta(days=1) for a, b in pairwise(cells))
        assert [cell.last for cell in cells if cell.last] == ([True] if cells else [])
        assert sum(cell.today for cell in cells) <= 1
