"""Words of times and deadlines, in both languages."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from gongjian.web import words
from gongjian.web.parts import DueBadge
from gongjian.workdays.rules import SHANGHAI, Calendar, Remaining, day_strip

MONDAY = datetime(2026, 11, 23, 10, 42, tzinfo=SHANGHAI)
TODAY = MONDAY.date()


def left(days: int, hours: int, minutes: int = 0, *, late: bool = False) -> Remaining:
    return Remaining(days, hours, minutes, late)


@pytest.mark.parametrize(
    ("badge", "chinese", "english"),
    [
        (
            lambda: words.due_words(left(3, 79)),
            ("ok", "期内", "剩 3 个工作日"),
            ("ok", "In time", "3 working days left"),
        ),
        (
            lambda: words.due_words(left(1, 20)),
            ("ok", "期内", "剩 1 个工作日"),
            ("ok", "In time", "1 working day left"),
        ),
        (lambda: words.due_words(left(0, 5, 30)), ("ok", "期内", "剩 5 小时"), ("ok", "In time", "5 hours left")),
        (
            lambda: words.due_words(left(0, 1, 12), state="soon"),
            ("soon", "临期", "剩 1 小时 12 分"),
            ("soon", "Due soon", "1 hour 12 min left"),
        ),
        (
            lambda: words.due_words(left(0, 0, 4), state="soon"),
            ("soon", "临期", "剩 4 分"),
            ("soon", "Due soon", "4 min left"),
        ),
        (lambda: words.due_words(left(0, 0)), ("ok", "期内", "剩 0 分"), ("ok", "In time", "0 min left")),
        (lambda: words.due_words(left(2, 50, late=True)), ("late", "超时", "2 天"), ("late", "Overdue", "2 days")),
        (lambda: words.due_words(left(0, 0, 26, late=True)), ("late", "超时", "26 分"), ("late", "Overdue", "26 min")),
        (
            lambda: words.due_words(left(0, 50), working=False),
            ("ok", "期内", "剩 2 天"),
            ("ok", "In time", "2 days left"),
        ),
        (lambda: words.due_words(left(9, 1, late=True), hold="x"), ("hold", "暂停", "x"), ("hold", "Paused", "x")),
    ],
)
def test_a_deadline_badge_says_how_long(badge, chinese, english):
    assert badge() == DueBadge(*chinese)
    with translation.override("en"):
        assert badge() == DueBadge(*english)


@pytest.mark.parametrize(
    ("hours_in", "state"), [(0, "ok"), (79, "ok"), (80, "soon"), (99, "soon"), (100, "soon"), (101, "late")]
)
def test_the_last_fifth_of_a_term_is_due_soon(hours_in: int, state: str):
    start = MONDAY
    due_at = start + timedelta(hours=100)

    assert words.due_state(started_at=start, due_at=due_at, at=start + timedelta(hours=hours_in)) == state


def test_a_term_that_ends_with_a_day_is_shown_as_its_end():
    midnight = datetime(2026, 11, 25, 16, tzinfo=UTC)

    assert words.shown_moment(midnight, due=True) == (date(2026, 11, 25), "24:00")
    assert words.shown_moment(midnight) == (date(2026, 11, 26), "0:00")
    assert words.shown_moment(midnight + timedelta(minutes=1), due=True) == (date(2026, 11, 26), "0:01")


def test_a_day_has_its_weekday_and_a_year_only_when_it_is_another():
    assert words.day_words(date(2026, 11, 25), TODAY) == "11月25日（周三）"
    assert words.day_words(date(2027, 1, 4), TODAY) == "2027年1月4日（周一）"
    assert words.day_words(date(2026, 11, 25), TODAY, with_weekday=False) == "11月25日"
    with translation.override("en"):
        assert words.day_words(date(2026, 11, 25), TODAY) == "Wed 25 Nov"
        assert words.day_words(date(2027, 1, 4), TODAY) == "Mon 4 Jan 2027"


@pytest.mark.parametrize(
    ("past", "chinese", "english"),
    [
        (timedelta(seconds=20), "刚才", "just now"),
        (timedelta(seconds=-20), "刚才", "just now"),
        (timedelta(minutes=1), "1 分钟前", "1 minute ago"),
        (timedelta(hours=23, minutes=59), "23 小时前", "23 hours ago"),
        (timedelta(days=2), "2 天前", "2 days ago"),
        (timedelta(days=40), "10月14日", "14 Oct"),
    ],
)
def test_how_long_ago(past: timedelta, chinese: str, english: str):
    assert words.ago_words(MONDAY - past, MONDAY) == chinese
    with translation.override("en"):
        assert words.ago_words(MONDAY - past, MONDAY) == english


def test_the_day_strip_marks_used_rest_today_and_end():
    term = day_strip(
        MONDAY - timedelta(days=5), datetime(2026, 11, 26, tzinfo=SHANGHAI), MONDAY, Calendar({}, frozenset())
    )

    cells = words.day_cells(term)

    assert [cell.kind for cell in cells] == ["used", "used", "rest", "rest", "today", "", "end"]
    assert [cell.label for cell in cells] == ["周四", "周五", "六", "日", "今天", "周二", "周三"]
    assert [cell.label for cell in words.day_cells(term, short=True)] == ["四", "五", "六", "日", "今", "二", "三"]


def test_what_stands_beside_words_follows_the_language_of_the_page():
    with translation.override("zh-hans"):
        assert (words.labelled("情况", "灯不亮"), words.bracketed("照片", "2 MB")) == ("情况：灯不亮", "照片（2 MB）")
        assert words.one_line(["一", "二"]) == "一；二"
    with translation.override("en"):
        assert (words.labelled("Details", "no light"), words.bracketed("Photo", "2 MB")) == (
            "Details: no light",
            "Photo (2 MB)",
        )
        assert words.one_line(["one", "two"]) == "one; two"
