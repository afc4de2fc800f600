"""The field list: cases on the phone of whoever goes there, read and worked on without a signal."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from gongjian.casework.access import moves_for
from gongjian.casework.errors import IllegalMoveError, LastChange, RefusedError, StaleCaseError
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case
from gongjian.casework.queries import last_change
from gongjian.documents.actions import Refused
from gongjian.documents.limits import takes_files
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions.sending import KeyUsedError, Sent, send_act
from gongjian.domains.hotline.forms.staff import ContactForm, NoteForm, PlainForm, VersionForm
from gongjian.domains.hotline.pages import public
from gongjian.domains.hotline.pages.common import as_read, case_or_404, case_url, named, rows, state_badge
from gongjian.domains.hotline.pages.listing import MINE, UNIT, Listing
from gongjian.domains.hotline.pages.phone import HELD, photos_of, told_fault, told_faults, told_refusal
from gongjian.domains.hotline.queries import Listed, case_for, on_list
from gongjian.domains.hotline.queries.field import Ground, grounds
from gongjian.identity.actor import Actor
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rights import Forbidden
from gongjian.places.queries import communities
from gongjian.web.phone import owner_tag
from gongjian.web.templatetags.gongjian import plain_due
from gongjian.web.words import ago_words
from gongjian.workdays.clock import now

MOST: Final = 60  # cases a phone carries along: a day's work several times over
FORMS: Final[Mapping[str, type[VersionForm]]] = {
    "sign": PlainForm,
    "start": PlainForm,
    "contact": ContactForm,
    "note": NoteForm,
}
CONFLICT: Final = 409


@guarded(HotlineRight.CASE_HANDLE)
@require_safe
def field(request: ActorRequest) -> HttpResponse:
    """Show the list; the phone fills it in, also without a signal."""
    return _page(request, "list")


@guarded(HotlineRight.CASE_HANDLE)
@require_safe
def field_map(request: ActorRequest) -> HttpResponse:
    """Show the same cases on a map, with their list."""
    return _page(request, "map")


@guarded(HotlineRight.CASE_HANDLE)
@require_safe
def field_mine(request: ActorRequest) -> HttpResponse:
    """Show what is unsent, when the phone last heard of the server, and the way out."""
    return _page(request, "mine")


@guarded(HotlineRight.CASE_HANDLE)
@require_safe
def field_case(request: ActorRequest, number: str) -> HttpResponse:
    """Show one case with what can be done on the spot."""
    return _page(request, "case", number)


@guarded(anonymous=True)
@require_safe
@cache_control(no_cache=True, private=True)
def field_shell(request: HttpRequest) -> HttpResponse:
    """Give the same page without anybody's name or case: what a phone keeps for the time without a signal."""
    return render(request, "hotline/field.html", {"shell": True} | _choices())


def _page(request: ActorRequest, view: str, number: str = "") -> HttpResponse:
    found = carried(request.actor, now()) if view in {"list", "map"} else []
    context = {"view": view, "cases": found, "number": number, "case_url": case_url(number) if number else ""}
    return render(request, "hotline/field.html", context | _choices())


def _choices() -> dict[str, Any]:
    """Return what every view of the page needs, the same for everybody."""
    view = public.pick_map(None, None)
    return {
        "map_facts": view.facts | {"pick": False, "tiles": list(settings.MAP_TILES)},
        "field_words": _words(),
        "contact_form": ContactForm(auto_id="contact-%s"),
        "note_form": NoteForm(auto_id="note-%s"),
    }


def _words() -> dict[str, str]:
    return {
        "mine": _("我在办"),
        "unit": _("本单位"),
        "late": _("超时"),
        "before": _("{due} 前"),
        "queued": _("{n} 条待发送"),
        "synced": _("上次同步 {time}"),
        "never": _("还没有同步过"),
        "none": _("今天没有要去的件。"),
        "gone": _("这台手机里没有这一件。有信号时再打开一次。"),
        "other": _("登录的不是同一个人，或者登录已经过期。请重新登录。"),
        "sign": _("签收"),
        "start": _("开始办理"),
        "contact": _("记一次联系"),
        "note": _("现场记录"),
        "photos_only": _("现场照片 {n} 张"),
        "stored": _("记下了。有信号就发，没有就先存着。"),
        "empty_contact": _("写一句联系的结果，比如核对了什么。"),
        "empty_note": _("拍一张，或写一句。"),
    }


@guarded(HotlineRight.CASE_HANDLE)
@require_safe
def field_cases(request: ActorRequest) -> HttpResponse:
    """Give the cases a phone carries along, without contact data: four statements."""
    at = now()
    told = {"owner": owner_tag(request.actor), "at": at.isoformat(), "cases": carried(request.actor, at)}
    return JsonResponse(told)


def carried(actor: Actor, at: datetime) -> list[dict[str, Any]]:
    """Return one's own open cases and those of one's units, the nearest deadline first, own ones in front."""
    own = on_list(Listing(MINE).desk(actor, at), helping=actor.units, size=MOST)
    ours = on_list(Listing(UNIT).desk(actor, at), helping=actor.units, size=MOST)
    known = {case.id for case in own}
    cases = [*own, *(case for case in ours if case.id not in known)][:MOST]
    return _told(cases, actor, at)


def _told(cases: list[Listed], actor: Actor, at: datetime) -> list[dict[str, Any]]:
    places = {c.id: c for c in communities()}
    lies = grounds([case.id for case in cases])
    return [
        _one(case, row, lies.get(case.id, Ground("", "", None, None)), actor)
        | {"community": named(places.get(case.community_id or 0))}
        for case, row in zip(cases, rows(cases, at), strict=True)
    ]


def _one(case: Listed, row: Any, lies: Ground, actor: Actor) -> dict[str, Any]:
    return {
        "number": case.number,
        "title": case.title,
        "url": case_url(case.number),
        "field_url": reverse("hotline:field_case", args=[case.number]),
        "kind": row.kind,
        "topic": row.topic,
        "state": asdict(row.state),
        "due_at": case.due_at.isoformat() if case.due_at else "",
        "due": plain_due(case.due_at),
        "badge": asdict(row.due) if row.due else None,
        "urgent": case.urgency,
        "mine": case.holder_id == actor.user_id,
        "version": case.version,
        "acts": _acts(case, actor),
        "acts_signed": _acts(case._replace(state="signed"), actor),
        **lies._asdict(),
    }


def _acts(case: Any, actor: Actor) -> list[str]:
    """Return the acts of the field page that are open now, in the order of the work."""
    possible = {move.name for move in moves_for(kind=kind_of(case.kind), case=case, actor=actor)}
    return [name for name in FORMS if name in possible]


@guarded(HotlineRight.CASE_HANDLE)
@require_POST
@takes_files()
def field_act(request: ActorRequest, number: str, move: str) -> HttpResponse:
    """Do what was noted in the field, once for each key: 409 with what may be chosen where the case has moved on."""
    at, actor = now(), request.actor
    if move not in FORMS:
        return told_fault("", _("现场页不能这样办。"), [])
    if request.POST.get("owner", "") != owner_tag(actor):
        return JsonResponse({"held": True}, status=HELD)
    form = FORMS[move](request.POST)
    if not form.is_valid():
        return told_faults([form])
    try:
        sent = _send(request, number, move, form, at)
    except (StaleCaseError, IllegalMoveError, Forbidden, Http404):
        return _conflict(number, move, form.cleaned_data, actor, at)
    except (RefusedError, Refused, KeyUsedError) as error:
        return told_refusal(error, [form], request.path)
    return JsonResponse(_done(number, move, sent, actor))


def _send(request: ActorRequest, number: str, move: str, form: VersionForm, at: datetime) -> Sent:
    return send_act(
        key=request.headers.get("Idempotency-Key", ""),
        case=as_read(case_or_404(request.actor, number), form.cleaned_data["version"]),
        act=move,
        data=form.cleaned_data,
        uploads=photos_of(request),
        actor=request.actor,
        at=at,
    )


def _done(number: str, move: str, sent: Sent, actor: Actor) -> dict[str, Any]:
    """Return what the phone shows, and from which version on it may go further."""
    case = case_for(actor=actor, number=number)
    told = {
        "words": _words()[move],
        "facts": [[_("件号"), number]],
        "url": case_url(number),
        "version": sent.answer.get("version"),
        "repeated": sent.repeated,
    }
    if case is not None:
        told["facts"] = [[_("件号"), number], [_("现在"), state_badge(case).word]]
    return told


def _conflict(number: str, move: str, data: Mapping[str, Any], actor: Actor, at: datetime) -> HttpResponse:
    """Say who was first and where the case stands; what was written may still be added to it."""
    case = case_for(actor=actor, number=number)
    if case is None:
        return JsonResponse({"words": _("这一件已经不在您单位。您写的还在这里。"), "choices": []}, status=CONFLICT)
    now_at = _("现在是“%(state)s”。") % {"state": state_badge(case).word}
    words = f"{_first(last_change(case.pk), at)} {now_at}"
    choices = list(_still(case, move, data, actor))
    return JsonResponse({"words": words, "version": case.version, "choices": choices}, status=CONFLICT)


def _first(change: LastChange | None, at: datetime) -> str:
    if change is None:
        return _("这一件刚刚有变化。您写的还在这里，选一下怎么办。")
    facts = {"who": change.by or "12349", "ago": ago_words(change.at, at)}
    return _("%(who)s %(ago)s动过这一件。您写的还在这里，选一下怎么办。") % facts


def _still(case: Case, move: str, data: Mapping[str, Any], actor: Actor) -> Iterable[dict[str, Any]]:
    open_now, version = _acts(case, actor), str(case.version)
    words = {"sign": _("还是签收"), "start": _("还是开始办理"), "contact": _("照样记下"), "note": _("照样记下")}
    if move in open_now:
        url = reverse("hotline:field_act", args=[case.number, move])
        yield {"label": words[move], "url": url, "fields": {"version": version}}
    elif move == "contact" and "note" in open_now:
        url = reverse("hotline:field_act", args=[case.number, "note"])
        fields = {"version": version, "text": data["remark"]}
        yield {"label": _("改记成内部意见"), "url": url, "fields": fields}


routes: list[URLPattern] = [
    path("hotline/field/", field, name="field"),
    path("hotline/field/shell", field_shell, name="field_shell"),
    path("hotline/field/cases.json", field_cases, name="field_cases"),
    path("hotline/field/map", field_map, name="field_map"),
    path("hotline/field/mine", field_mine, name="field_mine"),
    path("hotline/field/<str:number>", field_case, name="field_case"),
    path("hotline/field/<str:number>/<str:move>", field_act, name="field_act"),
]
