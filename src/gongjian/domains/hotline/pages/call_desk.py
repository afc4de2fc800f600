"""The call-taker's desk: one form by keyboard, the caller's history beside it, nothing typed is ever lost."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongjian.casefile.reveal import hides
from gongjian.casework.actions import Opened
from gongjian.casework.errors import CaseError
from gongjian.casework.models import Case
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions.calls import Decision, OtherWordsError, Outcome, take_call
from gongjian.domains.hotline.actions.drafts import Kept, drop_intake, keep_intake, new_token, words_of_form
from gongjian.domains.hotline.actions.intake import Report, Reporter
from gongjian.domains.hotline.forms.intake import (
    AGREED,
    CONSENT,
    KINDS,
    LONGEST_DRAFT,
    CallForm,
    has_words,
    kept_text,
    kept_values,
)
from gongjian.domains.hotline.forms.placing import community_at
from gongjian.domains.hotline.forms.questions import PREFIX, initial_of, typed_answers, typed_values
from gongjian.domains.hotline.pages.common import CaseRow, chinese, frame, named, rows, show_refusal
from gongjian.domains.hotline.pages.intake_route import community_choices, route_of
from gongjian.domains.hotline.queries import CALL_DESK, around, caller_history, catalogue
from gongjian.domains.hotline.queries.drafts import intake_draft, intake_drafts, latest_call
from gongjian.domains.hotline.queries.open311 import questions_of
from gongjian.domains.hotline.queries.restrictions import index_of, restriction_on
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.parties.phones import normalise_phone
from gongjian.parties.refusals import InvalidParty
from gongjian.parties.texting import barred_code, may_text
from gongjian.places.queries import communities, find_addresses
from gongjian.places.rules import point_in
from gongjian.sealing.masking import mask_phone
from gongjian.sealing.tokens import spelled, written
from gongjian.web.words import clock_words
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_clock, local_day

# How long number and receipt code stay on the page: long enough to read them out twice.
READ_OUT: Final = timedelta(minutes=15)
REFUSED: Final = HTTPStatus.UNPROCESSABLE_ENTITY
TOLD: Final = ("title", "description", "address", "topic_text", "name")  # what a draft is called by, the first there is
SERVICES: Final = (("110", "Shift+F1"), ("119", "Shift+F2"), ("120", "Shift+F3"))
KEYS: Final = ("Alt+1", "Alt+2", "Alt+3", "Alt+4")  # of the kinds, in their order
CONSENT_KEYS: Final = ("Alt+Y", "Alt+N")
OUTCOMES: Final = frozenset(Outcome)
TOKEN: Final = re.compile(r"[\w-]{1,60}", re.ASCII)
NEW: Final = frozenset({"call", "new"})  # an address with one of these asks for an empty form


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Another form of this call-taker that has not become a case."""

    url: str
    words: str
    phone: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Around:
    row: CaseRow
    metres: int


@guarded(HotlineRight.CASE_INTAKE)
@require_http_methods(["GET", "HEAD", "POST"])
def call_desk(request: ActorRequest) -> HttpResponse:
    """Show a form of the desk: a new one for a new call, else the one the address names or the newest left unfinished.

    Each form is a draft of its own; a POST does what its button says with what stands in the form.
    """
    at = now()
    if request.method == "POST":
        return _act(request, at)
    user_id = request.actor.user_id or 0
    if "done" in request.GET:
        return _read_out(request, at) or redirect(reverse("hotline:call_desk"))
    unfinished = [one for one in intake_drafts(user_id) if has_words(kept_values(one.text))]
    wanted = _named(request)
    found = next((one for one in unfinished if one.token == wanted), None)
    if found is None and wanted:
        row = intake_draft(wanted, user_id)
        found = row if row is not None and row.sent is None else None
    elif not wanted and not NEW.intersection(request.GET):
        found = next(iter(unfinished), None)
    values = {"token": new_token()}
    if found is not None:
        values = kept_values(found.text) | {"token": found.token, "seen": str(found.version)}
    others = [_unfinished(one) for one in unfinished if found is None or one.token != found.token]
    saved_at = found.saved_at if found is not None else None
    return _show(request, _form(at, initial=values), at, saved_at=saved_at, others=others)


def _named(request: ActorRequest) -> str:
    """Return the token of the form that the address names."""
    token = request.GET.get("draft", "")
    return token if TOKEN.fullmatch(token) else ""


def _unfinished(draft: Any) -> Unfinished:
    values = kept_values(draft.text)
    words = next((str(values[name]) for name in TOLD if values[name]), "")
    phone = str(values["phone"])
    return Unfinished(
        _desk_url(draft=draft.token), words, mask_phone(phone) if _is_number(phone) else "", draft.saved_at
    )


def _desk_url(**query: str) -> str:
    return f"{reverse('hotline:call_desk')}?{urlencode(query)}"


def _read_out(request: ActorRequest, at: datetime) -> HttpResponse | None:
    """Show what is read out of the call this address names, or of the last one; None once its time is over."""
    user_id, token = request.actor.user_id or 0, _named(request)
    taken = intake_draft(token, user_id) if token else latest_call(user_id)
    if taken is None or taken.sent is None or at - taken.saved_at >= READ_OUT:
        return None
    facts = QueryDict(taken.text)
    return _show_done(request, {"token": taken.token} | {name: str(facts[name]) for name in facts}, at)


def _act(request: ActorRequest, at: datetime) -> HttpResponse:
    act = request.POST.get("act", Outcome.REGISTER)
    if act in OUTCOMES:
        return _submit(request, Outcome(act), at)
    values = kept_values(kept_text(request.POST))
    if act == "drop" or (act == "new" and not has_words(values)):
        drop_intake(token=str(values["token"]), actor=request.actor)
        return _go(request, _desk_url(call="1"))
    if act in {"save", "park"}:
        return _save(request, at, leave=act == "park")
    if act in dict(SERVICES):
        values |= {"transfer": act, "urgent": True}
    more = _looked_up(values, at) if act == "look" else {}
    return _show(request, _form(at, initial=values), at, asks_new=act == "new", more=more)


def _submit(request: ActorRequest, outcome: Outcome, at: datetime) -> HttpResponse:
    """Register the call and decide on it; a second press of the same form leads to the same number."""
    form = _form(at, request.POST, act=outcome)
    if not form.is_valid():
        return _show(request, form, at, status=REFUSED)
    given = form.cleaned_data
    token = given["token"] or new_token()
    try:
        taken = take_call(
            report=replace(_report(given, token), answers=form.answers, insists=outcome is Outcome.REGISTER),
            decision=_decision(outcome, given, at),
            words=words_of_form(kept_text(request.POST)),
            say=lambda opened: urlencode(_told(opened, outcome, given, at)),
            actor=request.actor,
            at=at,
        )
    except OtherWordsError:
        return _other_words(request, outcome, at)
    except CaseError as error:
        show_refusal(form, error, at)
    except InvalidParty as error:
        form.add_error(error.field if error.field in form.fields else None, str(error.message))
    if form.errors:
        return _show(request, form, at, status=REFUSED)
    if taken.repeated:
        number = QueryDict(taken.said)["done"]
        messages.warning(request, _("这一张表已经登记过，件号 %(number)s，没有再记一件。") % {"number": number})
    # A page from before each form had its own draft is led to what was taken last.
    return _go(request, _desk_url(done="1", **({"draft": token} if "seen" in request.POST else {})))


def _told(opened: Opened, outcome: Outcome, given: Mapping[str, Any], at: datetime) -> dict[str, str]:
    """Return what is read out to the caller."""
    no_sms = _no_sms(given["phone"], at)
    return {
        "done": opened.number,
        "receipt": opened.receipt,
        "restricted": "1" if opened.restricted else "",
        "outcome": outcome,
        "service": given["transfer"],
        "told": mask_phone(given["phone"]) if given["phone"] and given["sms"] and not no_sms else "",
        "no_sms": no_sms if given["sms"] else "",
        "kind": given["kind"],
        "topic": str(given["topic"] or ""),
        "community": str(given["community"] or ""),
        "urgent": "1" if given["urgent"] else "",
    }


def _other_words(request: ActorRequest, outcome: Outcome, at: datetime) -> HttpResponse:
    """Keep the words under a token of their own and show them: another window has used this one for another call."""
    data, text = request.POST.copy(), kept_text(request.POST)
    kept = keep_intake(token=new_token(), form=text, seen=None, actor=request.actor, at=at)
    if kept is not None:
        data["token"], data["seen"] = kept.token, str(kept.version)
    form = _form(at, data, act=outcome)
    form.add_error(
        None, _("这张表在另一个窗口里登记了另一件，您现在写的还没有登记。字都在，再按一次就登记成新的一件。")
    )
    return _show(request, form, at, status=HTTPStatus.CONFLICT)


def _report(given: Mapping[str, Any], token: str) -> Report:
    behalf = Reporter(name=given["behalf_name"], phone=given["behalf_phone"], notify=False)
    hidden = given["anonymous"]
    lon, lat = given["place"] or (None, None)
    return Report(
        kind=given["kind"],
        description=given["description"],
        topic_id=given["topic"],
        channel="phone",
        language=given["language"] or "zh-hans",
        title=given["title"],
        address=given["address"],
        lon=lon,
        lat=lat,
        community_id=given["community"],
        urgent=given["urgent"],
        emergency=given["transfer"],
        confidential=given["confidential"],
        reporter=Reporter()
        if hidden
        else Reporter(
            name=given["name"], phone=given["phone"], consent_contact=given["consent"] == AGREED, notify=given["sms"]
        ),
        on_behalf_of=None if behalf.anonymous or hidden else behalf,
        external_number=token,
        source_program=CALL_DESK,
    )


def _decision(outcome: Outcome, given: Mapping[str, Any], at: datetime) -> Decision:
    reason = next((r for r in catalogue(at).reasons if r.code == given["reason"]), None)
    service, remark = given["transfer"], ""
    if service:
        clock = clock_words(local_clock(at))
        remark = _("%(clock)s 把来电转到 %(service)s。") % {"clock": clock, "service": service}
    return Decision(outcome, given["text"], given["source"], reason, remark)


def _save(request: ActorRequest, at: datetime, *, leave: bool) -> HttpResponse:
    """Keep the form and go on with it, or leave it for later and begin another."""
    text = kept_text(request.POST)
    if len(text) > LONGEST_DRAFT:
        form = _form(at, request.POST)
        form.is_valid()
        return _show(request, form, at, status=REFUSED)
    kept = _keep(request, text, at)
    messages.success(request, _("草稿已存。"))
    return _go(request, _desk_url(draft=kept.token) if kept and not leave else _desk_url(call="1"))


def _keep(request: ActorRequest, text: str, at: datetime) -> Kept | None:
    """Keep a form under the token of its page; a page that was read before another window wrote gets its own."""
    seen = request.POST.get("seen")
    version = None if seen is None else (_whole(seen) or 0)
    token = request.POST.get("token", "")
    token = token if TOKEN.fullmatch(token) else new_token()
    return keep_intake(token=token, form=text, seen=version, actor=request.actor, at=at)


@guarded(HotlineRight.CASE_INTAKE)
@require_POST
def draft(request: ActorRequest) -> HttpResponse:
    """Keep what stands in the form: two seconds after the last key, or by Ctrl+S; say under which token."""
    at = now()
    text = kept_text(request.POST)
    if len(text) > LONGEST_DRAFT:
        return HttpResponse(status=REFUSED)
    kept = _keep(request, text, at)
    response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    if kept is not None:
        response["X-Draft"] = json.dumps({"token": kept.token, "seen": str(kept.version)})
    if "X-Autosave" not in request.headers:
        response["HX-Trigger"] = json.dumps({"toast": {"words": _("草稿已存。")}})
    return response


@guarded(HotlineRight.CASE_INTAKE)
@require_POST
def caller(request: ActorRequest) -> HttpResponse:
    """Answer with what this number has asked before; the number travels in the body, never in an address."""
    at = now()
    values = {"phone": request.POST.get("phone", ""), "topic": request.POST.get("topic", "")}
    return render(request, "hotline/call_desk.html#history", _history(values, at))


@guarded(HotlineRight.CASE_INTAKE)
@require_POST
def similar(request: ActorRequest) -> HttpResponse:
    """Answer with what was reported at the same place in the last thirty days."""
    at = now()
    return render(request, "hotline/call_desk.html#similar", _similar(_values(request), at))


@guarded(HotlineRight.CASE_INTAKE)
@require_POST
def route(request: ActorRequest) -> HttpResponse:
    """Answer with where this would go, until when and by which rule: nothing is read but memory."""
    at, values = now(), _values(request)
    context = {"route": _route(values, at), "typed": hides(_typed_words(values)), "htmx": True}
    return render(request, "hotline/call_desk.html#route", context)


@guarded(HotlineRight.CASE_INTAKE)
@require_POST
def asked(request: ActorRequest) -> HttpResponse:
    """Answer with what the topic asks besides; what was answered for another topic stays in the form."""
    form = _form(now(), initial=_values(request))
    context = {"form": form, "others_answers": _other_answers(request, form)}
    return render(request, "hotline/call_desk.html#questions", context)


def _other_answers(request: ActorRequest, form: CallForm) -> list[tuple[str, str]]:
    """Return the answers in hand that belong to the questions of another topic, as fields that are not seen."""
    given = typed_answers(request.POST) if request.method == "POST" else typed_values(form.initial)
    return [(PREFIX + c, one) for c, values in given.items() if PREFIX + c not in form.fields for one in values]


@guarded(HotlineRight.CASE_INTAKE)
@require_GET
def address_suggest(request: ActorRequest) -> HttpResponse:
    """Suggest addresses; each carries its point and community."""
    names = {c.id: named(c) for c in communities()}
    found = [
        {
            "value": f"{a.lon:.6f},{a.lat:.6f}",
            "label": a.text,
            "hint": names.get(a.community_id, ""),
            "community": a.community_id,
        }
        for a in find_addresses(request.GET.get("q", "")[:40])
    ]
    return JsonResponse(found, safe=False)


def _values(request: ActorRequest) -> dict[str, Any]:
    return kept_values(kept_text(request.POST))


def _form(at: datetime, data: QueryDict | None = None, **more: Any) -> CallForm:
    known = catalogue(at)
    reasons = (r.code for r in known.reasons)
    form = CallForm(data, topics=known.leaves, communities=community_choices(), reasons=reasons, **more)
    said: Mapping[str, Any] = form.data if form.is_bound else form.initial
    # An emergency is put through and written down at once; a matter that is refused or answered asks for nothing more.
    required = form.act == Outcome.REGISTER and not said.get("transfer")
    questions = questions_of(_topic_of(said, at), at)
    form.ask(questions, english=not chinese(), required=required)
    if not form.is_bound:
        form.initial.update(initial_of(typed_values(said), questions))
    return form


def _topic_of(values: Mapping[str, Any], at: datetime) -> int | None:
    """Return the topic that was taken from the list, or whose name was typed."""
    typed = str(values.get("topic_text") or "").strip()
    named_so = next((t.id for t in catalogue(at).leaves if typed and typed in {t.name_zh, t.name_en}), None)
    return (_whole(values.get("topic")) or named_so) if typed else None


def _show(
    request: ActorRequest,
    form: CallForm,
    at: datetime,
    *,
    saved_at: datetime | None = None,
    others: Sequence[Unfinished] = (),
    asks_new: bool = False,
    status: int = HTTPStatus.OK,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Draw the desk: everything beside the form comes from memory, what needs a statement is fetched by the page."""
    known = catalogue(at)
    values = {name: form[name].value() for name in form.fields}
    words = _typed_words(values)
    context = {
        **frame(request.actor, "call_desk"),
        "form": form,
        "kinds": [
            (value, label, key, value == values["kind"]) for (value, label), key in zip(KINDS, KEYS, strict=True)
        ],
        "topics": _topic_json(at),
        "groups": _grouped(at),
        "emergency": rules.emergency_service(words, known.emergency),
        "emergency_words": [list(pair) for pair in known.emergency],
        "consents": [
            (value, label, key, value == values["consent"])
            for (value, label), key in zip(CONSENT, CONSENT_KEYS, strict=True)
        ],
        "boxes": [form[name] for name in ("sms", "anonymous", "confidential")],
        "typed": hides(words),
        "services": SERVICES,
        "reasons": [_reason_words(r) for r in known.reasons],
        "route": _route(values, at),
        "others_answers": _other_answers(request, form),
        "saved_at": saved_at,
        "others": others,
        "asks_new": asks_new,
        "calling": "call" in request.GET,
        **dict(more or {}),
    }
    return render(request, "hotline/call_desk.html", context, status=status)


def _typed_words(values: Mapping[str, Any]) -> str:
    return " ".join(str(values.get(name) or "") for name in ("title", "address", "description"))


def _show_done(request: ActorRequest, done: Mapping[str, str], at: datetime) -> HttpResponse:
    context = {
        **frame(request.actor, "call_desk"),
        "done": done,
        "receipt": written(done["receipt"]),
        "spelled": spelled(done["receipt"], get_language() or "zh"),
        "route": _route(done, at),
        "case_url": reverse("hotline:case", args=[done["done"]]),
    }
    return render(request, "hotline/call_desk_done.html", context)


def _topic_json(at: datetime) -> list[dict[str, str]]:
    """Return the choices of the topic field: the browser finds them by name, pinyin and initials without asking."""
    known = catalogue(at)
    return [
        {
            "value": str(t.id),
            "label": named(t),
            "hint": named(known.topics.get(t.parent_id or 0)),
            "keys": " ".join([*_tails(t.pinyin), t.name_en.lower() if chinese() else t.name_zh]),
        }
        for t in known.leaves
    ]


def _tails(pinyin: str) -> list[str]:
    """Return the whole pinyin and every ending of the initials: 施工噪声 is looked for by sgzs as well as by jzsgzs."""
    whole, _space, initials = pinyin.partition(" ")
    return [whole, *(initials[i:] for i in range(max(1, len(initials) - 1)))]


def _grouped(at: datetime) -> list[tuple[str, list[str]]]:
    """Return the topics by group, for those who pick without script."""
    known = catalogue(at)
    return [(named(g), [named(t) for t in known.leaves if t.parent_id == g.id]) for g in known.groups]


def _reason_words(reason: Any) -> dict[str, str]:
    return {
        "code": reason.code,
        "reason": reason.reason_zh if chinese() else reason.reason_en,
        "channel": reason.channel_zh if chinese() else reason.channel_en,
        "source": reason.source,
    }


def _route(values: Mapping[str, Any], at: datetime) -> Any:
    topic = _whole(values.get("topic")) or _topic_of(values, at)
    emergency = values.get("transfer") or values.get("service")
    urgency = (
        Case.Urgency.EMERGENCY if emergency else Case.Urgency.URGENT if values.get("urgent") else Case.Urgency.ORDINARY
    )
    kind = str(values.get("kind") or "complaint")
    community = _whole(values.get("community")) or community_at(point_in(str(values.get("place") or "")))
    return route_of(kind=kind, topic_id=topic, community_id=community, urgency=urgency, at=at)


def _whole(value: Any) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("9999999999") else None


def _looked_up(values: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return _history(values, at) | _similar(values, at)


def _history(values: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Return the caller's cases, newest first, each once; an open emergency is told before anything else."""
    parties = caller_history(str(values.get("phone") or ""))
    cases = {p.case_id: p.case for p in parties if p.case.kind.startswith("hotline.")}
    alarms = [c for c in cases.values() if c.urgency == Case.Urgency.EMERGENCY and c.closed_at is None]
    again = _same_matter(list(cases.values()), _whole(values.get("topic")))
    index = index_of(str(values.get("phone") or ""))
    held = index is not None and index in catalogue(at).held_back
    contacts = [p.contact for p in parties if p.contact is not None]
    return {
        "history": rows(cases.values(), at),
        "alarms": rows(alarms, at),
        "known_as": next((c.mask_name for c in contacts if c.mask_name), ""),
        "masked": next((c.mask_phone for c in contacts if c.mask_phone), ""),
        "asked": _is_number(str(values.get("phone") or "")),
        "no_sms": _no_sms(str(values.get("phone") or ""), at),
        "again": rows(again, at),
        "held": restriction_on(index, at) if index is not None and held else None,
    }


def _same_matter(cases: Sequence[Case], topic_id: int | None) -> list[Case]:
    """Return the open cases of this number that a further call is most likely about: of the topic, else all open."""
    waiting = [case for case in cases if case.closed_at is None]
    return [case for case in waiting if case.topic_id == topic_id] if topic_id else waiting


def _is_number(text: str) -> bool:
    """Whether the number is complete: of half a number nobody can say that it never called."""
    try:
        return bool(normalise_phone(text))
    except InvalidParty:
        return False


def _no_sms(phone: str, at: datetime) -> str:
    """Return why no text message reaches a number; nothing for one that is reached, and for half a number."""
    if not _is_number(phone):
        return ""
    number, day = normalise_phone(phone), local_day(at)
    if code := barred_code(number, day):
        told = _("短信发不到 %(code)s 的号码，回电照样打得通。请来电人记下件号和查询码。")
        return told % {"code": code}
    return "" if may_text(number, day) else _("这是座机，收不到短信，回电照样打得通。请来电人记下件号和查询码。")


def _similar(values: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    lon, lat = point_in(str(values.get("place") or "")) or (None, None)
    found = around(
        lon=lon, lat=lat, community_id=_whole(values.get("community")), topic_id=_whole(values.get("topic")), at=at
    )
    shown: Sequence[CaseRow] = rows([n.case for n in found], at)
    return {
        "similar": [Around(row, near.metres) for row, near in zip(shown, found, strict=True)],
        "by_point": lon is not None,
        "looked": True,
    }


def _go(request: ActorRequest, url: str) -> HttpResponse:
    """Lead to another page; htmx is told to load it whole, so that timer and draft begin anew."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": url})
    return redirect(url)


routes: list[URLPattern] = [
    path("desk/call/", call_desk, name="call_desk"),
    path("desk/call/draft/", draft, name="intake_draft"),
    path("desk/call/caller/", caller, name="caller"),
    path("desk/call/similar/", similar, name="similar"),
    path("desk/call/route/", route, name="intake_route"),
    path("desk/call/questions/", asked, name="intake_questions"),
    path("desk/call/addresses/", address_suggest, name="address_suggest"),
]
