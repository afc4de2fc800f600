"""Case numbers: one sequence for all months, written and read with any number of digits from five to ten."""

from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from hypothesis import example, given
from hypothesis import strategies as st

from gongjian.casework.models import Case
from gongjian.casework.numbers import NEXT_SERIAL, month_of, numbered, read_number
from gongjian.casework.tests.toys import MONDAY, ask, set_up
from gongjian.testing.serials import next_serial, put
from gongjian.workdays.rules import SHANGHAI

LAST_MONTH = MONDAY - timedelta(days=28)

serials = st.integers(1, 9_999_999_999)
moments = st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(lambda day: datetime.combine(day, time(9), SHANGHAI))
WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}
WRITINGS = {
    "as stored": str,
    "small letters": str.lower,
    "nothing between": lambda number: number.replace("-", ""),
    "spaces between": lambda number: f" {number.replace('-', ' ')} ",
    "groups of four": lambda number: " ".join(number[n : n + 4] for n in range(0, len(number), 4)),
    "full width": lambda number: number.translate(WIDE),
    "long dashes": lambda number: number.replace("-", "－"),
    "other dashes": lambda number: number.replace("-", "—"),
}


@pytest.mark.parametrize("write", WRITINGS.values(), ids=WRITINGS)
@given(moments, serials)
@example(MONDAY, 99_999)
@example(MONDAY, 100_000)
@example(MONDAY, 9_999_999_999)
def test_what_is_written_is_read_as_it_is_stored(write, at, serial):
    number = numbered(month_of(at), serial)
    assert read_number(write(number)) == number
    assert len(number) <= Case._meta.get_field("number").max_length


@given(moments.filter(lambda at: at.year >= 2020), serials)
def test_the_prefix_may_be_left_out(at, serial):
    number = numbered(month_of(at), serial)
    assert read_number(number.removeprefix("YT-")) == number


@given(moments, moments, serials, serials)
def test_two_serials_never_make_one_number(one, other, first, second):
    same = numbered(month_of(one), first) == numbered(month_of(other), second)
    assert same == (first == second and month_of(one) == month_of(other))


@pytest.mark.parametrize(
    "text",
    [
        "", "YT", "2611", "YT-2611-0001", "YT-2611-12345678901", "2611-0001", "12349", "永安北一街 18 号", "2026-11-23",
        "13800006021", "130 1234 5678", "+86 138-0000-6021", "0512-65123456", "0755-25201234", "YT-2611-٤٢٤٢٤", "YT-2611-00042x",
        "440301199003077715", "ABCDE-2611-00042",
    ],
)  # fmt: skip
def test_what_is_no_number_is_read_as_none(text):
    assert read_number(text) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("serial", [1, 42, 99_999, 100_000, 123_456_789, 9_999_999_999])
def test_the_database_writes_a_serial_as_the_program_does(serial):
    with next_serial(serial), connection.cursor() as cursor:
        cursor.execute(f"select '{month_of(MONDAY)}' || {NEXT_SERIAL}")
        assert cursor.fetchone()[0] == numbered(month_of(MONDAY), serial)


@pytest.mark.django_db
@pytest.mark.parametrize("taken", [30, 99_999, 100_000])
def test_past_any_number_of_cases_the_next_one_gets_a_free_number(taken):
    home, _, _ = set_up()
    with next_serial(taken):
        first = ask(home)
    with next_serial(100_000 + taken):
        second = ask(home)
    assert first.number == numbered("YT-2611-", taken)
    assert second.number == f"YT-2611-{100_000 + taken}"


@pytest.mark.django_db
def test_a_case_opened_for_an_earlier_month_takes_no_number_of_that_month():
    home, _, _ = set_up()
    with next_serial(500):
        earlier = [ask(home, at=LAST_MONTH).number for _ in range(3)]
        now = [ask(home).number for _ in range(2)]
        later = ask(home, at=LAST_MONTH).number
    assert [n[8:] for n in (*earlier, *now, later)] == ["00500", "00501", "00502", "00503", "00504", "00505"]
    assert [n[:8] for n in (*earlier, *now, later)] == ["YT-2610-"] * 3 + ["YT-2611-"] * 2 + ["YT-2610-"]


def migrate():
    step = MigrationLoader(None).graph.nodes["casework", "0004_one_sequence"]
    with connection.schema_editor() as editor:
        for operation in step.operations:
            operation.database_forwards("casework", editor, None, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("numbers", "stands_at", "following"),
    [
        ([], 1, 1),
        ([], 77, 77),
        (["YT-2610-00007"], 1, 8),
        (["YT-2610-00007"], 7, 8),
        (["YT-2610-00007"], 8, 8),
        (["YT-2610-00211", "YT-2611-00003"], 4, 212),
        (["YT-2509-100000", "YT-2611-99999"], 12, 100_001),
        (["YT-2611-00030"], 100_029, 100_029),
        (["GM-2512-00500", "YT-2611-00020"], 21, 501),
    ],
)
def test_a_data_folder_goes_on_above_every_number_it_holds(numbers, stands_at, following):
    home, _, _ = set_up()
    made = [ask(home).id for _ in numbers]
    for pk, number in zip(made, numbers, strict=True):
        Case.objects.filter(pk=pk).update(number=number)
    with next_serial(stands_at):
        migrate()
        assert ask(home).number == numbered("YT-2611-", following)
        put(following, called=True)
        migrate()
        assert ask(home).number == numbered("YT-2611-", following + 1)
