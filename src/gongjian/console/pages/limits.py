"""Terms and reminders, for administrators."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from gongjian.casework import limits as memory
from gongjian.casework.models import CaseClock, Reminder
from gongjian.console import limits
from gongjian.console.access import ConsoleRight
from gongjian.console.frame import frame
from gongjian.domains.hotline.pages.terms import term_words
from gongjian.identity.requests import ActorRequest
from gongjian.web.catalogues import Catalogue, Fact, Link
from gongjian.web.catalogues import routes as routes_of
from gongjian.web.templatetags.gongjian import plain_due
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import Term, Unit, due, extend, local_day, local_minute, moment_on


def _around(request: ActorRequest) -> dict[str, Any]:
    return frame(request, "office")


def _moment(first: date | None, at: datetime) -> datetime:
    """Return the moment a preview starts from: now, or nine on the first morning of what is to come."""
    day = local_day(at)
    return at if first is None or first <= day else moment_on(first, time(9))


def _term_facts(values: Mapping[str, Any], first: date | None, at: datetime) -> list[Fact]:
    amount, unit = values.get("amount"), values.get("unit")
    if not amount or not unit:
        return []
    start, term = _moment(first, at), Term(int(amount), Unit(unit))
    end = due(term, start, calendar())
    words = _("%(term)s，到 %(due)s") % {"term": term_words(term), "due": plain_due(end.at)}
    found = [
        Fact(_("%(moment)s 开始的") % {"moment": local_minute(start)}, words, "" if not end.provisional else "soon")
    ]
    if end.provisional:
        found.append(Fact(_("暂定"), _("要用到还没有公布放假安排的年份，公布后重算"), "soon"))
    n = CaseClock.objects.filter(limit_key=values.get("key"), stopped_at=None).count()
    running = ngettext("%(n)s 个，照开始时的期限，不变", "%(n)s 个，照开始时的期限，不变", n) % {"n": n}
    return [*found, Fact(_("正在走的计时"), running)]


def _reminder_facts(values: Mapping[str, Any], first: date | None, at: datetime) -> list[Fact]:
    key, amount = str(values.get("key", "")), values.get("amount")
    start = _moment(first, at)
    if not amount:
        return []
    try:
        end = memory.book().due(key=key, urgency=0, at=start, calendar=calendar())
    except memory.NoTermError:
        return [Fact(_("时限"), _("这一类没有时限，提醒不会发生"), "late")]
    if values.get("when") == Reminder.When.SHARE:
        moment = start + (end.at - start) * int(amount) / 100
    else:
        moment = extend(end.at, Term(int(amount), Unit(values["unit"])), calendar()).at
    return [
        Fact(
            _("%(moment)s 开始的") % {"moment": local_minute(start)},
            _("%(due)s到期") % {"due": plain_due(end.at)},
        ),
        Fact(_("这一步在"), plain_due(moment)),
    ]


def _common(name: str, keeper: Any) -> dict[str, Any]:
    return {
        "app": "console",
        "name": name,
        "path": f"office/{name}/",
        "right": ConsoleRight.LIMITS_MANAGE,
        "frame": _around,
        "forget": memory.forget,
        "kind": keeper.table.kind,
        "action": keeper.table.action,
        "write": keeper.write,
        "withdraw": keeper.withdraw,
        "soonest": keeper.table.soonest,
    }


TERMS: Final = Catalogue(
    **_common("limits", limits.TERMS),
    title=gettext_lazy("时限"),
    sentence=gettext_lazy("每一步多久办完、依据什么。改动从明天起，正在走的计时照旧。"),
    one=gettext_lazy("时限"),
    form=limits.TermForm,
    shown=("key", "urgency", "amount", "unit", "source"),
    read=limits.term_entries,
    facts=_term_facts,
    links=(
        Link(pgettext_lazy("目录", "提醒"), "console:reminders", "bell"),
        Link(gettext_lazy("工作日历"), "console:calendar", "calendar"),
    ),
    hint=gettext_lazy("紧急程度没有自己的一条时，用低一级的。不删除，只写新的一版。"),
)
REMINDERS: Final = Catalogue(
    **_common("reminders", limits.REMINDERS),
    title=pgettext_lazy("目录", "提醒"),
    sentence=gettext_lazy("期限走到哪里告诉谁。到期本身不用写，系统自己记超时。"),
    one=pgettext_lazy("目录", "提醒"),
    form=limits.ReminderForm,
    shown=("key", "when", "amount", "unit", "move"),
    read=limits.reminder_entries,
    facts=_reminder_facts,
    links=(Link(gettext_lazy("时限"), "console:limits", "clock"),),
)
routes: list[URLPattern] = [*routes_of(TERMS), *routes_of(REMINDERS)]
