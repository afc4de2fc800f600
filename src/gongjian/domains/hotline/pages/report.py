"""Reporting in five steps, without an account and without script: one question a page, nothing lost on the way.

Every page carries the token of its draft and what it showed of it: `report_steps`. The last step is `report_check`.
"""

from datetime import datetime
from typing import Final

from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongjian.documents.actions import discard
from gongjian.documents.downloads import file_response
from gongjian.documents.limits import takes_files
from gongjian.documents.models import Document
from gongjian.documents.queries import of_draft
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.forms.placing import NOWHERE, Place
from gongjian.domains.hotline.forms.public import DescribeForm
from gongjian.domains.hotline.forms.questions import initial_of
from gongjian.domains.hotline.pages import public
from gongjian.domains.hotline.pages.common import named
from gongjian.domains.hotline.pages.drafts import Draft, asked, found, unsent
from gongjian.domains.hotline.pages.following import follow_url
from gongjian.domains.hotline.pages.progress import stage_badge
from gongjian.domains.hotline.pages.report_steps import (
    describe_form,
    done_url,
    frame,
    initial,
    next_step,
    posted,
    questions,
    refuse,
    show,
    shown,
    step_form,
    step_url,
    take,
    way_on,
)
from gongjian.domains.hotline.queries import Similar, TopicRef, catalogue, similar
from gongjian.domains.hotline.queries.publishing import is_public_topic
from gongjian.httpapi.limits import allow
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest, client_ip
from gongjian.parties.phones import display_phone
from gongjian.places.queries import communities, find_addresses
from gongjian.web.middleware import reader_of
from gongjian.web.parts import MapPoint
from gongjian.workdays.clock import now

TILE_PLACES: Final = 100  # topics whose place is in front of this are tiles
PHOTOS_A_MINUTE: Final = 20


@guarded(anonymous=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def what(request: ActorRequest) -> HttpResponseBase:
    """Step 1: a few words or a topic; words that sound like a topic are asked back once."""
    at, topics = now(), catalogue(now()).leaves
    if request.method != "POST":
        return _what_page(request, topics, at)
    form = step_form("what", at, request.POST)
    refusal = refuse(request, form, "what", at)
    if refusal is not None:
        return refusal
    draft = posted(request, "what", at)
    if not form.is_valid() or not take(request, "what", form, draft, at):
        return show(request, "what", form, draft, _what_choices(topics, request.POST.get("topic", ""), at))
    asked_back, chosen = "asked" in request.POST, "topic" in request.POST
    close = [] if draft.moved or draft.topic or (asked_back and chosen) else _sounds_like(draft.words, topics)
    if not close:
        return way_on("what", draft)
    if asked_back:
        form.add_error("topic", _("是哪一类？选一类；都不是，就选最后一行。"))
    here = {"close": close, "back": step_url("what", draft)}
    return show(request, "what", form, draft, _what_choices(topics, "", at) | here)


def _what_page(request: ActorRequest, topics: tuple[TopicRef, ...], at: datetime) -> HttpResponse:
    """Begin a report, or go on with the one that the address names; others of this visitor are offered beside it."""
    named_one = found(request) if asked(request) else None
    if named_one is not None and named_one.sent:
        return redirect(done_url(named_one))
    draft = named_one or Draft()
    wanted = {name: request.GET[name] for name in ("kind", "topic", "words") if request.GET.get(name)}
    known = {"kind": draft.kind or "complaint", "words": draft.words, "topic": draft.topic}
    form = step_form("what", at, initial=known if named_one is not None else known | wanted)
    begun = [] if named_one is not None else [(one, step_url("what", one)) for one in unsent(request)]
    return show(request, "what", form, draft, _what_choices(topics, str(form.initial["topic"]), at) | {"begun": begun})


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
    at = now()
    if request.method != "POST":
        seen = shown(request, "where")
        if isinstance(seen, HttpResponse):
            return seen
        return show(
            request, "where", step_form("where", at, initial=initial(seen, "where")), seen, _where_choices(seen)
        )
    form = step_form("where", at, request.POST, before=_place_of(found(request)))
    refusal = refuse(request, form, "where", at)
    if refusal is not None:
        return refusal
    draft = posted(request, "where", at)
    if not form.is_valid() or not take(request, "where", form, draft, at, placed=True):
        return show(request, "where", form, draft, _where_choices(draft))
    if not draft.moved and _similar(draft, at):
        return redirect(step_url("similar", draft))
    return way_on("where", draft)


def _place_of(draft: Draft | None) -> Place:
    """Return the place that the page of a draft was drawn with."""
    if draft is None or draft.lon is None or draft.lat is None:
        return NOWHERE
    return Place(draft.address, (draft.lon, draft.lat), int(draft.community) if draft.community else None)


def _where_choices(draft: Draft) -> dict[str, object]:
    return {
        "groups": public.community_groups(),
        "map": public.pick_map(draft.lon, draft.lat),
        "addresses_url": reverse("hotline:report_addresses"),
    }


def _similar(draft: Draft, at: datetime) -> list[Similar]:
    topic = catalogue(at).by_code(draft.topic) if draft.topic else None
    if topic is None or draft.lon is None or draft.lat is None or not is_public_topic(topic.id, at=at):
        return []
    return similar(lon=draft.lon, lat=draft.lat, topic_id=topic.id, at=at)


@guarded(anonymous=True)
@never_cache
@require_GET
def similar_cases(request: ActorRequest) -> HttpResponseBase:
    """Between steps 2 and 3: what others have reported nearby, to read, before anything is written twice."""
    at = now()
    draft = found(request) or Draft()
    found_near = _similar(draft, at)
    if not found_near or draft.lon is None or draft.lat is None:
        return redirect(step_url(next_step(draft, "where"), draft))
    topics, places = catalogue(at).topics, {c.id: c for c in communities()}
    rows = [
        {
            "number": str(nth),
            "follow_url": follow_url(draft, near.case_id),
            # Nobody's words: the topic stands for them until somebody here has approved a title for the public.
            "title": near.title or named(topics.get(near.topic_id or 0)),
            "place": near.road or named(places.get(near.community_id or 0)),
            "badge": stage_badge(near.kind, near.state),
            "metres": near.within,
            "opened_at": near.opened_at,
        }
        for nth, near in enumerate(found_near, 1)
    ]
    points = [
        MapPoint(str(row["number"]), str(row["title"]), n.lon, n.lat) for row, n in zip(rows, found_near, strict=True)
    ]
    context = {
        "rows": rows,
        "map": public.near_map(draft.lon, draft.lat, points),
        "next": step_url(next_step(draft, "where"), draft),
        "back": step_url("where", draft),
    }
    return render(request, "hotline/report_similar.html", frame(draft, "where", at) | context)


@guarded(anonymous=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@takes_files()
def describe(request: ActorRequest) -> HttpResponseBase:
    """Step 3: words and up to five photos; a photo that is refused takes nothing else with it."""
    at = now()
    if request.method != "POST":
        seen = shown(request, "describe")
        if isinstance(seen, HttpResponse):
            return seen
        first = {"description": seen.description or seen.words}
        first |= initial_of(seen.answers, questions(seen, at))
        form = describe_form(seen, at, initial=first)
        return show(request, "describe", form, seen, _photos(form, seen))
    refusal = refuse(request, DescribeForm(request.POST), "describe", at)
    if refusal is not None:
        return refusal
    draft = posted(request, "describe", at)
    if request.POST.get("drop", "").isdecimal():
        discard(document_id=int(request.POST["drop"]), claim_token=draft.claim)
    form = describe_form(draft, at, request.POST, request.FILES, voiced=_voice(draft) is not None)
    form.is_valid()
    # Answers to what another topic asked wait for that topic.
    form.cleaned_data["answers"] = draft.answers | form.answers
    _take_files(request, form, draft, at)
    kept = take(request, "describe", form, draft, at)
    if form.errors or not kept or "more" in request.POST or "drop" in request.POST:
        return show(request, "describe", form, draft, _photos(form, draft))
    return way_on("describe", draft)


def _take_files(request: ActorRequest, form: DescribeForm, draft: Draft, at: datetime) -> None:
    """Keep photos and voice message of a step, each judged for itself."""
    uploads, voice = form.cleaned_data.get("photos", []), form.cleaned_data.get("voice")
    if (uploads or voice) and not allow("report-photos", client_ip(request), PHOTOS_A_MINUTE, at):
        form.add_error("photos", _("照片来得太快。过一分钟再加，文字已经记下了。"))
        uploads, voice = [], None
    public.take_voice(form, upload=voice, claim=draft.claim, actor=request.actor, at=at)
    public.take_photos(form, uploads=uploads, claim=draft.claim, actor=request.actor, at=at)


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
    draft = found(request)
    files = [d for d in of_draft(draft.claim) if d.pk == document_id] if draft is not None else []
    if not files:
        raise Http404
    return file_response(files[0], inline=True, thumb=True)


@guarded(anonymous=True)
@require_POST
def photo_drop(request: ActorRequest, document_id: int) -> HttpResponseBase:
    """Take one photo out of the draft."""
    draft = found(request)
    if draft is not None:
        discard(document_id=document_id, claim_token=draft.claim)
    return redirect(step_url("describe", draft))


@guarded(anonymous=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: ActorRequest) -> HttpResponseBase:
    """Step 4: how to reach the reporter, or nobody."""
    at = now()
    if request.method != "POST":
        seen = shown(request, "contact")
        if isinstance(seen, HttpResponse):
            return seen
        phones = {n: display_phone(v) for n in ("phone", "behalf_phone") if (v := getattr(seen, n))}
        language = seen.language or reader_of(request).language
        form = step_form("contact", at, initial=initial(seen, "contact") | phones | {"language": language})
        return show(request, "contact", form, seen)
    form = step_form("contact", at, request.POST)
    refusal = refuse(request, form, "contact", at)
    if refusal is not None:
        return refusal
    draft = posted(request, "contact", at)
    if not form.is_valid() or not take(request, "contact", form, draft, at, reached=True):
        return show(request, "contact", form, draft)
    return way_on("contact", draft)


@guarded(anonymous=True)
@require_GET
def addresses(request: ActorRequest) -> HttpResponseBase:
    """Suggest addresses; the value of each is its point."""
    names = {c.id: named(c) for c in communities()}
    found = find_addresses(request.GET.get("q", "")[:40])
    rows = [
        {
            "value": f"{a.lon:.6f},{a.lat:.6f}",
            "label": a.text,
            "hint": names.get(a.community_id, ""),
            "community": a.community_id,
        }
        for a in found
    ]
    return JsonResponse(rows, safe=False)


routes: list[URLPattern] = [
    path("report", what, name="report"),
    path("report/where", where, name="report_where"),
    path("report/similar", similar_cases, name="report_similar"),
    path("report/describe", describe, name="report_describe"),
    path("report/contact", contact, name="report_contact"),
    path("report/photos/<int:document_id>", photo, name="report_photo"),
    path("report/photos/<int:document_id>/drop", photo_drop, name="report_photo_drop"),
    path("report/addresses", addresses, name="report_addresses"),
]
