"""The dispatcher's board: every case that waits to be sent, with the catalogue's proposal, by keyboard."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from gongjian.casework.actions import Moved
from gongjian.casework.errors import CaseError, IllegalMoveError, StaleCaseError
from gongjian.casework.models import Case, CaseEvent
from gongjian.casework.queries import COUNT_CAP, last_change, unrestricted
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions import dispatching, intake
from gongjian.domains.hotline.actions.proposals import accept_suggestion
from gongjian.domains.hotline.forms.dispatch import AcceptForm, AnswerForm, DispatchForm, RefuseForm, RetitleForm
from gongjian.domains.hotline.forms.staff import VersionForm
from gongjian.domains.hotline.pages.board_rows import (
    BoardLine,
    alikes,
    as_json,
    bands,
    caller_words,
    lines_of,
    number_asked,
    offer_of,
    return_words,
    settled_words,
    short_of,
    topic_choices,
    unit_choices,
)
from gongjian.domains.hotline.pages.board_view import ALL, RETURNED, SENT, STATES, View, view_of
from gongjian.domains.hotline.pages.casefile import channel_words, place_words, topic_words, words_beside
from gongjian.domains.hotline.pages.clockface import limit_words
from gongjian.domains.hotline.pages.common import as_read, case_or_404, chinese, desk_nav, named, show_refusal
from gongjian.domains.hotline.pages.intake_route import community_choices
from gongjian.domains.hotline.pages.keeping import ALL as EVERYTHING
from gongjian.domains.hotline.pages.keeping import bar, opening
from gongjian.domains.hotline.pages.listing import after_of, cursor_of
from gongjian.domains.hotline.queries import (
    TO_DISPATCH,
    Waiting,
    arrived,
    catalogue,
    counts,
    near_cases,
    unread_rows,
    waiting,
    waiting_case,
)
from gongjian.domains.hotline.queries.everyday import Beside, beside, beside_of
from gongjian.domains.hotline.workflow import KINDS
from gongjian.identity.actor import Actor
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.places.queries import subdistricts
from gongjian.web.paging import page_of
from gongjian.web.parts import Filter, Option, StateBadge, Tab
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day, midnight

type Data = Mapping[str, Any]
type Counted = tuple[list[Tab], int, dict[str, int], Beside]

SIZE: Final = 100
MOST_AT_ONCE: Final = 50
REFUSED: Final = HTTPStatus.UNPROCESSABLE_ENTITY
STALE: Final = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case of a batch."""

    number: str
    url: str
    badge: StateBadge
    words: str


@guarded(HotlineRight.CASE_DISPATCH)
@require_GET
def board(request: ActorRequest) -> HttpResponse:
    """Show the board; `case` names the row whose details stand beside it."""
    at = now()
    counted = _counts(request.actor, view_of(request.GET, request.actor), at)
    return opening(request, counted[3], "board") or _show(request, at=at, counted=counted)


def _show(
    request: ActorRequest,
    *,
    at: datetime,
    results: list[Result] | None = None,
    pane: dict[str, Any] | None = None,
    status: int = HTTPStatus.OK,
    counted: Counted | None = None,
) -> HttpResponse:
    view = view_of(request.GET, request.actor)
    found = page_of(
        waiting(view.rows(at), STATES[view.tab], after=after_of(request.GET.get("after", "")), size=SIZE),
        SIZE,
        lambda one: cursor_of(one.case),
    )
    shown = lines_of(found.rows, at)
    number = pane["case"].number if pane else number_asked(request.GET.get("case", ""))
    chosen = next((i for i, line in enumerate(shown) if line.row.number == number), 0 if not number else None)
    if chosen is not None and shown:
        shown[chosen] = replace(shown[chosen], selected=True)
    if pane is None and number:
        pane = _pane(request, number, at=at)
    tabs, unread, today, beside_it = counted or _counts(request.actor, view, at)
    context = {
        "desk": desk_nav(request.actor, "board"),
        "unread": unread,
        "tabs": tabs,
        "view": view,
        "filters": _filters(view),
        "bands": bands(shown, at),
        "page": found,
        "more_url": f"?{view.query}&after={found.next}",
        "since": max((one.newest_event for one in found.rows), default=0),
        "today": today,
        "terms": _terms(at),
        "results": results or [],
        "unchosen": results is not None and not results,
        "none_words": view.sought.told(_("没有符合这些条件的件。")),
        "pane": pane,
        "words": row_words(),
        "first": shown[0].row if shown and not pane else None,
        "unit_json": as_json(unit_choices()),
        "topic_json": as_json(topic_choices(at)),
        "form": (pane or {}).get("form"),
        "keep": bar("board", beside_it, view.query, actor=request.actor, at=at),
    }
    return render(request, "hotline/board.html", context, status=status)


def row_words() -> dict[str, str]:
    """Return the words that every row says."""
    return {"back": _("收回"), "take": _("采纳"), "choose": _("选中"), "look": _("看详情"), "assist": _("协办")}


def _counts(actor: Actor, view: View, at: datetime) -> Counted:
    """Return the tabs with their counts, the unread notices, what was done today, what is beside: one statement."""
    done = CaseEvent.objects.filter(at__gte=midnight(local_day(at)), case__kind__startswith="hotline.")
    done = done.filter(unrestricted(path="case__"))
    *found, sent, recalled, back, unread, beside_it = counts(
        *(View(tab, restricted=view.restricted).rows(at) for tab in STATES),
        done.filter(move="dispatch"),
        done.filter(move="recall"),
        done.filter(move__in=("return", "backstop")),
        unread_rows(actor.user_id),
        beside=beside(actor, "board", at),
    )
    words = {ALL: _("待派"), RETURNED: pgettext("件", "退回"), SENT: _("待签收")}
    page = reverse("hotline:board")
    tabs = [
        Tab(
            words[tab],
            f"{page}?tab={tab}" if tab else f"{page}?{EVERYTHING}",
            count=n,
            most=COUNT_CAP,
            current=tab == view.tab,
            late=tab == RETURNED and n > 0,
        )
        for tab, n in zip(STATES, found, strict=True)
    ]
    return tabs, min(unread, COUNT_CAP), {"sent": max(0, sent - recalled), "back": back}, beside_of(beside_it)


def _terms(at: datetime) -> dict[str, str]:
    """Return how long sending may take, in words."""
    ordinary, urgent = Case(urgency=Case.Urgency.ORDINARY), Case(urgency=Case.Urgency.URGENT)
    return {
        "ordinary": limit_words("hotline.dispatch", ordinary, at),
        "urgent": limit_words("hotline.dispatch", urgent, at),
    }


def _filters(view: View) -> list[Filter]:
    streets = [Option(str(s.id), named(s), selected=s.id == view.street) for s in subdistricts()]
    kinds = [Option(k.key.partition(".")[2], str(k.label), selected=k.key == f"hotline.{view.kind}") for k in KINDS]
    return [
        Filter("street", _("街道"), [Option("", _("全部街道")), *streets]),
        Filter("kind", _("类型"), [Option("", _("全部类型")), *kinds]),
        Filter("unknown", _("建议"), [Option("", _("不论有无建议")), Option("1", _("只看无建议"), view.unknown)]),
    ]


@guarded(HotlineRight.CASE_DISPATCH)
@require_GET
def board_new(request: ActorRequest) -> HttpResponse:
    """Say how many cases came since the page was drawn; nothing to say is 204."""
    view, since = view_of(request.GET, request.actor), request.GET.get("since", "")
    known = int(since) if since.isascii() and since.isdigit() and len(since) < 18 else 0  # noqa: PLR2004 bigint
    n = arrived(view.rows(now()), known)
    if not n:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return render(request, "hotline/board.html#arrived", {"arrived": min(n, COUNT_CAP), "view": view})


@guarded(HotlineRight.CASE_DISPATCH)
@require_GET
def board_case(request: ActorRequest, number: str) -> HttpResponse:
    """Show the details of one row: a fragment for htmx, the board with the row chosen without script."""
    if "HX-Request" not in request.headers:
        return redirect(f"{reverse('hotline:board')}?{urlencode({'case': number})}")
    return render(request, "hotline/board.html#pane", {"pane": _pane(request, number, at=now(), on_list=True)})


def _pane(
    request: ActorRequest, number: str, *, at: datetime, form: VersionForm | None = None, on_list: bool = False
) -> dict[str, Any]:
    """Return the details of one case with the forms of what may be done; a refused form keeps its words."""
    one = waiting_case(actor=request.actor, number=number)
    if one is None:
        raise Http404(number)
    case, offer = one.case, offer_of(one, at, details=True)
    is_open = case.state in TO_DISPATCH
    forms = _forms(one, at)
    if form is not None:
        forms[_name(form)] = _fresh(form, case.version)
    line, told = lines_of([one], at)[0], words_beside(case, request.actor, at)
    return {
        "case": case,
        "told": told,
        "line": line,
        "offer": offer,
        "open": is_open,
        "settled": "" if is_open else settled_words(last_change(case.pk), case, at),
        "back": return_words(one),
        "urgency": {1: _("紧急"), 2: _("危急")}.get(case.urgency, ""),
        "topic": topic_words(case, at),
        "place": " ".join(part for part in (place_words(case), told.address) if part),
        "source": channel_words(case.channel),
        "files": one.files,
        "caller": caller_words(one),
        "alikes": alikes(case, near_cases(case), at),
        "may_refuse": is_open and case.state != "returned",
        "form": form,
        "forms": forms,
        "opened": _name(form) if form is not None else "",
        "on_list": on_list,
        "query": view_of(request.GET, request.actor).query,
    }


def _name(form: VersionForm) -> str:
    names: dict[type[VersionForm], str] = {
        AcceptForm: "accept",
        DispatchForm: "unit",
        RetitleForm: "retitle",
        RefuseForm: "refuse",
        AnswerForm: "answer",
        VersionForm: "recall",
    }
    return names[type(form)]


def _place_of(case: Case) -> dict[str, object]:
    """Return where a case lies as its form begins."""
    asked = case.request
    point = {"place": f"{asked.lon},{asked.lat}", "point_for": asked.address} if asked.lon is not None else {}
    return point | {"address": asked.address, "community": case.community_id or ""}


def _forms(one: Waiting, at: datetime) -> dict[str, VersionForm]:
    case = one.case
    version = {"version": str(case.version)}
    topic = catalogue(at).topics.get(case.topic_id or 0)
    return {
        "unit": DispatchForm(initial=version, auto_id="unit-%s"),
        "retitle": RetitleForm(
            initial=version | {"title": case.title, "topic": named(topic)} | _place_of(case),
            communities=community_choices(),
            auto_id="retitle-%s",
        ),
        "refuse": RefuseForm(initial=version, auto_id="refuse-%s", reasons=_reasons(at)),
        "answer": AnswerForm(initial=version, auto_id="answer-%s"),
    }


def _reasons(at: datetime) -> list[tuple[str, str]]:
    zh = chinese()
    return [
        (r.code, f"{r.reason_zh}{r.channel_zh}" if zh else f"{r.reason_en} {r.channel_en}")
        for r in catalogue(at).reasons
    ]


def _fresh(form: VersionForm, version: int) -> VersionForm:
    """Let a refused form carry the version that stands now: whoever has read what changed may send again."""
    form.data = {**dict(form.data.items()), "version": str(version)}
    return form


def _act(
    request: ActorRequest,
    number: str,
    form: VersionForm,
    run: Callable[[Case, Data], Moved],
    at: datetime,
    *,
    done: str = "",
) -> HttpResponse:
    """Do one act on one case and answer with its row; what was refused keeps its words."""
    case = case_or_404(request.actor, number)
    if not form.is_valid():
        return _refused(request, case, form, REFUSED, at)
    try:
        run(as_read(case, form.cleaned_data["version"]), form.cleaned_data)
    except (StaleCaseError, IllegalMoveError):
        form.add_error(None, _lost_words(request.actor, case, at))
        return _refused(request, case, form, STALE, at)
    except CaseError as error:
        show_refusal(form, error, at)
        return _refused(request, case, form, REFUSED, at)
    return _done(request, case, at, done)


def _lost_words(actor: Actor, case: Case, at: datetime) -> str:
    """Return what somebody else did first."""
    found = waiting_case(actor=actor, number=case.number)
    return settled_words(last_change(case.pk), found.case if found else case, at)


def _done(request: ActorRequest, case: Case, at: datetime, words: str) -> HttpResponse:
    one = waiting_case(actor=request.actor, number=case.number)
    if one is None:
        return _gone(request, case)
    words = words or done_words(one.case)
    if "HX-Request" not in request.headers:
        messages.success(request, f"{case.number}　{words}")
        return redirect(_back(request))
    line = _said(one, at, "" if one.case.state in TO_DISPATCH else words)
    if one.case.state == "dispatched":
        line = replace(line, recall=f"{case.number}:{one.case.version}:")
    response = _row(request, line)
    response.write(_counters(request, at))
    retarget(response, f"#c{one.case.pk}")
    reswap(response, "outerHTML")
    return trigger_client_event(response, "toast", {"words": f"{case.number} {words}"})


def _gone(request: ActorRequest, case: Case) -> HttpResponse:
    """Lead back to the list from a case that its new topic has taken out of this dispatcher's sight."""
    messages.success(request, _("%(number)s 改好了。这一类限制查看，这里不再显示。") % {"number": case.number})
    if "HX-Request" not in request.headers:
        return redirect(_back(request))
    return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": _back(request)})


def _counters(request: ActorRequest, at: datetime) -> bytes:
    """Draw the counts again, each in its place: what was done shows there at once."""
    tabs, _unread, today, _beside = _counts(request.actor, view_of(request.GET, request.actor), at)
    context = {"tabs": tabs, "today": today, "terms": _terms(at), "follows": True}
    return render(request, "hotline/board.html#counters", context).content


def done_words(case: Case) -> str:
    """Return what has become of a case the dispatcher has just dealt with."""
    if case.state == "dispatched":
        return _("已派给%(unit)s。") % {"unit": short_of(case.holder_unit_id)}
    words = {"rejected": _("没有受理，已告诉居民该找谁。"), "answered": _("已当场答复。")}
    return words.get(case.state, _("标题和类别改好了。"))


def _refused(request: ActorRequest, case: Case, form: VersionForm, status: int, at: datetime) -> HttpResponse:
    """Show why not: in the row where the row was pressed, beside the list where a form was sent."""
    words = " ".join(text for _anchor, text in form.summary)
    if "HX-Request" not in request.headers:
        return _show(request, at=at, pane=_pane(request, case.number, at=at, form=form), status=status)
    if request.headers.get("HX-Target", "") == f"c{case.pk}":
        one = waiting_case(actor=request.actor, number=case.number)
        if one is not None:
            return _row(request, _said(one, at, words, failed=True), status=status)
    pane = _pane(request, case.number, at=at, form=form, on_list=True)
    return render(request, "hotline/board.html#pane", {"pane": pane, "form": form}, status=status)


def _said(one: Waiting, at: datetime, words: str, *, failed: bool = False) -> BoardLine:
    """Return the current row with what came of it."""
    return replace(lines_of([one], at)[0], words=words, failed=failed, selected=True)


def _row(request: ActorRequest, line: BoardLine, *, status: int = HTTPStatus.OK) -> HttpResponse:
    return render(
        request,
        "hotline/board.html#row",
        {"line": line, "view": view_of(request.GET, request.actor), "words": row_words()},
        status=status,
    )


def _back(request: ActorRequest) -> str:
    query = view_of(request.GET, request.actor).query
    return f"{reverse('hotline:board')}?{query}" if query else reverse("hotline:board")


@guarded(HotlineRight.CASE_DISPATCH)
@require_POST
def dispatch(request: ActorRequest, number: str) -> HttpResponse:
    """Send one case: `offer` takes the unit that was offered, otherwise the form names one."""
    at, actor = now(), request.actor
    offer = request.POST.get("offer", "")
    if offer:
        _number, version, unit = _parted(offer)
        accepted = AcceptForm({"version": version, "unit": unit})
        return _act(
            request,
            number,
            accepted,
            lambda case, d: accept_suggestion(case=case, seen_unit_id=d["unit"], actor=actor, at=at),
            at,
        )
    form = DispatchForm(request.POST, auto_id="unit-%s", choices=unit_choices())
    return _act(
        request,
        number,
        form,
        lambda case, d: dispatching.dispatch(
            case=case, unit_id=d["unit"], assist_ids=form.assist_ids, reason=d["reason"], actor=actor, at=at
        ),
        at,
    )


@guarded(HotlineRight.CASE_DISPATCH)
@require_POST
def recall(request: ActorRequest, number: str) -> HttpResponse:
    """Take back what one has just sent and the unit has not signed for; it waits to be sent again."""
    at, actor = now(), request.actor
    _number, version, _unit = _parted(request.POST.get("back", ""))
    form = VersionForm({"version": version})
    return _act(
        request,
        number,
        form,
        lambda case, _d: dispatching.recall(case=case, actor=actor, at=at),
        at,
        done=_("已收回。"),
    )


@guarded(HotlineRight.CASE_DISPATCH)
@require_POST
def retitle(request: ActorRequest, number: str) -> HttpResponse:
    """Give a case a better title, topic or place; its proposal follows."""
    at, actor = now(), request.actor
    placed = "address" in request.POST
    return _act(
        request,
        number,
        RetitleForm(request.POST, auto_id="retitle-%s", choices=topic_choices(at), communities=community_choices()),
        lambda case, d: dispatching.retitle(
            case=case,
            title=d["title"],
            topic_id=d["topic"],
            actor=actor,
            at=at,
            spot=dispatching.Spot(*d["spot"]) if placed else None,
        ),
        at,
    )


@guarded(HotlineRight.CASE_REJECT)
@require_POST
def refuse(request: ActorRequest, number: str) -> HttpResponse:
    """Refuse a matter that is not ours, and tell the resident the right channel."""
    at, actor = now(), request.actor
    by_code = {reason.code: reason for reason in catalogue(at).reasons}
    return _act(
        request,
        number,
        RefuseForm(request.POST, auto_id="refuse-%s", reasons=_reasons(at)),
        lambda case, d: intake.reject(case=case, reason=by_code.get(d["reason"]), text=d["text"], actor=actor, at=at),
        at,
    )


@guarded(HotlineRight.CASE_ANSWER)
@require_POST
def answer(request: ActorRequest, number: str) -> HttpResponse:
    """Answer on the spot and close."""
    at, actor = now(), request.actor
    return _act(
        request,
        number,
        AnswerForm(request.POST, auto_id="answer-%s"),
        lambda case, d: intake.answer_on_the_spot(case=case, text=d["text"], source=d["source"], actor=actor, at=at),
        at,
    )


@guarded(HotlineRight.CASE_DISPATCH)
@require_POST
def accept_proposals(request: ActorRequest) -> HttpResponse:
    """Accept the offers of the chosen rows, each with its own result: one that fails stops no other."""
    at = now()
    chosen = list(dict.fromkeys(request.POST.getlist("case")))[:MOST_AT_ONCE]
    return _show(request, at=at, results=[_accept_one(one, request.actor, at) for one in chosen])


def _accept_one(choice: str, actor: Actor, at: datetime) -> Result:
    number, version, unit = _parted(choice)
    failed = StateBadge("late", _("没有派"), "alert")
    try:
        case = case_or_404(actor, number)
    except Http404:
        return Result(number, "", failed, _("没有这一件。"))
    url = reverse("hotline:case", args=[case.number])
    try:
        accept_suggestion(
            case=as_read(case, version),
            seen_unit_id=int(unit) if unit.isascii() and unit.isdigit() else 0,
            actor=actor,
            at=at,
        )
    except (StaleCaseError, IllegalMoveError):
        return Result(number, url, failed, _lost_words(actor, case, at))
    except CaseError as error:
        return Result(number, url, failed, str(error))
    sent = waiting_case(actor=actor, number=number)
    return Result(number, url, StateBadge("ok", _("已派"), "check-circle"), done_words(sent.case) if sent else "")


def _parted(choice: str) -> tuple[str, str, str]:
    """Return number, version and unit of a row's choice; nonsense gives a number nobody has."""
    number, _colon, rest = choice.partition(":")
    version, _colon, unit = rest.partition(":")
    return number_asked(number), version[:9], unit[:9]


routes: list[URLPattern] = [
    path("desk/board/", board, name="board"),
    path("desk/board/accept/", accept_proposals, name="accept_proposals"),
    path("desk/board/new/", board_new, name="board_new"),
    path("desk/board/<slug:number>/", board_case, name="board_case"),
    path("desk/board/<slug:number>/dispatch/", dispatch, name="dispatch"),
    path("desk/board/<slug:number>/recall/", recall, name="recall"),
    path("desk/board/<slug:number>/retitle/", retitle, name="board_retitle"),
    path("desk/board/<slug:number>/refuse/", refuse, name="board_refuse"),
    path("desk/board/<slug:number>/answer/", answer, name="board_answer"),
]
