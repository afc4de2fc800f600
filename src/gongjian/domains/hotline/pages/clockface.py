"""The clock panel of the case page: what is left, which days, which reminders, and where the terms come from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from gongjian.casework.kinds import Audience, CaseKind, kind_of
from gongjian.casework.limits import LimitBook, NoTermError, book
from gongjian.casework.models import Case, CaseClock
from gongjian.domains.hotline.pages.casefile import join_words
from gongjian.domains.hotline.pages.terms import Why, in_working_days, term_words, why
from gongjian.web.parts import Day, DueBadge, StateBadge
from gongjian.web.words import amount_words, day_cells, day_words, due_state, due_words, shown_moment
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import Remaining, day_strip, is_over, local_day, remaining

ANSWER_CLOCKS: Final = ("redo", "answer")
MOST_CELLS: Final = 16
HOURS_A_DAY: Final = 24


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    badge: StateBadge | DueBadge | None
    words: str


@dataclass(frozen=True, slots=True)
class Source:
    """Why a term is as long as it is."""

    label: str
    key: str
    term: str
    why: Why
    started: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class ClockFace:
    title: str
    state: str  # data-s of the panel
    badge: DueBadge | None
    big: Sequence[tuple[str, str]]  # number, unit
    lead: str
    due_at: datetime | None
    days: Sequence[Day]
    days_label: str
    lines: Sequence[Line]
    reminders: Sequence[Line]
    sources: Sequence[Source]
    provisional: bool


def clock_face(case: Case, clocks: Sequence[CaseClock], at: datetime) -> ClockFace:
    """Return the panel of a case; the answer's clock leads where it runs, otherwise the nearest one."""
    kind, limits = kind_of(case.kind), book()
    running = [c for c in clocks if c.stopped_at is None]
    main = _main(running)
    lines = [_line(kind, case, clock, at) for clock in clocks if clock is not main]
    found = [_source(kind, limits, case, clock) for clock in ([main] if main else []) + _others(running, main)]
    sources = [one for one in found if one is not None]
    if main is None:
        return ClockFace(_("期限"), "hold", None, [], _("没有在跑的期限。"), None, [], "", lines, [], sources, False)
    working = in_working_days(case, main)
    badge = _badge(main, at, working)
    left = remaining(main.due_at, at, calendar())
    cells = _cells(main, at) if working else []
    return ClockFace(
        title=_("%(clock)s期限") % {"clock": kind.clock_of[main.name].label},
        state=badge.state,
        badge=DueBadge(badge.state, badge.word),
        big=[] if main.paused_at else big_words(left, working=working),
        lead=_lead(main, left),
        due_at=main.due_at,
        days=cells,
        days_label=_strip_label(cells),
        lines=lines,
        reminders=[] if main.paused_at else _reminders(kind, limits, main, at),
        sources=sources,
        provisional=any(c.provisional for c in running),
    )


def _main(running: Iterable[CaseClock]) -> CaseClock | None:
    by_name = {c.name: c for c in running}
    for name in ANSWER_CLOCKS:
        if name in by_name:
            return by_name[name]
    return min(by_name.values(), key=lambda c: c.due_at, default=None)


def _others(running: Iterable[CaseClock], main: CaseClock | None) -> list[CaseClock]:
    return [c for c in running if c is not main]


def big_words(left: Remaining, *, working: bool) -> list[tuple[str, str]]:
    """Return what is left as number and unit: working days, or hours and minutes on the last day."""
    working = working and not left.late  # what is over is told in days of the calendar
    days = left.days if working or left.late else left.hours // HOURS_A_DAY
    if days:
        unit = ngettext("个工作日", "个工作日", days) if working else ngettext("天", "天", days)
        return [(str(days), unit)]
    pairs = [(str(left.hours), ngettext("小时", "小时", left.hours))] if left.hours else []
    return [*pairs, (str(left.minutes), ngettext("分", "分", left.minutes))]


def _lead(clock: CaseClock, left: Remaining) -> str:
    if clock.paused_at is not None:
        return _("计时停着")
    return _("超过") if left.late else _("还剩")


def _badge(clock: CaseClock, at: datetime, working: bool) -> DueBadge:
    left = remaining(clock.due_at, at, calendar())
    if clock.paused_at is not None:
        return due_words(left, hold=_("等居民"))
    return due_words(left, state=due_state(started_at=clock.started_at, due_at=clock.due_at, at=at), working=working)


def _cells(clock: CaseClock, at: datetime) -> list[Day]:
    """Return the day strip of a term in working days that is short enough to be read."""
    if clock.paused_at is not None:
        return []
    cells = day_cells(day_strip(clock.started_at, clock.due_at, at, calendar()), short=True)
    return cells if 1 < len(cells) <= MOST_CELLS else []


def _strip_label(cells: Sequence[Day]) -> str:
    number = sum(cell.kind != "rest" for cell in cells)
    return ngettext("%(n)s 个工作日，开始那天不算", "%(n)s 个工作日，开始那天不算", number) % {"n": number}


def _line(kind: CaseKind, case: Case, clock: CaseClock, at: datetime) -> Line:
    """Return one clock in one line: how long it took, by how much it was missed, or what is left."""
    label = str(kind.clock_of[clock.name].label)
    if clock.stopped_at is None:
        badge = _badge(clock, at, in_working_days(case, clock))
        return Line(label, badge, "")
    took = amount_words(_span(clock.started_at, clock.stopped_at), working=False)
    if not is_over(clock.due_at, clock.stopped_at):
        return Line(label, StateBadge("ok", _("按时"), "check-circle"), took)
    late = remaining(clock.due_at, clock.stopped_at, calendar())
    return Line(label, StateBadge("late", _("超时"), "alert"), amount_words(late, working=False))


def _span(start: datetime, end: datetime) -> Remaining:
    minutes = int((end - start).total_seconds()) // 60
    return Remaining(0, minutes // 60, minutes % 60, late=False)


def _reminders(kind: CaseKind, limits: LimitBook, clock: CaseClock, at: datetime) -> list[Line]:
    """Return what the clock will still do by itself, and who is told."""
    steps = limits.steps(key=clock.limit_key, started_at=clock.started_at, due_at=clock.due_at, calendar=calendar())
    found = []
    for moment, name in steps:
        if moment <= at:
            continue
        move = kind.move_of[name or kind.clock_of[clock.name].overdue]
        told = join_words([_audiences(get_language())[a] for a in move.audience])
        when = _moment_words(moment, at, due=not name)
        found.append(
            Line(str(move.label), None, _("%(when)s　告诉%(who)s") % {"when": when, "who": told} if told else when)
        )
    return found


def _moment_words(moment: datetime, at: datetime, *, due: bool) -> str:
    day, clock = shown_moment(moment, due=due)
    return f"{day_words(day, local_day(at), with_weekday=False)} {clock}"


@lru_cache
def _audiences(_language: str | None) -> dict[Audience, str]:
    return {
        Audience.APPLICANT: _("居民"),
        Audience.CALLBACK: _("回访员"),
        Audience.DISPATCHERS: _("派件员"),
        Audience.HOLDER: _("经办人"),
        Audience.HOLDER_UNIT: _("承办单位"),
        Audience.REVIEWERS: _("审核员"),
        Audience.SUPERVISORS: _("督办员"),
        Audience.UNIT_HEAD: _("单位负责人"),
    }


def _source(kind: CaseKind, limits: LimitBook, case: Case, clock: CaseClock) -> Source | None:
    day = local_day(clock.started_at)
    try:
        force = limits.term(key=clock.limit_key, urgency=case.urgency, day=day)
    except NoTermError:
        return None
    return Source(
        label=str(kind.clock_of[clock.name].label),
        key=clock.limit_key,
        term=term_words(force.term),
        why=why(case, clock, force),
        started=clock.started_at,
        due=clock.due_at,
    )


def limit_words(key: str, case: Case, at: datetime) -> str:
    """Return the term of a limit that would start now, in words; empty where none is in force."""
    try:
        force = book().term(key=key, urgency=case.urgency, day=local_day(at))
    except NoTermError:
        return ""
    return term_words(force.term)
