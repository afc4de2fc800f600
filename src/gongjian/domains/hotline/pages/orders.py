"""The work order on paper: one case or many as one PDF, each with a code that leads back to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case
from gongjian.documents.letters import letter_pdf
from gongjian.domains.hotline.actions.printing import note_print
from gongjian.domains.hotline.pages import casefile
from gongjian.domains.hotline.pages.board_rows import number_asked
from gongjian.domains.hotline.pages.common import absent, case_url, chinese, due_badge, kind_words, state_badge
from gongjian.domains.hotline.pages.why import reasons
from gongjian.domains.hotline.queries import Dossier, Said, attachments, dossier
from gongjian.domains.hotline.queries.dossiers import histories
from gongjian.identity.actor import Actor
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.listing import listed
from gongjian.web.words import END_OF_DAY, bracketed, day_words, shown_moment
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day, local_moment

MOST_AT_ONCE: Final = 50
SHOWN: Final = 30  # events of a history; what was long ago stands on the page
LONGEST: Final = 160  # signs of an event's words


def order_values(files: Sequence[Dossier], actor: Actor, at: datetime) -> dict[str, Any]:
    """Return the values of `workorder.typ` for these cases in the reader's language."""
    said = histories([file.case.pk for file in files])
    return {
        "language": "zh" if chinese() else "en",
        "title": _("热线办理单 %(number)s") % {"number": listed(file.case.number for file in files[:3])},
        "issuer": _("公共服务热线 %(line)s") % {"line": settings.HOTLINE_NUMBER},
        "created": at.replace(microsecond=0),
        "words": _labels(),
        "orders": [_order(file, said[file.case.pk], actor, at) for file in files],
    }


def _labels() -> dict[str, Any]:
    return {
        "order": _("办理单"),
        "description": _("来件原话"),
        "caller": _("来件人"),
        "why": _("为什么派给我们"),
        "files": _("附件（在系统里看）"),
        "history": _("经过"),
        "done": _("办理情况"),
        "boxes": [_("已联系来件人"), _("已到现场"), _("已拍照留存")],
        "signs": [_("经办人"), _("负责人"), _("日期")],
        "confidential": _("内部办理用，办完按档案规定保管或销毁"),
    }


def _order(file: Dossier, said: Sequence[Said], actor: Actor, at: datetime) -> dict[str, Any]:
    case = file.case
    urgency = {1: _("紧急"), 2: _("危急")}.get(case.urgency, "")
    found = attachments(case.pk) if file.has_files else []
    card = casefile.caller(file, actor, at)
    return {
        "number": case.number,
        "heading": case.title,
        "marks": "　".join(one for one in (urgency, _dues(case, at)) if one),
        "facts": _facts(file, at),
        "description": casefile.seen(file, case.request.description),
        "caller": [
            [_("姓名"), card.open_name or card.name or _("没有留")],
            [_("电话"), card.shown_phone or card.phone or _("没有留")],
            *([[_("邮箱"), card.open_email]] if card.open_email else []),
        ],
        "contact": card.words,
        "why": [[one.label, one.words] for one in reasons(file, said)],
        "files": [bracketed(one.name, one.note) for one in casefile.files(file, found)],
        "history": [_event(one, file) for one in said[:SHOWN]],
        "link": f"{settings.PUBLIC_URL}{case_url(case.number)}",
    }


def _facts(file: Dossier, at: datetime) -> list[list[str]]:
    case = file.case
    point = case.request
    place = "" if point.lon is None else f"{point.lat:.5f}, {point.lon:.5f}"
    rows = [
        (_("类型"), kind_words(case.kind)),
        (_("状态"), str(state_badge(case).word)),
        (_("来的时间"), _moment(case.opened_at)),
        *((one.label, one.words) for one in casefile.facts(file, at)),
        (_("坐标（WGS-84）"), place),
    ]
    return [[label, words] for label, words in rows if words]


def _dues(case: Case, at: datetime) -> str:
    if case.due_at is None:
        return ""
    words = _("最近的期限：%(moment)s") % {"moment": _moment(case.due_at, due=True)}
    badge = due_badge(case, at)
    return words if badge is None or badge.state != "late" else f"{words}　{badge.word} {badge.left}"


def _moment(moment: datetime, *, due: bool = False) -> str:
    """Return a moment in words; a term that ends at midnight ends at 24:00 of the day before."""
    day, clock = shown_moment(moment, due=due)
    if clock == END_OF_DAY:
        return f"{day_words(day, None)} {clock}"
    return f"{day} {clock}"


def _event(one: Said, file: Dossier) -> dict[str, str]:
    move = kind_of(file.case.kind).move_of[one.event.move]
    words = casefile.seen(file, one.public or one.inside)
    return {
        "at": f"{local_moment(one.event.at):%m-%d %H:%M}",
        "what": casefile.staff_words(one.event.move) or str(move.past),
        "who": casefile.who_words(one),
        "words": words if len(words) <= LONGEST else words[:LONGEST] + "…",
    }


def orders_response(files: Sequence[Dossier], actor: Actor, at: datetime) -> HttpResponse:
    """Set the work orders, write down that they were taken, and hand them out. Errors: `LetterFailed`."""
    pdf = letter_pdf("workorder", order_values(files, actor, at))
    opened = [file.case.number for file in files if file.granted_until is not None]
    note_print(numbers=[file.case.number for file in files], with_contact=opened, actor=actor, at=at)
    name = f"{files[0].case.number if len(files) == 1 else f'{local_day(at)}-{len(files)}'}-order.pdf"
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(as_attachment=False, filename=name) or "inline"
    return response


@guarded()
@require_GET
def order(request: ActorRequest, number: str) -> HttpResponse:
    """Hand out the work order of one case."""
    at = now()
    file = dossier(actor=request.actor, number=number, at=at)
    if file is None:
        raise absent(request.actor, number)
    return orders_response([file], request.actor, at)


@guarded()
@require_POST
def orders(request: ActorRequest) -> HttpResponse:
    """Hand out the work orders of the selected cases as one PDF; what is out of reach is left out."""
    at, actor = now(), request.actor
    asked = dict.fromkeys(number_asked(one.partition(":")[0]) for one in request.POST.getlist("case"))
    numbers = [number for number in asked if number][:MOST_AT_ONCE]
    files = [file for file in (dossier(actor=actor, number=one, at=at) for one in numbers) if file is not None]
    if not files:
        messages.warning(request, _("没有选中的件。在列表里选中，再打印办理单。"))
        back = request.POST.get("back", "")
        return redirect(back if url_has_allowed_host_and_scheme(back, None) else reverse("hotline:inbox"))
    return orders_response(files, actor, at)


routes: list[URLPattern] = [
    path("desk/orders/", orders, name="orders"),
    path("desk/cases/<slug:number>/order.pdf", order, name="order"),
]
