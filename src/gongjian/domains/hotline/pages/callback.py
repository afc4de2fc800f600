"""The callback desk: whom to ask, by deadline, and what they said. No figure of any unit stands here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from gongjian.casefile.reveal import contact_in_sight, reveal
from gongjian.casework.access import restricted_units
from gongjian.casework.errors import CaseError
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case
from gongjian.casework.queries import COUNT_CAP
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions.replying import close_after_call, close_unreached, record_attempt
from gongjian.domains.hotline.forms.intake import AttemptForm, CallbackForm, PurposeForm
from gongjian.domains.hotline.pages import casefile
from gongjian.domains.hotline.pages.common import CaseRow, as_read, desk_nav, named, rows, show_refusal
from gongjian.domains.hotline.pages.keeping import bar, opening
from gongjian.domains.hotline.queries import CALLED, Dossier, ToCall, callbacks, dossier, to_call
from gongjian.domains.hotline.queries.everyday import unread_beside
from gongjian.identity.actor import Actor
from gongjian.identity.guard import guarded
from gongjian.identity.queries import units
from gongjian.identity.requests import ActorRequest
from gongjian.parties.phones import display_phone
from gongjian.web.forms import Form
from gongjian.web.paging import BadCursor, decode, encode, page_of
from gongjian.web.parts import Filter, Option
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_clock

SIZE: Final = 30
# Nobody is called at home between these hours (service rules, F3).
QUIET_FROM, QUIET_UNTIL = 21, 9
AN_HOUR: Final = timedelta(hours=1)
REFUSED: Final = HTTPStatus.UNPROCESSABLE_ENTITY
ACTS: Final = ("close", "attempt", "unreached", "reveal")


@dataclass(frozen=True, slots=True)
class Line:
    """One case of the queue with the calls made in vain since the answer."""

    row: CaseRow
    url: str
    tries: int
    next_at: datetime | None  # not before, because calls count at different hours only
    waits: bool  # the resident may still answer by himself
    current: bool


@dataclass(frozen=True, slots=True)
class Calling:
    """The case on the desk."""

    file: Dossier
    tries: Sequence[Any]
    next_at: datetime | None
    dial: str
    open_phone: str  # to read
    open_name: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class View:
    """Which part of the queue is shown, as the address says."""

    ripe: bool = False
    tries: int | None = None
    late: bool = False
    restricted: frozenset[int] | None = frozenset()  # as in `casework.queries.Desk`

    @property
    def query(self) -> str:
        tries = "" if self.tries is None else str(self.tries)
        facts = {"ripe": "1" if self.ripe else "", "tries": tries, "late": "1" if self.late else ""}
        return urlencode({name: value for name, value in facts.items() if value})

    def wanted(self, at: datetime) -> ToCall:
        return ToCall(self.ripe, self.tries, at if self.late else None, self.restricted)


def view_of(data: QueryDict, actor: Actor) -> View:
    """Return the view an address asks for; what it names wrongly is left out."""
    tries = data.get("tries", "")
    known = {str(n): n for n in range(rules.CALL_ATTEMPTS + 1)}
    return View(data.get("ripe") == "1", known.get(tries), data.get("late") == "1", restricted_units(actor))


def _filters(view: View) -> list[Filter]:
    tried = [Option(str(n), _("打了 %(n)s 次") % {"n": n}, n == view.tries) for n in range(rules.CALL_ATTEMPTS + 1)]
    return [
        Filter("ripe", _("轮到谁"), [Option("", _("全部要回访的")), Option("1", _("该打电话的"), view.ripe)]),
        Filter("tries", _("打过几次"), [Option("", _("不论次数")), *tried]),
        Filter("late", _("期限"), [Option("", _("不论期限")), Option("1", _("只看超时"), view.late)]),
    ]


@guarded(HotlineRight.CASE_CALLBACK)
@require_GET
def callback(request: ActorRequest) -> HttpResponse:
    """Show the queue."""
    at = now()
    unread, beside = unread_beside(request.actor, "callback", at)
    elsewhere = opening(request, beside, "callback")
    if elsewhere is not None:
        return elsewhere
    view = view_of(request.GET, request.actor)
    context = {
        "desk": desk_nav(request.actor, "callback"),
        "unread": min(unread, COUNT_CAP),
        "keep": bar("callback", beside, view.query, actor=request.actor, at=at),
        **_queue(request, at),
        **_hours(at),
    }
    return render(request, "hotline/callback.html", context)


@guarded(HotlineRight.CASE_CALLBACK)
@require_http_methods(["GET", "HEAD", "POST"])
def callback_case(request: ActorRequest, number: str) -> HttpResponse:
    """Show one case to be asked about; a POST writes down what came of the call."""
    at = now()
    file = dossier(actor=request.actor, number=number, at=at)
    if file is None:
        raise Http404(number)
    if request.method != "POST":
        return _show(request, file, at)
    act = request.POST.get("act", "close")
    if act not in ACTS:
        raise Http404(act)
    form = _forms(act, request.POST)
    if form.is_valid():
        done = _run(request, act, file, form, at)
        if done is not None:
            return done
    return _show(request, file, at, form=form, act=act, status=REFUSED)


def _forms(act: str, data: Any = None, initial: dict[str, Any] | None = None) -> Form:
    kinds: dict[str, type[Form]] = {"attempt": AttemptForm, "close": CallbackForm, "reveal": PurposeForm}
    return kinds.get(act, AttemptForm)(data, auto_id=f"{act}-%s", initial=initial)


def _run(request: ActorRequest, act: str, file: Dossier, form: Form, at: datetime) -> HttpResponse | None:
    """Do what the button says; None where it was refused and the form says why."""
    number = file.case.number
    try:
        words = _do(request, act, file, form.cleaned_data, at)
    except CaseError as error:
        show_refusal(form, error, at)
        return None
    messages.success(request, words)
    if act == "reveal":
        return redirect("hotline:callback_case", number)
    return redirect("hotline:callback")


def _do(request: ActorRequest, act: str, file: Dossier, given: dict[str, Any], at: datetime) -> str:
    actor = request.actor
    case = as_read(file.case, str(given.get("version", "")))
    if act == "close":
        return _closed(case, given, request, at)
    if act == "attempt":
        record_attempt(case=case, remark=given["remark"], actor=actor, at=at)
        return _("记下了：%(number)s 没有打通。") % {"number": case.number}
    if act == "unreached":
        close_unreached(case=case, actor=actor, at=at)
        return _("%(number)s 三次没有打通，办结了。") % {"number": case.number}
    if file.party is None:
        raise Http404(case.number)
    reveal(
        kind=kind_of(case.kind),
        case=case,
        party=file.party,
        purpose=given["purpose"],
        without_consent=HotlineRight.CASE_CALLBACK,
        actor=actor,
        at=at,
        words=casefile.words_of(file),
    )
    return _("号码显示 15 分钟，来电人看得到这次查看。")


def _closed(case: Case, given: dict[str, Any], request: ActorRequest, at: datetime) -> str:
    moved = close_after_call(
        case=case, actor=request.actor, at=at, **{k: v for k, v in given.items() if k != "version"}
    )
    if moved.state == "redo":
        return _("%(number)s 没有解决，已退回单位重办。") % {"number": case.number}
    return _("%(number)s 办结了。") % {"number": case.number}


def _show(
    request: ActorRequest,
    file: Dossier,
    at: datetime,
    *,
    form: Form | None = None,
    act: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Draw queue and case; a form that was refused keeps what was typed into it."""
    calling, version = _calling(request, file, at), {"version": str(file.case.version)}
    first = {
        "attempt": version,
        "close": version,
        "unreached": version,
        "reveal": {"purpose": _("回访：问问题解决了没有")},
    }
    forms = {name: form if name == act and form else _forms(name, initial=first[name]) for name in ACTS}
    context = {
        "desk": desk_nav(request.actor, "callback"),
        "unread": file.unread,
        **_queue(request, at, chosen=file.case.number),
        **_hours(at),
        "calling": calling,
        "case": file.case,
        "told": casefile.words_of_file(file),
        "unit": named(units().by_id.get(file.case.holder_unit_id)) if file.case.holder_unit_id else "",
        "row": rows([file.case], at)[0],
        "called": file.case.state in CALLED,
        "tries": [(one.made_at, casefile.seen(file, one.remark)) for one in calling.tries],
        "form": form,
        "forms": forms,
        "left": max(0, rules.CALL_ATTEMPTS - len(calling.tries)),
        "may_end": file.case.state == "callback" and len(calling.tries) >= rules.CALL_ATTEMPTS,
        "at": at,
    }
    return render(request, "hotline/callback.html", context, status=status)


def _calling(request: ActorRequest, file: Dossier, at: datetime) -> Calling:
    since = file.case.request.replied_at
    calls = callbacks(file.case.pk)
    tries = [c for c in calls if not c.reached and since is not None and c.made_at >= since]
    plain = None
    if file.granted_until is not None and file.party is not None:
        plain = contact_in_sight(party=file.party, actor=request.actor, at=at)
    return Calling(
        file=file,
        tries=tries,
        next_at=_next([c.made_at for c in calls], at),
        dial=plain.phone if plain else "",
        open_phone=display_phone(plain.phone) if plain and plain.phone else "",
        open_name=plain.name if plain else "",
        until=file.granted_until if plain else None,
    )


def _next(made: Sequence[datetime], at: datetime) -> datetime | None:
    """Return when the next call counts; None where it does now."""
    return None if rules.attempt_is_new_hour(made, at) else max(made) + AN_HOUR


def _queue(request: ActorRequest, at: datetime, chosen: str = "") -> dict[str, Any]:
    view = view_of(request.GET, request.actor)
    found = page_of(to_call(view.wanted(at), after=_after(request.GET.get("after", "")), size=SIZE), SIZE, _cursor)
    shown = rows(found.rows, at)
    lines = [
        Line(
            row=row,
            url=f"{reverse('hotline:callback_case', args=[row.number])}{'?' if view.query else ''}{view.query}",
            tries=len(case.tries),
            next_at=_next(case.tries, at),
            waits=case.state == "replied",
            current=row.number == chosen,
        )
        for row, case in zip(shown, found.rows, strict=True)
    ]
    more = f"{reverse('hotline:callback')}?{view.query}&after={found.next}"
    return {"queue": lines, "more": more if found.next else "", "view": view, "filters": _filters(view)}


def _after(cursor: str) -> tuple[datetime, int] | None:
    """Return the last row seen; a cursor that is none begins at the top."""
    if not cursor:
        return None
    try:
        due, pk = decode(cursor, 2)
        moment = datetime.fromisoformat(str(due))
        return (moment, int(pk)) if moment.tzinfo and isinstance(pk, int) else None
    except (BadCursor, ValueError):
        return None


def _cursor(case: Case) -> str:
    return encode([case.due_at, case.pk])


def _hours(at: datetime) -> dict[str, Any]:
    hour = local_clock(at).hour
    return {"quiet": hour >= QUIET_FROM or hour < QUIET_UNTIL, "most": rules.CALL_ATTEMPTS}


routes: list[URLPattern] = [
    path("desk/callback/", callback, name="callback"),
    path("desk/callback/<str:number>/", callback_case, name="callback_case"),
]
