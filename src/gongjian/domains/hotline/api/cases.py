"""The hotline for programs: report without an account, ask for the state with the receipt code."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from ninja import Header
from ninja.decorators import decorate_view
from ninja.responses import Status

from gongjian.casework.actions import Opened
from gongjian.casework.errors import RefusedError
from gongjian.casework.kinds import kind_of
from gongjian.domains.hotline.actions.intake import Report, Reporter, register_request
from gongjian.domains.hotline.api.reading import Number
from gongjian.domains.hotline.api.routes import router
from gongjian.domains.hotline.queries import catalogue, tracked
from gongjian.domains.hotline.queries.programs import known_number
from gongjian.domains.hotline.schemas import CaseCreated, CaseIn, CaseStatus
from gongjian.domains.hotline.workflow import HotlineRight
from gongjian.httpapi.auth import caller, limited_by_address
from gongjian.httpapi.idempotency import idempotent
from gongjian.httpapi.limits import allow
from gongjian.httpapi.problems import FieldError, Problem, language_of
from gongjian.identity.actor import ANONYMOUS, Actor
from gongjian.identity.queries import units
from gongjian.identity.requests import client_ip
from gongjian.identity.rights import require
from gongjian.sealing.tokens import read_receipt_code
from gongjian.workdays.clock import now

REPORTS_A_MINUTE: Final = 12
ANONYMOUS_AN_HOUR: Final = 10
LOOKS_A_MINUTE: Final = 60
# What the action calls a field, and what the caller called it.
FIELDS: Final = {"description": "text", "place": "lon", "phone": "reporter.phone", "email": "reporter.email"}


@router.post(
    "/cases",
    response={201: CaseCreated},
    summary="Report something",
    operation_id="createCase",
    tags=["cases"],
    auth=None,
    openapi_extra={"security": [{}, {"ApiKeyAuth": []}], "x-problems": [409]},
)
@decorate_view(idempotent)
def create(request: HttpRequest, body: CaseIn) -> Status[Any]:
    """Open a case from a report and answer with its number and receipt code.

    Open to everybody; a network address may send 12 a minute. A key with the right `hotline:case:intake` is counted
    by its own allowance instead, is named as the source, and may bring its own number: a number that came before is
    refused with 409 and our number in `detail`.
    """
    at = now()
    program = _program(request, body, at)
    try:
        opened = _register(_report(body, program, at), program or ANONYMOUS, at)
    except RefusedError as error:
        field = FIELDS.get(error.field, error.field)
        raise Problem(422, "invalid", errors=[FieldError(field, str(error.message))]) from error
    return Status(
        201,
        {
            "id": opened.number,
            "receipt": opened.receipt,
            "status": "received",
            "created_at": at,
            "due_at": opened.due_at,
            "track_url": f"{settings.PUBLIC_URL}{reverse('hotline:track')}?number={opened.number}",
        },
    )


@router.get(
    "/cases/{number}",
    response=CaseStatus,
    summary="Where a case stands",
    operation_id="trackCase",
    tags=["cases"],
    auth=None,
)
def status(
    request: HttpRequest,
    number: Number,
    receipt: Annotated[str, Header(alias="X-Receipt", max_length=40, description="The receipt code.")] = "",
) -> dict[str, Any]:
    """Tell the state of a case to whoever has its receipt code.

    A wrong number and a wrong code get the same 404.
    """
    limited_by_address(request, "api-status", LOOKS_A_MINUTE, now())
    code = read_receipt_code(receipt)
    found = tracked(number=number, secret=code) if code else None
    if found is None:
        raise Problem(404, "not-found", _("没有这一对件号和查询码。查询码写在 X-Receipt 请求头里。"))
    case = found.case
    state = kind_of(case.kind).state_of[case.state]
    holder = units().by_id.get(case.holder_unit_id) if case.holder_unit_id else None
    language = language_of(request)
    with translation.override(language):
        words = str(state.public)
    return {
        "id": case.number,
        "status": case.state,
        "stage": state.stage.value,
        "words": words,
        "unit": "" if holder is None else holder.name_en if language == "en" else holder.name_zh,
        "title": case.title,
        "reply": case.request.reply,
        "created_at": case.opened_at,
        "due_at": case.due_at,
        "closed_at": case.closed_at,
    }


def _program(request: HttpRequest, body: CaseIn, at: datetime) -> Actor | None:
    """Return the program that reports, counted by its key; without a key the address is counted."""
    program = caller(request)
    if program is None:
        _within_limits(request, body, at)
        if body.external_number:
            raise Problem(422, "invalid", errors=[FieldError("external_number", _("只有带密钥的程序能写自己的编号。"))])
        return None
    require(program, HotlineRight.CASE_INTAKE)
    number = body.external_number.strip()
    known = known_number(source=program.username, external_number=number) if number else ""
    if known:
        raise _twice(known)
    return program


def _register(report: Report, actor: Actor, at: datetime) -> Opened:
    """Open the case; of two reports with the same number of a program, sent at the same moment, one is told so."""
    if report.external_number is None:
        return register_request(report=report, actor=actor, at=at)
    try:
        with transaction.atomic():
            return register_request(report=report, actor=actor, at=at)
    except IntegrityError as error:
        known = known_number(source=report.source_program, external_number=report.external_number)
        if not known:
            raise
        raise _twice(known) from error


def _twice(number: str) -> Problem:
    return Problem(409, "external-number", format_lazy(_("这个编号已经登记过，件号是 {number}。"), number=number))


def _within_limits(request: HttpRequest, body: CaseIn, at: datetime) -> None:
    limited_by_address(request, "api-report", REPORTS_A_MINUTE, at)
    who = body.reporter
    anonymous = not (who.phone.strip() or who.email.strip())
    if anonymous and not allow(
        "report-anonymous", client_ip(request), ANONYMOUS_AN_HOUR, at, window=timedelta(hours=1)
    ):
        told = _("这个网络地址一小时里匿名反映得太多。带上电话或邮箱再发。")
        raise Problem(429, "too-many-requests", told, headers={"Retry-After": "360"})


def _report(body: CaseIn, program: Actor | None, at: datetime) -> Report:
    topic = catalogue(at).by_code(body.topic) if body.topic else None
    if body.topic and topic is None:
        raise Problem(422, "invalid", errors=[FieldError("topic", _("没有这个类别。"))])
    who = body.reporter
    return Report(
        kind=body.kind,
        description=body.text,
        topic_id=topic.id if topic else None,
        channel="api",
        language=body.language,
        address=body.address,
        lon=body.lon,
        lat=body.lat,
        reporter=Reporter(name=who.name, phone=who.phone, email=who.email, consent_contact=who.consent),
        source_program=program.username[:60] if program else body.source,
        external_number=(body.external_number.strip() or None) if program else None,
    )
