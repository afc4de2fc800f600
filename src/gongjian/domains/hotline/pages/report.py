"""Reporting in five steps, without an account and without script: one question a page, nothing lost on the way."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongjian.casework.errors import RefusedError
from gongjian.casework.limits import book
from gongjian.documents.actions import Refused, claim, discard
from gongjian.documents.downloads import file_response
from gongjian.documents.models import Document
from gongjian.documents.qr import qr_svg
from gongjian.documents.queries import of_draft
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.actions.intake import Report, Reporter, register_request
from gongjian.domains.hotline.actions.sending import REPORT, once
from gongjian.domains.hotline.forms.public import (
    KINDS,
    CheckForm,
    ContactForm,
    DescribeForm,
    PublicForm,
    WhatForm,
    WhereForm,
)
from gongjian.domains.hotline.pages import public
from gongjian.domains.hotline.pages.common import named, state_badge
from gongjian.domains.hotline.pages.drafts import DONE_KEY, DRAFT_KEY, Draft, remember, seal, unseal
from gongjian.domains.hotline.queries import Near, TopicRef, catalogue, similar, tracked
from gongjian.httpapi.limits import allow
from gongjian.identity.guard import guarded
from gongjian.identity.models import Session
from gongjian.identity.requests import ActorRequest, client_ip
from gongjian.identity.sessions import SessionStore, row_key
from gongjian.parties.phones import display_phone
from gongjian.places.queries import communities, find_addresses
from gongjian.sealing.masking import mask_phone
from gongjian.web.middleware import reader_of
from gongjian.web.parts import MapPoint
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day

logger = logging.getLogger(__name__)

STEPS: Final = ("what", "where", "describe", "contact", "check")
TILE_PLACES: Final = 100  # topics whose place is in front of this are tiles
STEPS_A_MINUTE: Final = 40
PHOTOS_A_MINUTE: Final = 20
REPORTS_A_MINUTE: Final = 6
ANONYMOUS_AN_HOUR: Final = 10
# How long the receipt code stays on the page after sending: to write it down, print it, or survive a reload.
RECEIPT_SHOWN: Final = timedelta(minutes=15)
BAD_REQUEST, INVALID = 400, 422
TOKEN: Final = re.compile(r"[\w-]{20,40}", re.ASCII)


@dataclass(frozen=True)
class Line:
    """One line of the page that is checked before sending."""

    label: str
    text: str
    change: str


def step_url(name: str) -> str:
    return reverse("hotline:report" if name == "what" else f"hotline:report_{name}")


@guarded(anonymous=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def what(request: ActorRequest) -> HttpResponseBase:
    """Step 1: a few words or a topic; words that sound like a topic are asked back once."""
    at, draft = now(), Draft.of(request)
    topics = catalogue(at).leaves
    choices = [(t.code, named(t)) for t in topics] + [("", _("都不是，或说不清"))]
    if request.method != "POST":
        asked = {name: request.GET[name] for name in ("kind", "topic", "words") if request.GET.get(name)}
        known = {"kind": draft.kind or "complaint", "words": draft.words, "topic": draft.topic}
        form = WhatForm(initial=known | asked, topics=choices)
        return _show(request, "what", form, draft, _what_choices(topics, str(form.initial["topic"]), at))
    if DRAFT_KEY not in request.session and TOKEN.fullmatch(request.POST.get("draft_key", "")):
        draft.token = request.POST["draft_key"]  # the phone knows this draft by it already
    form = WhatForm(request.POST, topics=choices)
    refusal = _refuse(request, form, "what", at)
    if refusal is not None:
        return refusal
    if not form.is_valid():
        return _show(request, "what", form, draft, _what_choices(topics, request.POST.get("topic", ""), at))
    draft.take(form.cleaned_data)
    draft.keep(request)
    close = [] if draft.topic or "asked" in request.POST else _sounds_like(draft.words, topics)
    if close:
        return _show(request, "what", form, draft, _what_choices(topics, "", at) | {"close": close})
    return redirect(step_url(_next(draft, "what")))


def _what_choices(topics: tuple[TopicRef, ...], chosen: str, at: datetime) -> dict[str, object]:
    """Return the tiles; a topic that came with a link or an earlier answer stands first."""
    tiles = sorted((t for t in topics if t.order < TILE_PLACES), key=lambda t: t.order) or list(topics[:9])
    own = [t for t in topics if t.code == chosen and t not in tiles]
    return {"tiles": [(t.code, named(t), t.code == chosen) for t in [*own, *tiles]], "chosen": chosen, "at": at}


def _sounds_like(words: str, topics: tuple[TopicRef, ...]) -> list[tuple[str, str]]:
    by_code = {t.code: t for t in topics}
    return [(code, named(by_code[code])) for code in rules.best_matches(words, public.subject_names(topics))]


@guarded(anonymous=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def where(request: ActorRequest) -> HttpResponseBase:
    """Step 2: community, words, a point on the map, or the honest "I do not know"."""
    at, draft = now(), Draft.of(request)
    early = _too_early(draft, "where")
    if early is not None:
        return early
    choices = [(str(c.id), named(c)) for c in communities()]
    if request.method != "POST":
        form = WhereForm(initial=_of(draft, "community", "address", "lon", "lat", "unknown"), communities=choices)
        return _show(request, "where", form, draft, _where_choices(draft))
    form = WhereForm(request.POST, communities=choices)
    refusal = _refuse(request, form, "where", at)
    if refusal is not None:
        return refusal
    if not form.is_valid():
        return _show(request, "where", form, draft, _where_choices(draft))
    draft.take(form.cleaned_data)
    draft.placed = True
    draft.keep(request)
    if _similar(draft, at):
        return redirect("hotline:report_similar")
    return redirect(step_url(_next(draft, "where")))


def _where_choices(draft: Draft) -> dict[str, object]:
    return {
        "groups": public.community_groups(),
        "map": public.pick_map(draft.lon, draft.lat),
        "addresses_url": reverse("hotline:report_addresses"),
    }


def _similar(draft: Draft, at: datetime) -> list[Near]:
    topic = catalogue(at).by_code(draft.topic) if draft.topic else None
    if topic is None or draft.lon is None or draft.lat is None:
        return []
    return similar(lon=draft.lon, lat=draft.lat, topic_id=topic.id, at=at)


@guarded(anonymous=True)
@never_cache
@require_GET
def similar_cases(request: ActorRequest) -> HttpResponseBase:
    """Between steps 2 and 3: what others have reported nearby, to read, before anything is written twice."""
    at, draft = now(), Draft.of(request)
    found = _similar(draft, at)
    if not found or draft.lon is None or draft.lat is None:
        return redirect(step_url(_next(draft, "where")))
    topics = catalogue(at).topics
    rows = [
        {
            "number": str(nth),
            # Words of others are shown once somebody here has read them; until then the topic stands for them.
            "title": near.case.title if near.case.state != "received" else named(topics.get(near.case.topic_id or 0)),
            "badge": state_badge(near.case),
            "metres": max(10, round(near.metres, -1)),
            "opened_at": near.case.opened_at,
        }
        for nth, near in enumerate(found, 1)
    ]
    points = [MapPoint(str(row["number"]), str(row["title"]), n.lon, n.lat) for row, n in zip(rows, found, strict=True)]
    context = {
        "rows": rows,
        "map": public.near_map(draft.lon, draft.lat, points),
        "next": step_url(_next(draft, "where")),
        "back": step_url("where"),
    }
    return render(request, "hotline/report_similar.html", _frame(draft, "where", at) | context)


@guarded(anonymous=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def describe(request: ActorRequest) -> HttpResponseBase:
    """Step 3: words and up to five photos; a photo that is refused takes nothing else with it."""
    at, draft = now(), Draft.of(request)
    early = _too_early(draft, "describe")
    if early is not None:
        return early
    if request.method != "POST":
        form = DescribeForm(initial={"description": draft.description or draft.words})
        return _show(request, "describe", form, draft, _photos(form, draft))
    form = DescribeForm(request.POST, request.FILES, voiced=_voice(draft) is not None)
    refusal = _refuse(request, form, "describe", at)
    if refusal is not None:
        return refusal
    form.is_valid()
    uploads, voice = form.cleaned_data.get("photos", []), form.cleaned_data.get("voice")
    if (uploads or voice) and not allow("report-photos", client_ip(request), PHOTOS_A_MINUTE, at):
        form.add_error("photos", _("照片来得太快。过一分钟再加，文字已经记下了。"))
        uploads, voice = [], None
    public.take_voice(form, upload=voice, claim=draft.claim, actor=request.actor, at=at)
    public.take_photos(form, uploads=uploads, claim=draft.claim, actor=request.actor, at=at)
    draft.description = form.cleaned_data.get("description", draft.description)
    draft.keep(request)
    if form.errors or "more" in request.POST:
        return _show(request, "describe", form, draft, _photos(form, draft))
    return redirect(step_url(_next(draft, "describe")))


def _photos(form: DescribeForm, draft: Draft) -> dict[str, object]:
    kept = [one for one in of_draft(draft.claim) if one.is_image]
    return {"kept": kept, "photos_max": public.room_for_photos(form, kept), "voice": _voice(draft)}


def _voice(draft: Draft) -> Document | None:
    """Return the voice message of a draft."""
    return next((one for one in of_draft(draft.claim) if one.kind == Document.Kind.RECORDING), None)


@guarded(anonymous=True)
@require_GET
def photo(request: ActorRequest, document_id: int) -> HttpResponseBase:
    """Show a small picture of one's own draft, or play its voice message."""
    found = [d for d in of_draft(Draft.of(request).claim) if d.pk == document_id]
    if not found:
        raise Http404
    return file_response(found[0], inline=True, thumb=True)


@guarded(anonymous=True)
@require_POST
def photo_drop(request: ActorRequest, document_id: int) -> HttpResponseBase:
    """Take one photo out of the draft."""
    discard(document_id=document_id, claim_token=Draft.of(request).claim)
    return redirect("hotline:report_describe")


@guarded(anonymous=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: ActorRequest) -> HttpResponseBase:
    """Step 4: how to reach the reporter, or nobody."""
    at, draft = now(), Draft.of(request)
    early = _too_early(draft, "contact")
    if early is not None:
        return early
    names = ("name", "email", "consent", "language", "behalf_name")
    if request.method != "POST":
        phones = {n: display_phone(v) for n in ("phone", "behalf_phone") if (v := getattr(draft, n))}
        initial = _of(draft, *names) | phones
        initial["language"] = draft.language or reader_of(request).language
        return _show(request, "contact", ContactForm(initial=initial), draft)
    form = ContactForm(request.POST)
    refusal = _refuse(request, form, "contact", at)
    if refusal is not None:
        return refusal
    if not form.is_valid():
        return _show(request, "contact", form, draft)
    draft.take(form.cleaned_data)
    draft.reached = True
    draft.keep(request)
    return redirect(step_url("check"))


@guarded(anonymous=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: ActorRequest) -> HttpResponseBase:
    """Step 5: everything once more, then one press; pressing twice sends once."""
    at, draft = now(), Draft.of(request)
    if DRAFT_KEY not in request.session and DONE_KEY in request.session:
        return redirect("hotline:report_done")
    early = _too_early(draft, "check")
    if early is not None:
        return early
    if request.method != "POST":
        return _show(request, "check", CheckForm(), draft, _answers(draft, at))
    form = CheckForm(request.POST)
    refusal = _refuse(request, form, "check", at) or _too_many(request, draft, at)
    if refusal is not None:
        return refusal
    form.is_valid()
    try:
        _send(request, draft, at)
    except (RefusedError, Refused) as error:
        form.add_error(None, str(error.message))
        return _show(request, "check", form, draft, _answers(draft, at))
    return redirect("hotline:report_done")


def _send(request: ActorRequest, draft: Draft, at: datetime) -> None:
    """Open the case once: the session's row is held, so that a second press waits and finds it done.

    Where the answer was lost and the phone sends the same again by itself, its key is the draft's token.
    """
    with transaction.atomic():
        key = request.session.session_key or ""
        Session.objects.select_for_update().filter(pk=row_key(key)).first()
        if unseal(SessionStore(session_key=key), DRAFT_KEY).get("token") != draft.token:
            return
        sent = once(key=draft.token, act=REPORT, run=lambda: _open(request, draft, at), at=at)
        del request.session[DRAFT_KEY]
        done = {
            "number": sent.number,
            "receipt": sent.answer.get("receipt", ""),
            "sent_at": at.isoformat(),
            "due_at": sent.answer.get("due_at", ""),
            "kind": draft.kind,
            "topic": draft.topic,
            "told": mask_phone(draft.phone) if draft.phone else draft.email,
        }
        seal(request.session, DONE_KEY, done)
        own = tracked(number=sent.number, secret=done["receipt"]) if done["receipt"] else None
        if own is not None:
            remember(request, number=sent.number, party_id=own.party.pk)
        request.session.save()


def _open(request: ActorRequest, draft: Draft, at: datetime) -> tuple[int, str, Mapping[str, Any]]:
    """Open the case with the draft's photos; return its id, its number and what the page says of it."""
    photos = [d.pk for d in of_draft(draft.claim)]
    if photos:
        claim(document_ids=photos, claim_token=draft.claim, field="photos")
    opened = register_request(report=_report(request, draft, photos, at), actor=request.actor, at=at)
    due = opened.due_at.isoformat() if opened.due_at else ""
    return opened.id, opened.number, {"number": opened.number, "receipt": opened.receipt, "due_at": due}


def _report(request: ActorRequest, draft: Draft, photos: list[int], at: datetime) -> Report:
    topic = catalogue(at).by_code(draft.topic) if draft.topic else None
    person_id = request.actor.person_id if request.actor.kind == "resident" else None
    behalf = Reporter(name=draft.behalf_name, phone=draft.behalf_phone, notify=False) if draft.behalf else None
    return Report(
        kind=draft.kind,
        description=draft.description,
        topic_id=topic.id if topic else None,
        channel="web",
        language=draft.language or reader_of(request).language,
        address=draft.address,
        lon=draft.lon,
        lat=draft.lat,
        community_id=int(draft.community) if draft.community else None,
        reporter=Reporter(
            name=draft.name,
            phone=draft.phone,
            email=draft.email,
            consent_contact=draft.consent,
            person_id=person_id,
        ),
        on_behalf_of=behalf,
        documents=photos,
    )


def _answers(draft: Draft, at: datetime) -> dict[str, object]:
    """Return the answers of all steps as lines with a way back to each."""
    topic = catalogue(at).by_code(draft.topic) if draft.topic else None
    place = next((named(c) for c in communities() if str(c.id) == draft.community), "")
    spot = _("地图上的一点") if draft.lon is not None and not draft.address else ""
    where_words = " ".join(part for part in (place, draft.address, spot) if part) or _("说不清在哪里")
    reach = [mask_phone(draft.phone) if draft.phone else "", draft.email, draft.name]
    kind = str(dict(KINDS).get(draft.kind, ""))
    lines = [
        Line(_("什么事"), ": ".join(part for part in (kind, named(topic) or draft.words) if part), step_url("what")),
        Line(_("在哪里"), where_words, step_url("where")),
        Line(_("情况"), draft.description, step_url("describe")),
        Line(_("怎么联系您"), "　".join(part for part in reach if part) or _("不留，匿名反映"), step_url("contact")),
    ]
    if draft.phone:
        agreed = _("可以") if draft.consent else _("不可以，由 12349 转告")
        lines.append(Line(_("办理单位可以打给您吗"), agreed, step_url("contact")))
    if draft.behalf:
        other = [draft.behalf_name, mask_phone(draft.behalf_phone) if draft.behalf_phone else ""]
        lines.append(Line(_("替谁反映"), "　".join(part for part in other if part), step_url("contact")))
    kept = of_draft(draft.claim)
    return {
        "lines": lines,
        "kept": [one for one in kept if one.is_image],
        "voice": next((one for one in kept if not one.is_image), None),
        "anonymous": draft.anonymous,
    }


@guarded(anonymous=True)
@never_cache
@require_GET
def done(request: ActorRequest) -> HttpResponseBase:
    """Say that we have it: number, receipt code, what happens next and by when."""
    at, sent = now(), unseal(request.session, DONE_KEY)
    if not sent:
        return redirect(step_url("what"))
    sent_at = parse_datetime(sent["sent_at"]) or at
    receipt = sent.get("receipt", "")
    if receipt and at - sent_at > RECEIPT_SHOWN:
        receipt = ""
        seal(request.session, DONE_KEY, sent | {"receipt": ""})
    link = f"{settings.PUBLIC_URL}{reverse('hotline:track')}?number={sent['number']}"
    context = {
        "number": sent["number"],
        "receipt": receipt,
        "receipt_spaced": f"{receipt[:5]} {receipt[5:]}",
        "due_at": parse_datetime(sent["due_at"]) if sent["due_at"] else None,
        "answer_term": _answer_term(sent, at),
        "told": sent["told"],
        "told_phone": bool(sent["told"]) and "@" not in sent["told"],
        "qr": qr_svg(link, title=_("查进度的二维码")),
        "track_url": reverse("hotline:track_case", args=[sent["number"]]),
    }
    return render(request, "hotline/report_done.html", context)


def _answer_term(sent: Mapping[str, Any], at: datetime) -> str:
    topic = catalogue(at).by_code(sent["topic"]) if sent["topic"] else None
    key = (
        topic.limit_key if topic and topic.limit_key not in {"", "hotline.answer"} else f"hotline.answer.{sent['kind']}"
    )
    return public.term_words(book().term(key=key, urgency=0, day=local_day(at)).term)


@guarded(anonymous=True)
@require_POST
def drop(request: ActorRequest) -> HttpResponseBase:
    """Throw the draft away, because somebody else has reported the same."""
    request.session.pop(DRAFT_KEY, None)
    messages.success(request, _("好的，不重复写了。已经有人反映，单位会一起处理。"))
    return redirect("/")


@guarded(anonymous=True)
@require_GET
def addresses(request: ActorRequest) -> HttpResponseBase:
    """Suggest addresses; the value of each is its point."""
    names = {c.id: named(c) for c in communities()}
    found = find_addresses(request.GET.get("q", "")[:40])
    rows = [
        {"value": f"{a.lon:.6f},{a.lat:.6f}", "label": a.text, "hint": names.get(a.community_id, "")} for a in found
    ]
    return JsonResponse(rows, safe=False)


def _show(
    request: HttpRequest, name: str, form: PublicForm, draft: Draft, more: Mapping[str, object] | None = None
) -> HttpResponse:
    """Draw one step; a form with errors answers 422, so that nobody takes it for done."""
    context = _frame(draft, name, now()) | {"form": form} | dict(more or {})
    return render(request, f"hotline/report_{name}.html", context, status=INVALID if form.errors else 200)


def _frame(draft: Draft, name: str, at: datetime) -> dict[str, object]:
    known = catalogue(at)
    place = STEPS.index(name)
    topic = known.by_code(draft.topic) if draft.topic else None
    return {
        "step": place + 1,
        "steps": len(STEPS),
        "back": step_url(STEPS[place - 1]) if place else "/",
        "about": named(topic) or draft.words,
        "draft_key": draft.token,
        "what_url": step_url("what"),
        "emergency": rules.emergency_service(draft.text, known.emergency),
        "emergency_words": [list(pair) for pair in known.emergency],
    }


def _next(draft: Draft, name: str) -> str:
    """Return the step after this one, or the last one where everything is answered already."""
    return "check" if draft.first_open == "check" else STEPS[STEPS.index(name) + 1]


def _too_early(draft: Draft, name: str) -> HttpResponse | None:
    """Send somebody who opens a later step first to the step that is still open."""
    missing = draft.first_open
    return redirect(step_url(missing)) if STEPS.index(missing) < STEPS.index(name) else None


def _refuse(request: ActorRequest, form: PublicForm, name: str, at: datetime) -> HttpResponse | None:
    """Refuse programs that fill in everything, and whoever sends steps faster than a hand can."""
    if form.from_a_program:
        reason = _("有一栏是给自动程序看的，请留空。可能是浏览器自动填上的。")
        return public.slow_down(request, reason=reason, back=step_url(name), status=BAD_REQUEST)
    if not allow("report-steps", client_ip(request), STEPS_A_MINUTE, at):
        return public.slow_down(request, reason=_("这个网络地址一分钟里提交得太多。"), back=step_url(name))
    return None


def _too_many(request: ActorRequest, draft: Draft, at: datetime) -> HttpResponse | None:
    address, back = client_ip(request), step_url("check")
    if not allow("report", address, REPORTS_A_MINUTE, at):
        return public.slow_down(request, reason=_("这个网络地址一分钟里反映得太多。"), back=back)
    anonymous = draft.anonymous and not request.actor.signed_in
    if anonymous and not allow("report-anonymous", address, ANONYMOUS_AN_HOUR, at, window=timedelta(hours=1)):
        reason = _("这个网络地址一小时里匿名反映得太多。留一个电话或邮箱，现在就能发。")
        return public.slow_down(request, reason=reason, back=step_url("contact"))
    return None


def _of(draft: Draft, *names: str) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in names}


routes: list[URLPattern] = [
    path("report", what, name="report"),
    path("report/where", where, name="report_where"),
    path("report/similar", similar_cases, name="report_similar"),
    path("report/describe", describe, name="report_describe"),
    path("report/contact", contact, name="report_contact"),
    path("report/check", check, name="report_check"),
    path("report/done", done, name="report_done"),
    path("report/drop", drop, name="report_drop"),
    path("report/photos/<int:document_id>", photo, name="report_photo"),
    path("report/photos/<int:document_id>/drop", photo_drop, name="report_photo_drop"),
    path("report/addresses", addresses, name="report_addresses"),
]
