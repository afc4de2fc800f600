"""Words for times and deadlines. Every sentence here is short enough for a badge."""

import calendar
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext, pgettext

from gongjian.web.parts import Day, DueBadge
from gongjian.workdays.rules import DayCell, Remaining, is_over, local_clock, local_day

FINE = 4  # hours under which minutes are told too
MINUTES, HOURS, DAYS = 60, 24, 30  # how many of a unit are told before the next larger one
SOON = 5  # the last fifth of a term is "due soon"
END_OF_DAY = "24:00"
KEPT = 4_096  # ready words of one sort in a process


def language() -> str:
    return get_language() or ""


def english() -> bool:
    return language().startswith("en")


def weekday(day: date) -> str:
    return _weekdays(language())[day.weekday()]


@lru_cache
def _weekdays(_language: str) -> tuple[str, ...]:
    return (
        gettext("周一"),
        gettext("周二"),
        gettext("周三"),
        gettext("周四"),
        gettext("周五"),
        gettext("周六"),
        gettext("周日"),
    )


def labelled(label: str | Promise, words: str | Promise) -> str:
    """Return words behind what they are: 情况：灯不亮, Details: no light."""
    return f"{label}: {words}" if english() else f"{label}：{words}"


def bracketed(words: str, more: str) -> str:
    """Return words with more of it in brackets: 照片（2 MB）, Photo (2 MB)."""
    return f"{words} ({more})" if english() else f"{words}（{more}）"


def one_line(parts: Iterable[str]) -> str:
    """Return several statements on one line."""
    return ("; " if english() else "；").join(parts)


def clock_words(clock: time) -> str:
    """Return the time of day: 9:42 in Chinese, 09:42 in English."""
    shown = clock.isoformat("minutes")
    return shown if english() else shown.removeprefix("0")


def shown_moment(at: datetime, *, due: bool = False) -> tuple[date, str]:
    """Return day and time in Shanghai; a due moment at 00:00 is 24:00 of the day before."""
    day, clock = local_day(at), local_clock(at)
    if due and clock.replace(microsecond=0) == time():
        return day - timedelta(days=1), END_OF_DAY
    return day, clock_words(clock)


def day_words(day: date, today: date | None, *, with_weekday: bool = True) -> str:
    """Return 11月25日（周三） or Wed 25 Nov; the year stands there when it is not that of today, or none is given."""
    return _day_words(day, today is None or day.year != today.year, with_weekday, language())


@lru_cache(KEPT)
def _day_words(day: date, other_year: bool, with_weekday: bool, language: str) -> str:
    if language.startswith("en"):
        parts = [weekday(day)] if with_weekday else []
        parts += [str(day.day), calendar.month_abbr[day.month], *([str(day.year)] if other_year else [])]
        return " ".join(parts)
    shown = f"{day.year}年" if other_year else ""
    return f"{shown}{day.month}月{day.day}日" + (f"（{weekday(day)}）" if with_weekday else "")


def ago_words(at: datetime, now: datetime) -> str:
    """Return how long ago, in the largest whole unit up to days; older than 30 days is a date."""
    seconds = (now - at).total_seconds()
    minutes = int(seconds // 60)
    if minutes < 1:
        return gettext("刚才")
    if minutes < MINUTES:
        return ngettext("%(n)s 分钟前", "%(n)s 分钟前", minutes) % {"n": minutes}
    hours = minutes // MINUTES
    if hours < HOURS:
        return ngettext("%(n)s 小时前", "%(n)s 小时前", hours) % {"n": hours}
    days = hours // HOURS
    if days <= DAYS:
        return ngettext("%(n)s 天前", "%(n)s 天前", days) % {"n": days}
    return day_words(local_day(at), local_day(now), with_weekday=False)


def due_state(*, started_at: datetime, due_at: datetime, at: datetime) -> str:
    """Return ok, soon (last fifth of the term) or late, measured on the wall clock."""
    if is_over(due_at, at):
        return "late"
    return "soon" if (at - started_at) * SOON >= (due_at - started_at) * (SOON - 1) else "ok"


def amount_words(remaining: Remaining, *, working: bool, reader: str | None = None) -> str:
    """Return the largest useful parts: 2 个工作日; 2 天; 4 小时; 1 小时 12 分; 26 分.

    With `working`, whole days are working days; what is over is told in days of the calendar either way.
    """
    reader = language() if reader is None else reader
    working = working and not remaining.late
    days = remaining.days if working or remaining.late else remaining.hours // HOURS
    if days:
        return _days(days, working, reader)
    return _hours(remaining.hours, remaining.minutes if remaining.hours < FINE else 0, reader)


@lru_cache(KEPT)
def _days(days: int, working: bool, _language: str) -> str:
    if working:
        return ngettext("%(n)s 个工作日", "%(n)s 个工作日", days) % {"n": days}
    return ngettext("%(n)s 天", "%(n)s 天", days) % {"n": days}


@lru_cache(KEPT)
def _hours(hours: int, minutes: int, _language: str) -> str:
    parts = []
    if hours:
        parts.append(ngettext("%(n)s 小时", "%(n)s 小时", hours) % {"n": hours})
    if not hours or minutes:
        parts.append(ngettext("%(n)s 分", "%(n)s 分", minutes) % {"n": minutes})
    return " ".join(parts)


def due_words(
    remaining: Remaining,
    *,
    state: str = "ok",
    working: bool = True,
    hold: str = "",
    clock: str = "",
    reader: str | None = None,
) -> DueBadge:
    """Return the words of a deadline badge.

    `state` is ok or soon while time is left (see due_state); `remaining.late` overrides it. `hold` names the cause of
    a pause and overrides both. `working` says that whole days are working days; hours and minutes are as given.
    `clock` names the term, which a badge says once it is over: of several terms each is late by itself.
    Whoever words many hands in the reader's language, which costs more to find out than the words.
    """
    reader = language() if reader is None else reader
    if hold:
        return _due("hold", hold, "", reader)
    shown = "late" if remaining.late else "soon" if state == "soon" else "ok"
    return _due(shown, amount_words(remaining, working=working, reader=reader), clock, reader)


@lru_cache(KEPT)
def _due(state: str, amount: str, clock: str, _language: str) -> DueBadge:
    if state == "hold":
        return DueBadge("hold", pgettext("期限", "暂停"), amount)
    if state == "late":
        word = pgettext("期限", "%(clock)s超时") % {"clock": clock} if clock else pgettext("期限", "超时")
        return DueBadge("late", word, amount)
    left = gettext("剩 %(amount)s") % {"amount": amount}
    if state == "soon":
        return DueBadge("soon", pgettext("期限", "临期"), left)
    return DueBadge("ok", pgettext("期限", "期内"), left)


def day_cells(cells: Iterable[DayCell], *, short: bool = False) -> list[Day]:
    """Return the cells of the day strip; `short` leaves out 周 for narrow panels."""
    return [Day(cell.day, _cell_label(cell, short=short), _cell_kind(cell)) for cell in cells]


def _cell_kind(cell: DayCell) -> str:
    if cell.today:
        return "today"
    if not cell.working:
        return "rest"
    if cell.last:
        return "end"
    return "used" if cell.used else ""


def _cell_label(cell: DayCell, *, short: bool) -> str:
    if cell.today:
        return pgettext("日期格", "今") if short else pgettext("日期格", "今天")
    name = weekday(cell.day)
    return name.removeprefix("周") if short or not cell.working else name
