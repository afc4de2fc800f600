"""The supervisor's desk: what is late and which clock, the heaviest first; what waits for a decision; unit by unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from gongjian.casework.access import moves_for, restricted_units
from gongjian.casework.errors import CaseError, StaleCaseError
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case, CaseClock
from gongjian.casework.queries import COUNT_CAP, Desk, last_change, on_desk, standings
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions.handling import supervise as note_it
from gongjian.domains.hotline.forms.staff import SuperviseForm
from gongjian.domains.hotline.pages.board_rows import number_asked, short_of
from gongjian.domains.hotline.pages.casefile import change_words, place_words, topic_words, words_beside
from gongjian.domains.hotline.pages.common import (
    CaseRow,
    as_read,
    case_or_404,
    desk_nav,
    named,
    rows,
    show_refusal,
)
from gongjian.domains.hotline.pages.keeping import bar, opening
from gongjian.domains.hotline.pages.listing import after_of, cursor_of
from gongjian.domains.hotline.pages.search import link_to
from gongjian.domains.hotline.pages.terms import in_working_days
from gongjian.domains.hotline.queries import counts, unread_rows
from gongjian.domains.hotline.queries.everyday import Beside, beside, beside_of
from gongjian.domains.hotline.queries.lists import late_by_unit, running_clocks
from gongjian.domains.hotline.workflow import KINDS
from gongjian.identity.actor import Actor
from gongjian.identity.guard import guarded
from gongjian.identity.queries import units
from gongjian.identity.requests import ActorRequest
from gongjian.web.charts import Bar, Chart, bars, number, table_of
from gongjian.web.paging import page_of
from gongjian.web.parts import DueBadge, Tab
from gongjian.web.words import due_state, due_words
from gongjian.workdays.clock import now
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import remaining

type Counted = tuple[list[Tab], int, Beside]

SIZE: Final = 50
SOON: Final = timedelta(hours=24)
LATE, NEAR, SECOND, RETURNED, REDONE, UNITS = "late", "soon", "second", "returned", "redone", "units"
LISTS: Final = (LATE, NEAR, SECOND, RETURNED, REDONE)
ALL: Final = (*LISTS, UNITS)
# How the table of units gathers the states.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "dispatched": ("dispatched",),
    "working": ("signed", "in_progress", "waiting_citizen", "extension_pending", "redo", "reopened"),
    "submitted": ("submitted",),
    "asking": ("replied", "callback"),
}


@dataclass(frozen=True, slots=True)
class View:
    """Which list, of which unit, as the address says."""

    tab: str = LATE
    unit: int | None = None
    restricted: frozenset[int] | None = frozenset()  # as in `casework.queries.Desk`

    @property
    def query(self) -> str:
        return urlencode({n: v for n, v in {"tab": self.tab, "unit": self.unit or ""}.items() if v})

    def rows(self, at: datetime) -> QuerySet[Case]:
        """Return the open cases of this list, without order."""
        desk = Desk(units=frozenset({self.unit}) if self.unit else None, restricted=self.restricted)
        if self.tab == LATE:
            found = on_desk(replace(desk, late_at=at))
        elif self.tab == NEAR:
            found = on_desk(replace(desk, late_at=at + SOON)).filter(due_at__gte=at)
            found = found.exclude(state="waiting_citizen")
        elif self.tab == SECOND:
            found = on_desk(replace(desk, states=("extension_pending",))).filter(request__extensions=2)
        elif self.tab == RETURNED:
            found = on_desk(replace(desk, states=("returned",)))
        else:  # the redo clock starts where a resident said that it is not solved
            found = on_desk(desk).filter(clocks__name="redo", clocks__stopped_at=None)
        return found.filter(kind__startswith="hotline.")


def view_of(data: QueryDict, actor: Actor) -> View:
    """Return the list an address asks for; what it names wrongly is left out."""
    tab, unit = data.get("tab", LATE), data.get("unit", "")
    known = units().by_id
    found = int(unit) if unit.isascii() and unit.isdigit() and len(unit) < 10 else 0  # noqa: PLR2004 bigint
    return View(tab if tab in ALL else LATE, found if found in known else None, restricted_units(actor))


@dataclass(frozen=True, slots=True)
class ClockWords:
    """One running clock of a case."""

    name: str
    badge: DueBadge


@dataclass(frozen=True, slots=True)
class Line:
    row: CaseRow
    url: str  # of its details
    clocks: Sequence[ClockWords]
    facts: Sequence[str]
    selected: bool = False


@guarded(HotlineRight.CASE_SUPERVISE)
@require_GET
def supervise(request: ActorRequest) -> HttpResponse:
    """Show one of the lists, or the table of units; `case` names the row whose details stand beside it.

    Without a list in the address the first one that holds something.
    """
    at = now()
    view = view_of(request.GET, request.actor)
    counted = _tabs(request.actor, view, at)
    elsewhere = opening(request, counted[2], "supervise")
    if elsewhere is not None:
        return elsewhere
    if "tab" not in request.GET:
        full = next((tab for tab, shown in zip(LISTS, counted[0], strict=False) if shown.count), view.tab)
        view = replace(view, tab=full)
        counted = (
            [replace(one, current=name == full) for name, one in zip(ALL, counted[0], strict=True)],
            *counted[1:],
        )
    return _show(request, view, at=at, counted=counted)


def _show(
    request: ActorRequest,
    view: View,
    *,
    at: datetime,
    pane: dict[str, Any] | None = None,
    status: int = HTTPStatus.OK,
    counted: Counted | None = None,
) -> HttpResponse:
    number_ = number_asked(request.GET.get("case", ""))
    if pane is None and number_:
        pane = _pane(request, number_, at=at)
    tabs, unread, beside_it = counted or _tabs(request.actor, view, at)
    context = {
        "desk": desk_nav(request.actor, "supervise"),
        "unread": unread,
        "tabs": tabs,
        "view": view,
        "unit": named(units().by_id.get(view.unit)) if view.unit else "",
        "pane": pane,
        "form": (pane or {}).get("form"),
        "keep": bar("supervise", beside_it, view.query, actor=request.actor, at=at, takes=view.tab != UNITS),
        **(_unit_table(at) if view.tab == UNITS else _list(request, view, pane, at)),
    }
    return render(request, "hotline/supervise.html", context, status=status)


def _list(request: ActorRequest, view: View, pane: dict[str, Any] | None, at: datetime) -> dict[str, Any]:
    """Return one page of a list: the cases in one statement, their clocks in one more."""
    found = view.rows(at).order_by("due_at", "pk")
    after = after_of(request.GET.get("after", ""))
    if after is not None:
        found = found.filter(due_at__gte=after[0]).exclude(due_at=after[0], pk__lte=after[1])
    page = page_of(list(found[: SIZE + 1]), SIZE, cursor_of)
    lines = _lines(page.rows, at)
    shown = pane["case"].number if pane else ""
    chosen = next((i for i, line in enumerate(lines) if line.row.number == shown), None if shown else 0)
    if chosen is not None and lines:
        lines[chosen] = replace(lines[chosen], selected=True)
    return {
        "lines": lines,
        "page": page,
        "more_url": f"?{view.query}&after={page.next}",
        "first": lines[0] if lines and not pane else None,
        "empty": empty_words()[view.tab],
    }


def _lines(cases: Sequence[Case], at: datetime) -> list[Line]:
    running = running_clocks([case.pk for case in cases])
    page, nobody = reverse("hotline:supervise"), _("还没派")
    return [
        Line(
            row=row,
            url=f"{page}{row.number}/",
            clocks=clock_words(case, running.get(case.pk, ()), at),
            facts=[row.unit or nobody, row.topic, row.community],
        )
        for case, row in zip(cases, rows(cases, at), strict=True)
    ]


def clock_words(case: Case, clocks: Sequence[CaseClock], at: datetime) -> list[ClockWords]:
    """Return every running clock with what is left of it or how long it is over, the worst first."""
    known, book = kind_of(case.kind).clock_of, calendar()
    found = []
    for clock in clocks:
        left = remaining(clock.due_at, at, book)
        days = in_working_days(case, clock)
        state = due_state(started_at=clock.started_at, due_at=clock.due_at, at=at)
        hold = _("计时停着") if clock.paused_at else ""
        found.append(ClockWords(str(known[clock.name].label), due_words(left, state=state, working=days, hold=hold)))
    order = {"late": 0, "soon": 1, "ok": 2, "hold": 3}
    return sorted(found, key=lambda one: order[one.badge.state])


def empty_words() -> dict[str, str]:
    return {
        LATE: _("没有超时的件。"),
        NEAR: _("24 小时内没有到期的件。"),
        SECOND: _("没有等着批的第二次延期。"),
        RETURNED: _("没有退回的件。"),
        REDONE: _("没有居民说没解决、正在重办的件。"),
    }


def _tabs(actor: Actor, view: View, at: datetime) -> Counted:
    """Return the tabs with their counts, how many notices are unread, and what stands beside: one statement."""
    lists = [replace(view, tab=tab).rows(at) for tab in LISTS]
    part = beside(actor, "supervise", at)
    *found, unread, beside_it = counts(*lists, unread_rows(actor.user_id), beside=part)
    words = {
        LATE: _("超时"),
        NEAR: _("24 小时内到期"),
        SECOND: _("第二次延期待批"),
        RETURNED: pgettext("件", "退回"),
        REDONE: _("没有解决重办"),
    }
    page = reverse("hotline:supervise")
    made = [
        Tab(
            words[tab],
            f"{page}?{View(tab, view.unit).query}",
            count=n,
            most=COUNT_CAP,
            current=tab == view.tab,
            late=tab == LATE and n > 0,
        )
        for tab, n in zip(LISTS, found, strict=True)
    ]
    made.append(Tab(_("各单位"), f"{page}?tab={UNITS}", current=view.tab == UNITS, icon="building"))
    return made, min(unread, COUNT_CAP), beside_of(beside_it)


@dataclass(frozen=True, slots=True)
class UnitStanding:
    """What one unit holds."""

    unit_id: int
    states: Mapping[str, int]
    total: int
    late: int

    @property
    def share(self) -> float | None:
        return self.late / self.total * 100 if self.total else None


def unit_standings(at: datetime) -> list[UnitStanding]:
    """Return what every unit holds, by state, and how much of it is late: the latest unit first, two statements."""
    held: dict[int, dict[str, int]] = {}
    for row in standings(kinds=KINDS, by=("unit", "state")):
        if row["unit"] is not None:
            states = held.setdefault(row["unit"], {})
            states[row["state"]] = states.get(row["state"], 0) + row["n"]
    late = late_by_unit(at, [k.key for k in KINDS])
    found = [UnitStanding(unit, states, sum(states.values()), late.get(unit, 0)) for unit, states in held.items()]
    return sorted((one for one in found if one.total > 0), key=lambda one: (-one.late, -one.total, one.unit_id))


def _unit_table(at: datetime) -> dict[str, Any]:
    found = unit_standings(at)
    page = reverse("hotline:supervise")
    late = [
        Bar(short_of(one.unit_id), one.late, url=f"{page}?{View(LATE, one.unit_id).query}") for one in found if one.late
    ]
    heads = (_("单位"), _("在手"), _("待签收"), _("办理中"), _("待审核"), _("等评价"), _("超时"), _("超时占比"))
    label = _("各单位的超时件")
    chart = bars(late, label=label)
    table = table_of(heads, [_cells(one) for one in found], caption=_("各单位在手的件和超时的件"))
    total = sum(one.total for one in found)
    over = sum(one.late for one in found)
    note = _("在手 %(total)s 件，超时 %(over)s 件。点数字看是哪些件。") % {"total": number(total), "over": number(over)}
    return {"chart": Chart(chart.svg, table, chart.legend, label), "standing": found, "note": note}


def _cells(one: UnitStanding) -> list[Any]:
    """Return one row of the table; the numbers lead to their lists."""
    unit = units().by_id.get(one.unit_id)
    held = link_to({"unit": unit.code if unit else "", "state": "open", "leads": "1"})
    late = f"{reverse('hotline:supervise')}?{View(LATE, one.unit_id).query}"
    share = f"{one.share:.0f}%" if one.share is not None else "—"
    return [
        short_of(one.unit_id),
        _to(held, number(one.total)),
        *(number(sum(one.states.get(state, 0) for state in states)) for states in COLUMNS.values()),
        _to(late, number(one.late)) if one.late else number(0),
        share,
    ]


def _to(url: str, words: str) -> Any:
    return format_html('<a href="{}">{}</a>', url, words)


@guarded(HotlineRight.CASE_SUPERVISE)
@require_GET
def supervise_case(request: ActorRequest, number: str) -> HttpResponse:
    """Show the details of one row: a fragment for htmx, the list with the row chosen without script."""
    if "HX-Request" not in request.headers:
        return redirect(f"{reverse('hotline:supervise')}?{urlencode({'case': number})}")
    return render(request, "hotline/supervise.html#pane", {"pane": _pane(request, number, at=now(), on_list=True)})


def _pane(
    request: ActorRequest, number: str, *, at: datetime, form: SuperviseForm | None = None, on_list: bool = False
) -> dict[str, Any]:
    """Return the details of one case and what the supervisor may do with it."""
    case = case_or_404(request.actor, number)
    possible = {move.name for move in moves_for(kind=kind_of(case.kind), case=case, actor=request.actor)}
    running = running_clocks([case.pk]).get(case.pk, [])
    change, told = last_change(case.pk), words_beside(case, request.actor, at)
    return {
        "case": case,
        "told": told,
        "row": rows([case], at)[0],
        "clocks": clock_words(case, running, at),
        "topic": topic_words(case, at),
        "place": " ".join(part for part in (place_words(case), told.address) if part),
        "unit": named(units().by_id.get(case.holder_unit_id)) if case.holder_unit_id else _("还没派"),
        "history": _history_words(case),
        "last": change_words(change.by, change.move, change.at, at) if change else "",
        "may_note": "desk_note" in possible,
        "decide": _act_url(case, "decide_extension") if "grant_second_extension" in possible and _second(case) else "",
        "correct": _act_url(case, "correct") if "correct" in possible else "",
        "form": form,
        "note_form": form or SuperviseForm(initial={"version": str(case.version)}, auto_id="note-%s"),
        "on_list": on_list,
        "query": view_of(request.GET, request.actor).query,
    }


def _second(case: Case) -> bool:
    return case.state == "extension_pending" and case.request.extensions == 2  # noqa: PLR2004 the second request


def _act_url(case: Case, act: str) -> str:
    return reverse("hotline:case_act", args=[case.number, act])


def _history_words(case: Case) -> list[str]:
    """Return how often it came back, waited and was done again."""
    request = case.request
    found = []
    if request.returns:
        found.append(ngettext("退回 %(n)s 次", "退回 %(n)s 次", request.returns) % {"n": request.returns})
    if request.extensions:
        found.append(ngettext("申请延期 %(n)s 次", "申请延期 %(n)s 次", request.extensions) % {"n": request.extensions})
    if request.redos:
        found.append(ngettext("重办 %(n)s 次", "重办 %(n)s 次", request.redos) % {"n": request.redos})
    if request.last_urged_at:
        found.append(_("居民催过"))
    return found


@guarded(HotlineRight.CASE_SUPERVISE)
@require_POST
def supervise_note(request: ActorRequest, number: str) -> HttpResponse:
    """Send the holding unit a supervisor's remark; it does not make anybody's page go stale."""
    at = now()
    case = case_or_404(request.actor, number)
    form = SuperviseForm(request.POST, auto_id="note-%s")
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            note_it(
                case=as_read(case, form.cleaned_data["version"]),
                text=form.cleaned_data["text"],
                actor=request.actor,
                at=at,
            )
        except CaseError as error:
            status = HTTPStatus.CONFLICT if isinstance(error, StaleCaseError) else status
            show_refusal(form, error, at)
        else:
            return _noted(request, case, at)
    fresh = case_or_404(request.actor, number)
    form.data = {**dict(form.data.items()), "version": str(fresh.version)}
    on_list = "HX-Request" in request.headers
    pane = _pane(request, number, at=at, form=form, on_list=on_list)
    if on_list:
        return render(request, "hotline/supervise.html#pane", {"pane": pane, "form": form}, status=status)
    return _show(request, view_of(request.GET, request.actor), at=at, pane=pane, status=status)


def _noted(request: ActorRequest, case: Case, at: datetime) -> HttpResponse:
    words = _("督办意见已发给%(unit)s。") % {"unit": short_of(case.holder_unit_id) or _("派件员")}
    if "HX-Request" not in request.headers:
        messages.success(request, f"{case.number}　{words}")
        return redirect(f"{reverse('hotline:supervise')}?{view_of(request.GET, request.actor).query}")
    pane = _pane(request, case.number, at=at, on_list=True)
    response = render(request, "hotline/supervise.html#pane", {"pane": pane})
    return trigger_client_event(response, "toast", {"words": f"{case.number} {words}"})


routes: list[URLPattern] = [
    path("desk/supervise/", supervise, name="supervise"),
    path("desk/supervise/<slug:number>/", supervise_case, name="supervise_case"),
    path("desk/supervise/<slug:number>/note/", supervise_note, name="supervise_note"),
]
