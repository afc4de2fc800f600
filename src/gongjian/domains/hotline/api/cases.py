"""The hotline for programs: report without an account, ask for the state with the receipt code."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from ninja import Header, Router
from ninja.decorators import decorate_view
from ninja.responses import Status

from gongjian.casework.errors import RefusedError
from gongjian.casework.kinds import kind_of
from gongjian.domains.hotline.actions.intake import Report, Reporter, register_request
from gongjian.domains.hotline.queries import catalogue, tracked
from gongjian.domains.hotline.schemas import CaseCreated, CaseIn, CaseStatus
from gongjian.httpapi.idempotency import idempotent
from gongjian.httpapi.limits import allow
from gongjian.httpapi.problems import FieldError, Problem, language_of
from gongjian.identity.actor import ANONYMOUS
from gongjian.identity.queries import units
from gongjian.identity.requests import client_ip
from gongjian.sealing.tokens import read_receipt_code
from gongjian.workdays.clock import now

REPORTS_A_MINUTE: Final = 12
ANONYMOUS_AN_HOUR: Final = 10
LOOKS_A_MINUTE: Final = 60
# What the action calls a field, and what the caller called it.
FIELDS: Final = {"description": "text", "place": "lon", "phone": "reporter.phone", "email": "reporter.email"}

router = Router(tags=["hotline"])


@router.post("/cases", response={201: CaseCreated}, summary="Report something", auth=None)
@decorate_view(idempotent)
def create(request: HttpRequest, body: CaseIn) -> Status[Any]:
    """Open a case from a report and answer with its number and receipt code.

    Anonymous; a network address may send 12 a minute. An `Idempotency-Key` lets a program send again safely.
    """
    at = now()
    _within_limits(request, body, at)
    try:
        opened = register_request(report=_report(body, at), actor=ANONYMOUS, at=at)
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


@router.get("/cases/{number}", response=CaseStatus, summary="Where a case stands", auth=None)
def status(
    request: HttpRequest, number: str, receipt: Annotated[str, Header(alias="X-Receipt", max_length=40)] = ""
) -> dict[str, Any]:
    """Tell the state of a case to whoever has its receipt code.

    A wrong number and a wrong code get the same 404.
    """
    if not allow("api-status", client_ip(request), LOOKS_A_MINUTE, now()):
        raise Problem(429, "too-many-requests", headers={"Retry-After": "60"})
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


def _within_limits(request: HttpRequest, body: CaseIn, at: datetime) -> None:
    address = client_ip(request)
    if not allow("api-report", address, REPORTS_A_MINUTE, at):
        raise Problem(429, "too-many-requests", headers={"Retry-After": "60"})
    who = body.reporter
    anonymous = not (who.phone.strip() or who.email.strip())
    if anonymous and not allow("report-anonymous", address, ANONYMOUS_AN_HOUR, at, window=timedelta(hours=1)):
        told = _("这个网络地址一小时里匿名反映得太多。带上电话或邮箱再发。")
        raise Problem(429, "too-many-requests", told, headers={"Retry-After": "360"})


def _report(body: CaseIn, at: datetime) -> Report:
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
        source_program=body.source,
    )
