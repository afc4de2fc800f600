"""Reporting on one page that a phone keeps: all five steps work without a signal, the server hears of it later."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from gongjian.casefile.reveal import hides
from gongjian.casework.errors import RefusedError
from gongjian.documents.actions import Busy, Refused
from gongjian.documents.gate import RETRY_S
from gongjian.documents.limits import takes_files
from gongjian.domains.hotline.actions.intake import UNCONFIRMED_A_DAY, Report, Reporter
from gongjian.domains.hotline.actions.sending import KeyUsedError, Sent, send_report
from gongjian.domains.hotline.forms.public import ContactForm, DescribeForm, PublicForm, WhatForm, WhereForm
from gongjian.domains.hotline.forms.questions import Asked
from gongjian.domains.hotline.pages import public
from gongjian.domains.hotline.pages.common import named
from gongjian.domains.hotline.queries import TopicRef, catalogue
from gongjian.domains.hotline.queries.open311 import questions_of
from gongjian.httpapi.limits import allow
from gongjian.identity.actor import ANONYMOUS, Actor
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest, client_ip
from gongjian.places.queries import communities
from gongjian.sealing.tokens import written
from gongjian.web.middleware import reader_of
from gongjian.web.phone import owner_tag
from gongjian.web.templatetags.gongjian import plain_due
from gongjian.web.words import english, labelled
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day

TILE_PLACES: Final = 100  # topics whose place is in front of this are tiles
SENT_A_MINUTE: Final = 12  # a phone that was in the hills all day brings several at once
ANONYMOUS_AN_HOUR: Final = 10
MOST_WORDS: Final = 40
INVALID, TOO_MANY, HELD, CONFLICT = 422, 429, 403, 409
# Fields a phone cannot mend in place, but may send without.
CLEARED: Final = frozenset({"topic", "community", "photos", "spot", "language"})


@guarded(anonymous=True)
@require_safe
@cache_control(no_cache=True, private=True)
def report_phone(request: HttpRequest) -> HttpResponse:
    """Give the page a phone keeps: five steps, everything to choose from, nobody's data."""
    at = now()
    topics = catalogue(at).leaves
    tiles = sorted((t for t in topics if t.order < TILE_PLACES), key=lambda t: t.order) or list(topics[:9])
    rest = [t for t in topics if t not in tiles]
    context = {
        "what": WhatForm(topics=_topic_choices(topics)),
        "tiles": [(t.code, named(t)) for t in tiles],
        "rest": [(t.code, named(t)) for t in sorted(rest, key=named)],
        "where": WhereForm(communities=_community_choices()),
        "groups": public.community_groups(),
        "map": public.pick_map(None, None),
        "describe": DescribeForm(),
        "asked": _asked(topics, at),
        "contact": ContactForm(day=local_day(at), initial={"language": reader_of(request).language}),
        "onephone_words": _words(),
        "emergency": "",
        "emergency_words": [list(pair) for pair in catalogue(at).emergency],
    }
    return render(request, "hotline/report_phone.html", context)


def _asked(topics: Iterable[TopicRef], at: datetime) -> list[tuple[Asked, str]]:
    """Return what each topic asks besides, with the names and words its script needs."""
    found = [(topic, questions_of(topic.id, at)) for topic in topics]
    asked = [Asked(topic=t.code, questions=several, english=english()) for t, several in found if several]
    return [(form, json.dumps(form.names, ensure_ascii=False)) for form in asked]


def _words() -> dict[str, object]:
    """Return what the page's module says."""
    return {
        "step": _("第 {n} 步，共 {all} 步"),
        "next": _("下一步"),
        "send": _("发出去"),
        "change": _("改"),
        "nothing": _("没有"),
        "point": _("地图上的点"),
        "photos": _("{n} 张照片"),
        "faults": {
            "what": _("还没说是什么事。写一句，或者从下面选一类。"),
            "where": _("还没写地点。写路名、楼名或明显的标志都可以。"),
            "describe": _("还没写是什么事。写一两句就行。"),
            "phone": _("号码好像少了几位，再看一眼。"),
            "consent": _("您同意办理单位来电，还要写一个号码；不想留号码，就去掉这一项的勾。"),
            "email": _("邮箱要有 @ 和后面的地址，比如 name@example.com。"),
        },
        "labels": {
            "what": _("什么事"),
            "where": _("在哪里"),
            "unknown": _("说不清在哪里"),
            "describe": _("情况"),
            "photos": _("照片"),
            "contact": _("怎么联系您"),
            "anonymous": _("不留，匿名反映"),
            "behalf": _("替谁反映"),
        },
    }


@guarded(anonymous=True)
@require_POST
@takes_files()
def report_send(request: ActorRequest) -> HttpResponse:
    """Take in one report of a phone: once for each Idempotency-Key; what is wrong is told field by field."""
    at = now()
    actor = sender_of(request)
    if actor is None:
        return JsonResponse({"held": True}, status=HELD)
    forms = _forms(request, at)
    refusal = _slow_down(request, forms[0], at)
    if refusal is not None:
        return refusal
    if any(form.errors for form in forms):
        return told_faults(forms)
    try:
        report = _report(_cleaned(forms), actor, request, at)
        sent = send_report(
            key=request.headers.get("Idempotency-Key", ""),
            report=report,
            uploads=photos_of(request),
            actor=actor,
            at=at,
        )
    except (RefusedError, Refused, KeyUsedError) as error:
        return told_refusal(error, forms, request.path)
    return JsonResponse(_receipt(sent, report))


def sender_of(request: ActorRequest) -> Actor | None:
    """Return who wrote it: nobody, or whoever is signed in now; None where it was written by somebody else."""
    owner = request.POST.get("owner", "")
    if not owner:
        return ANONYMOUS
    return request.actor if owner == owner_tag(request.actor) else None


def photos_of(request: HttpRequest) -> "list[UploadedFile[bytes]]":
    return [upload for upload in request.FILES.getlist("photos") if isinstance(upload, UploadedFile)]


def _forms(request: HttpRequest, at: datetime) -> list[PublicForm]:
    """Return the four forms; what a phone has no words for is taken from what it has."""
    data = request.POST.copy()
    data["language"] = data.get("language") or reader_of(request).language
    if not data.get("words") and not data.get("topic"):
        data["words"] = data.get("description", "").strip()[:MOST_WORDS]
    return [
        WhatForm(data, topics=_topic_choices(catalogue(at).leaves)),
        WhereForm(data, communities=_community_choices()),
        DescribeForm(data, request.FILES),
        ContactForm(data, day=local_day(at)),
    ]


def _topic_choices(topics: Iterable[TopicRef]) -> list[tuple[str, str]]:
    return [(t.code, named(t)) for t in topics] + [("", _("都不是，或说不清"))]


def _community_choices() -> list[tuple[str, str]]:
    return [(str(c.id), named(c)) for c in communities()]


def _slow_down(request: HttpRequest, form: PublicForm, at: datetime) -> HttpResponse | None:
    """Refuse programs, and let whoever sends faster than people do wait a minute: the phone tries again by itself."""
    if form.from_a_program:
        return told_fault("", _("有一栏是给自动程序看的，请留空。可能是浏览器自动填上的。"), [])
    address = client_ip(request)
    reachable = request.POST.get("phone", "").strip() or request.POST.get("email", "").strip()
    hour = timedelta(hours=1)
    fast = not allow("report-phone", address, SENT_A_MINUTE, at)
    if fast or (not reachable and not allow("report-anonymous", address, ANONYMOUS_AN_HOUR, at, window=hour)):
        return JsonResponse({}, status=TOO_MANY, headers={"Retry-After": "60"})
    return None


def _cleaned(forms: Iterable[PublicForm]) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    for form in forms:
        cleaned |= form.cleaned_data
    return cleaned


def _report(data: Mapping[str, Any], actor: Actor, request: HttpRequest, at: datetime) -> Report:
    topic = catalogue(at).by_code(data["topic"]) if data["topic"] else None
    answers, more = _sorted_answers(topic, request, at)
    behalf = None
    if data["behalf_name"] or data["behalf_phone"]:
        behalf = Reporter(name=data["behalf_name"], phone=data["behalf_phone"], notify=False)
    return Report(
        kind=data["kind"],
        description="\n".join(part for part in (data["description"], more) if part),
        topic_id=topic.id if topic else None,
        channel="web",
        language=data["language"] or reader_of(request).language,
        address=data["address"],
        lon=data["lon"],
        lat=data["lat"],
        community_id=int(data["community"]) if data["community"] else None,
        reporter=Reporter(
            name=data["name"],
            phone=data["phone"],
            email=data["email"],
            consent_contact=data["consent"],
            person_id=actor.person_id if actor.kind == "resident" else None,
        ),
        on_behalf_of=behalf,
        answers=answers,
        insists=False,  # its page does; what it kept from before a question there was is not sent back for that
    )


def _sorted_answers(topic: TopicRef | None, request: HttpRequest, at: datetime) -> tuple[dict[str, list[str]], str]:
    """Return the answers that the topic still asks for, and in words those it does not or cannot keep."""
    questions = questions_of(topic.id if topic else None, at)
    good, rest = Asked(request.POST, topic="", questions=questions, english=english()).sorted_out()
    return good, "\n".join(labelled(asked, words) for asked, words in rest)


def _receipt(sent: Sent, report: Report) -> dict[str, Any]:
    """Return what the phone shows; the receipt code is told again as often as the thing is sent, for thirty days."""
    code = sent.answer.get("receipt", "")
    due = parse_datetime(sent.answer.get("due_at", "") or "")
    facts = [[_("件号"), sent.number]]
    if code:
        facts.append([_("查询码"), written(code)])
    words = _("收到了。最晚 %(due)s 前看完，决定由哪个单位办。") % {"due": plain_due(due)} if due else _("收到了。")
    if not code:
        words = f"{words} {_('查询码已经不再显示。')}"
    if hides(report.description, report.address):
        words = f"{words} {public.numbered_words()}"
    if sent.answer.get("unheard"):
        told = _("这一天已经有 %(most)s 件通知过这个号码或邮箱，这一件没有再发通知。凭件号和查询码查进度。")
        words = f"{words} {told % {'most': UNCONFIRMED_A_DAY}}"
    url = reverse("hotline:track") + f"?number={sent.number}"
    return {"words": words, "facts": facts, "url": url, "number": sent.number, "repeated": sent.repeated}


def told_refusal(error: RefusedError | Refused | KeyUsedError, forms: Iterable[Any], url: str) -> HttpResponse:
    """Return why a thing was not done; words under a key that was used for others may go under a key of their own.

    Where nothing is wrong, for too many came at once, the phone comes again by itself.
    """
    if isinstance(error, Busy):
        return JsonResponse({}, status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": str(RETRY_S)})
    if not isinstance(error, KeyUsedError):
        return told_fault(error.field, str(error.message), forms)
    words = _("这一条以前发过一次，内容不一样。现在写的还没有发，都还在，选一下怎么办。")
    choices = [{"label": _("当作新的一条发出"), "url": url, "fields": {}}]
    return JsonResponse({"words": words, "choices": choices}, status=CONFLICT)


def told_faults(forms: Iterable[PublicForm | Any]) -> HttpResponse:
    """Return every fault with its field and label, so that each can be mended on the phone."""
    errors = [
        _fault(name, str(message), form) for form in forms for name, found in form.errors.items() for message in found
    ]
    return JsonResponse({"words": "", "errors": errors}, status=INVALID)


def told_fault(field: str, message: str, forms: Iterable[Any]) -> HttpResponse:
    """Return one fault."""
    owner = next((form for form in forms if field in form.fields), None)
    return JsonResponse({"words": "", "errors": [_fault(field, message, owner)]}, status=INVALID)


def _fault(name: str, message: str, form: Any) -> dict[str, object]:
    known = form is not None and name in form.fields
    return {
        "field": name if known else "",
        "label": str(form[name].label) if known else "",
        "message": message,
        "clear": name in CLEARED,
    }


routes: list[URLPattern] = [
    path("report/phone", report_phone, name="report_phone"),
    path("report/send", report_send, name="report_send"),
]
