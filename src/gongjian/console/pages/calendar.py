"""The working calendar, for administrators: a year drawn, its notice, single days, office hours."""

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from gongjian.audit.dated import Refused
from gongjian.audit.queries import entries
from gongjian.console import calendar as keeping
from gongjian.console.access import ConsoleRight
from gongjian.console.frame import frame, language_of
from gongjian.identity.guard import guarded
from gongjian.identity.queries import names_of
from gongjian.identity.requests import ActorRequest
from gongjian.web.catalogues import Catalogue
from gongjian.web.catalogues import routes as routes_of
from gongjian.web.parts import Crumb, Tab
from gongjian.workdays import queries
from gongjian.workdays.clock import now
from gongjian.workdays.models import YearNotice
from gongjian.workdays.rules import Calendar, local_day

HISTORY: Final = 20
SHOWN: Final = 50


@dataclass(frozen=True)
class Cell:
    """One day of a drawn month; `kind` is rest, work, off or nothing."""

    number: int
    kind: str
    name: str


@dataclass(frozen=True)
class Month:
    """One drawn month: its name and its weeks, days of other months as None."""

    name: str
    weeks: Sequence[Sequence[Cell | None]]


def drawn(year: int, names: dict[date, tuple[bool, str]], known: Calendar, language: str) -> list[Month]:
    """Return the twelve months of a year, weeks from Monday."""
    found = []
    for month in range(1, 13):
        weeks = [
            [None if day.month != month else _cell(day, names, known) for day in week]
            for week in months.Calendar().monthdatescalendar(year, month)
        ]
        label = months.month_name[month] if language.startswith("en") else f"{month}月"
        found.append(Month(label, weeks))
    return found


def _cell(day: date, names: dict[date, tuple[bool, str]], known: Calendar) -> Cell:
    if day in names:
        working, name = names[day]
        return Cell(day.day, "work" if working else "rest", name)
    return Cell(day.day, "" if known.is_working(day) else "off", "")


@guarded(ConsoleRight.CALENDAR_MANAGE)
@require_safe
def calendar_page(request: ActorRequest, year: int | None = None) -> HttpResponse:
    """Show a year: twelve months, the notice it stands on, what waits for it, and who changed it."""
    at, language = now(), language_of(request)
    year = _year(year or local_day(at).year)
    notices = queries.notices()
    notice = next((one for one in notices if one.year == year), None)
    english = language.startswith("en")
    days = queries.days_of(year)
    names = {day.day: (day.working, day.name_en if english else day.name_zh) for day in days}
    context = {
        **frame(request, "office"),
        "year": year,
        "notice": notice,
        "months": drawn(year, names, queries.calendar(), language),
        "days": [(day.day, day.working, names[day.day][1]) for day in days],
        "waiting": keeping.effect(queries.calendar()),
        "tabs": _tabs(notices, year, at),
        "history": _history(year),
        "crumbs": [*_office(), Crumb(_("工作日历"))],
    }
    return render(request, "console/calendar.html", context)


def _year(year: int) -> int:
    if not keeping.FIRST_YEAR <= year <= keeping.LAST_YEAR:
        raise Http404(year)
    return year


def _tabs(notices: Sequence[YearNotice], year: int, at: datetime) -> list[Tab]:
    years = sorted({*(one.year for one in notices), *keeping.missing_years(notices, at), year})
    open_ = {one.year for one in notices if one.status == YearNotice.Status.PROVISIONAL}
    return [
        Tab(
            f"{one}{_('（暂定）')}" if one in open_ else str(one),
            reverse("console:calendar_year", args=[one]),
            current=one == year,
        )
        for one in years
    ]


def _history(year: int) -> list[tuple[datetime, str, str]]:
    rows = list(entries(object_kind="year_notice", object_id=str(year))[:HISTORY])
    names = names_of({row.actor_id for row in rows if row.actor_id is not None})
    return [(row.at, names.get(row.actor_id or 0, ""), row.detail) for row in rows]


def _office() -> list[Crumb]:
    return [Crumb(pgettext("栏目", "管理"), reverse("console:office"))]


@guarded(ConsoleRight.CALENDAR_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_edit(request: ActorRequest, year: int) -> HttpResponse:
    """Enter or change the notice of a year; first shows how many deadlines it moves."""
    at, year = now(), _year(year)
    notice = keeping.notice_of(year)
    bound = request.POST if request.method == "POST" else None
    form = keeping.YearForm(bound, year=year, initial=keeping.initial_of(notice))
    effect = None
    if form.is_bound and form.is_valid():
        if request.POST.get("step") == "preview":
            effect = keeping.effect(keeping.with_days(queries.calendar(), year, form))
        else:
            try:
                keeping.record_year(year=year, form=form, actor=request.actor, at=at)
            except Refused as refused:
                form.add_error(None, str(refused.message))
            else:
                messages.success(request, _("%(year)s 年存好了。暂定的期限一小时内按它重算。") % {"year": year})
                return redirect("console:calendar_year", year=year)
    known = Crumb(_("工作日历"), reverse("console:calendar_year", args=[year]))
    context = {
        **frame(request, "office"),
        "year": year,
        "form": form,
        "effect": effect,
        "moving": effect.moving[:SHOWN] if effect else [],
        "crumbs": [*_office(), known, Crumb(_("放假通知"))],
    }
    wrong = form.is_bound and bool(form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "console/calendar_edit.html", context, status=status)


def _around(request: ActorRequest) -> dict[str, Any]:
    return frame(request, "office")


DAYS: Final = Catalogue(
    app="console",
    name="calendar_days",
    path="office/calendar/days/",
    right=ConsoleRight.CALENDAR_MANAGE,
    title=gettext_lazy("调整日"),
    sentence=gettext_lazy("放假通知写到的每一天。整年一次录入，在工作日历里更方便。"),
    one=gettext_lazy("调整日"),
    form=keeping.DayForm,
    shown=("day", "kind", "name_zh", "name_en"),
    kind="calendar_day",
    action="workdays.day",
    read=keeping.day_entries,
    write=keeping.write_day,
    frame=_around,
    forget=queries.forget,
)
HOURS: Final = Catalogue(
    app="console",
    name="office_hours",
    path="office/calendar/hours/",
    right=ConsoleRight.CALENDAR_MANAGE,
    title=gettext_lazy("办公时间"),
    sentence=gettext_lazy("按工作小时算的期限照这张表。改动从明天起，从写的那天用到下一版。"),
    one=gettext_lazy("办公时间"),
    form=keeping.HoursForm,
    shown=("begins", "opens", "pauses", "resumes", "closes", "source"),
    kind="office_hours",
    action="workdays.hours",
    read=keeping.hours_entries,
    write=keeping.write_hours,
    frame=_around,
    forget=queries.forget,
)
routes: list[URLPattern] = [
    *routes_of(DAYS),
    *routes_of(HOURS),
    path("office/calendar/", calendar_page, name="calendar"),
    path("office/calendar/<int:year>/", calendar_page, name="calendar_year"),
    path("office/calendar/<int:year>/edit/", calendar_edit, name="calendar_edit"),
]
