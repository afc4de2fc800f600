"""A term in words: how long, from when, what counts, and what prescribes it."""

from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Final

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from gongjian.casework.limits import NoTermError, TermInForce, book
from gongjian.casework.models import Case, CaseClock
from gongjian.domains.hotline.forms.reference import ANSWER, LIMITS
from gongjian.domains.hotline.pages.casefile import join_words
from gongjian.web.words import day_words, shown_moment
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import Calendar, Term, Unit, due, local_day

# The answer's own classes; the kinds of matter say nothing about why a term is short.
PRESSING: Final = frozenset({"hotline.answer.complex", "hotline.answer.emergency", "hotline.answer.utility"})


@dataclass(frozen=True, slots=True)
class Why:
    """Why a clock ends when it does; each sentence stands alone."""

    span: str  # whose term, from when, how long, for what
    counted: str  # which time counts, or why the moment is another one
    basis: str
    document: str  # what prescribes it, in the language it is written in; empty where the district sets it itself
    modelled_on: str  # what it was taken after, for staff: no basis


def term_words(term: Term) -> str:
    """Return a term in words: 5 个工作日."""
    return _term_words(term, get_language())


@lru_cache
def _term_words(term: Term, _language: str | None) -> str:
    n = term.amount
    words = {
        Unit.MINUTES: ngettext("%(n)s 分钟", "%(n)s 分钟", n),
        Unit.HOURS: ngettext("%(n)s 小时", "%(n)s 小时", n),
        Unit.WORKING_HOURS: ngettext("%(n)s 个工作小时", "%(n)s 个工作小时", n),
        Unit.WORKING_DAYS: ngettext("%(n)s 个工作日", "%(n)s 个工作日", n),
        Unit.CALENDAR_DAYS: ngettext("%(n)s 天", "%(n)s 天", n),
    }
    return words[term.unit] % {"n": n}


def in_working_days(case: Case, clock: CaseClock) -> bool:
    """Tell whether what is left of a clock is told in working days: where its term is counted in them."""
    try:
        force = book().term(key=clock.limit_key, urgency=case.urgency, day=local_day(clock.started_at))
    except NoTermError:
        return False
    return force.term.unit is Unit.WORKING_DAYS


def why(case: Case, clock: CaseClock, force: TermInForce) -> Why:
    """Return why a clock ends when it does, from the term it was given and what happened to it since."""
    known = calendar()
    day = local_day(clock.started_at)
    fixed = due(force.term, clock.started_at, known).at != clock.due_at
    return Why(
        span=span_words(clock.name, clock.limit_key, force),
        counted=fixed_words(case, clock) if fixed else counted_words(force.term.unit, day, known),
        basis=basis_words(force),
        document=force.source,
        modelled_on=force.modelled_on,
    )


def span_words(clock: str, key: str, force: TermInForce) -> str:
    """Return whose term it is, from when it runs, how long it is and for what."""
    sentence = {
        "accept": _("%(who)s从登记起，%(term)s内看完，决定由哪个单位办。"),
        "dispatch": _("%(who)s从受理起，%(term)s内派给负责的单位；退回来的，从退回起。"),
        "sign": _("%(who)s从派给单位起，%(term)s内签收。"),
        "contact": _("%(who)s从签收起，%(term)s内同居民联系。"),
        "answer": _("%(who)s从派给单位起，%(term)s内答复。"),
        "wait": _("%(who)s从请求补充起，等 %(term)s。"),
        "extension": _("%(who)s从申请延期起，%(term)s内决定。"),
        "review": _("%(who)s从交来答复起，%(term)s内审核。"),
        "redo": _("%(who)s从要求重办起，%(term)s内重新答复。"),
        "survey": _("%(who)s从答复起，%(term)s内可以在网上说解决了没有。"),
        "callback": _("%(who)s网上没有评价的，%(term)s内打电话问。"),
    }[clock]
    return sentence % {"who": _whose(key, force.urgency), "term": term_words(force.term)}


def _whose(key: str, urgency: int) -> str:
    """Return which matters have this term: those of a class of their own, or of an urgency; empty for all of them."""
    if urgency == Case.Urgency.EMERGENCY or key == f"{ANSWER}.emergency":
        return pgettext("谁的期限", "危及生命财产的件，")
    if urgency == Case.Urgency.URGENT:
        return pgettext("谁的期限", "紧急的件，")
    return pgettext("谁的期限", "%(class)s的件，") % {"class": LIMITS[key]} if key in PRESSING else ""


def counted_words(unit: Unit, day: date, known: Calendar) -> str:
    """Return which time counts for a term that starts on a day."""
    match unit:
        case Unit.MINUTES:
            return _("一分钟一分钟地算，夜里、周末和放假也算。")
        case Unit.HOURS:
            return _("一小时一小时地算，夜里、周末和放假也算。")
        case Unit.WORKING_HOURS:
            spans = [f"{_clock(start)}–{_clock(end)}" for start, end in known.hours_on(day).spans]
            words = _("只算上班的钟点（%(hours)s），午休、夜里、周末和放假不算。")
            return words % {"hours": join_words(spans)}
        case Unit.WORKING_DAYS:
            return _("开始那天不算，周末和放假的日子不算，调休上班的日子算，到最后一个工作日的 24:00 为止。")
        case Unit.CALENDAR_DAYS:
            return _("开始那天不算，从第二天起一天一天地算，周末和放假也算，到最后一天的 24:00 为止。")


def _clock(moment: time) -> str:
    return moment.isoformat("minutes")


def fixed_words(case: Case, clock: CaseClock) -> str:
    """Return why a clock ends at a moment that its term does not give: it was moved, or given from outside."""
    day, hour = shown_moment(clock.due_at, due=True)
    words = {"moment": f"{day_words(day, day)} {hour}"}
    if clock.name in {"answer", "redo"} and case.request.extensions:
        return _("后来批准了延期，所以到 %(moment)s 为止。") % words
    if clock.name in {"answer", "redo"} and case.request.waits:
        return _("等补充的时候停过计时，停多久就往后移多久，所以到 %(moment)s 为止。") % words
    return _("这一件的时刻是单独定的：到 %(moment)s 为止。") % words


def basis_words(force: TermInForce) -> str:
    """Return whether a document prescribes the term or the district set it itself, and since when it holds."""
    since = "" if force.first is None else day_words(force.first, None, with_weekday=False)
    if not since:
        return _("按下面的文件规定。") if force.source else _("没有文件规定这个时长，由本区自定。")
    words = (
        _("按下面的文件规定，%(day)s起执行。")
        if force.source
        else _("没有文件规定这个时长，由本区自定，%(day)s起执行。")
    )
    return words % {"day": since}
