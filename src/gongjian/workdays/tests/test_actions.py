from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from gongjian import memory
from gongjian.workdays import queries
from gongjian.workdays.actions import NamedDay, load_reference, record_notice
from gongjian.workdays.models import DayException, OfficeHours, YearNotice
from gongjian.workdays.rules import OFFICE_HOURS, Term, Unit, due, last_day

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh():
    queries.forget()
    yield
    queries.forget()


def record(year, days=(), **over):
    facts = {"status": "confirmed", "source_title": "通知", "source_number": "测试〔2026〕1号", "published": None}
    return record_notice(year=year, days=days, at=AT, **(facts | over))


def test_the_shipped_years_are_there_with_their_sources():
    load_reference(at=AT)
    notices = {notice.year: notice for notice in queries.notices()}
    assert list(notices) == [2027, 2026, 2025, 2024]
    assert notices[2026].source_number == "国办发明电〔2025〕7号"
    assert notices[2027].status == "provisional"
    calendar = queries.calendar()
    assert calendar.confirmed == {2024, 2025, 2026}
    assert [hours.spans for hours in calendar.hours] == [OFFICE_HOURS.spans]
    term = due(Term(5, Unit.WORKING_DAYS), datetime(2026, 9, 30, 2, tzinfo=UTC), calendar)
    assert last_day(term.at) == date(2026, 10, 13)
    assert DayException.objects.get(day="2026-02-14").name_en == "Make-up day for Spring Festival"


def test_loading_twice_changes_nothing_and_keeps_the_version():
    load_reference(at=AT)
    rows = list(DayException.objects.values_list("pk", flat=True))
    before = queries.calendar()
    load_reference(at=AT)
    assert list(DayException.objects.values_list("pk", flat=True)) == rows
    assert queries.calendar() is before


def test_a_confirmed_notice_survives_the_next_loading():
    load_reference(at=AT)
    swap = NamedDay(date(2027, 2, 14), True, "春节调休上班", "Make-up day for Spring Festival")
    record(2027, [swap])
    load_reference(at=AT)
    calendar = queries.calendar()
    assert calendar.is_confirmed(2027)
    assert calendar.is_working(date(2027, 2, 14))
    assert not due(Term(5, Unit.WORKING_DAYS), datetime(2027, 2, 3, 2, tzinfo=UTC), calendar).provisional


def test_a_notice_may_reach_into_the_old_year():
    record(2019, [NamedDay(date(2018, 12, 29), True, "元旦调休上班", "Make-up day for New Year")])
    assert [day.day for day in queries.days_of(2018)] == [date(2018, 12, 29)]
    assert queries.days_of(2019) == []


def test_two_notices_cannot_speak_of_one_day():
    day = NamedDay(date(2030, 1, 1), False, "元旦", "New Year")
    record(2030, [day])
    with pytest.raises(IntegrityError), transaction.atomic():
        record(2031, [day])


def test_the_calendar_costs_no_query_while_it_is_fresh(django_assert_num_queries):
    load_reference(at=AT)
    with django_assert_num_queries(4):
        queries.calendar()
    with django_assert_num_queries(0):
        assert queries.calendar() is queries.calendar()


def test_another_process_sees_a_change_after_one_look(django_assert_num_queries, monkeypatch):
    load_reference(at=AT)
    queries.calendar()
    monkeypatch.setattr(queries, "forget", lambda: None)  # as if the change were made elsewhere
    record(2028, [NamedDay(date(2028, 1, 3), False, "元旦", "New Year")])
    assert not queries.calendar().is_confirmed(2028)
    monkeypatch.setattr(memory, "LOOK_AGAIN_S", 0.0)
    with django_assert_num_queries(4):
        assert queries.calendar().is_confirmed(2028)
    with django_assert_num_queries(1):
        queries.calendar()


def test_an_empty_database_still_counts_weekdays():
    YearNotice.objects.all().delete()
    OfficeHours.objects.all().delete()
    calendar = queries.calendar()
    assert due(Term(1, Unit.WORKING_DAYS), datetime(2026, 11, 20, 2, tzinfo=UTC), calendar).provisional
    assert calendar.hours == (OFFICE_HOURS,)


def test_the_missing_year_is_named_from_december_on():
    load_reference(at=AT)
    assert queries.unconfirmed_year(at=datetime(2026, 11, 30, 15, 59, tzinfo=UTC)) is None
    assert queries.unconfirmed_year(at=datetime(2026, 11, 30, 16, 1, tzinfo=UTC)) == 2027
    assert queries.unconfirmed_year(at=datetime(2027, 3, 1, tzinfo=UTC)) == 2027
    record(2027)
    assert queries.unconfirmed_year(at=datetime(2027, 3, 1, tzinfo=UTC)) is None


def test_later_working_hours_follow_the_earlier_ones():
    load_reference(at=AT)
    OfficeHours.objects.create(since=date(2027, 1, 1), starts="08:30", ends="12:00", source="测试")
    known = queries.read_calendar()
    assert known.hours_on(date(2026, 12, 31)).spans == OFFICE_HOURS.spans
    assert len(known.hours_on(date(2027, 1, 1)).spans) == 1
    assert YearNotice.objects.count() == 4
