"""What the handling unit does through its own program: the same actions as at its desk, with the key's rights."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final

from django.http import HttpResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from ninja import Header
from ninja.decorators import decorate_view
from ninja.responses import Status

from gongjian.casework.actions import Moved
from gongjian.casework.errors import IllegalMoveError, RefusedError, StaleCaseError
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case
from gongjian.domains.hotline.actions import dispatching, handling
from gongjian.domains.hotline.api.reading import Number, reached
from gongjian.domains.hotline.api.routes import router
from gongjian.domains.hotline.schemas import ActDone, ContactIn, ExtensionIn, NoteIn, NothingIn, ReplyIn, ReturnIn
from gongjian.domains.hotline.workflow import HotlineRight
from gongjian.httpapi.idempotency import idempotent
from gongjian.httpapi.problems import FieldError, Problem
from gongjian.identity.actor import Actor
from gongjian.identity.queries import units
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rights import require
from gongjian.workdays.clock import now

IfMatch = Annotated[
    str,
    Header(
        alias="If-Match",
        max_length=40,
        description='The version you read, as ETag gave it: "7". Another version is answered with 412.',
        examples=['"7"'],
    ),
]
# What the action calls a field, and what the caller called it.
FIELDS: Final[Mapping[str, str]] = {"proposed_unit_id": "proposed_unit"}
ACT: Final[dict[str, Any]] = {
    "tags": ["acts"],
    "response": {201: ActDone},
    "openapi_extra": {"x-problems": [409, 412]},
}

type Doing = Callable[..., Moved]


@router.post("/cases/{number}/sign", summary="Sign for a case", operation_id="signCase", **ACT)
@decorate_view(idempotent)
def sign(
    request: ActorRequest, response: HttpResponse, number: Number, if_match: IfMatch = "", body: NothingIn | None = None
) -> Status[Any]:
    """Sign for a case that was sent to the unit: it has it, and the first contact falls due."""
    del body
    return _done(request, response, number, if_match, HotlineRight.CASE_SIGN, handling.sign)


@router.post("/cases/{number}/start", summary="Begin the work", operation_id="startCase", **ACT)
@decorate_view(idempotent)
def start(
    request: ActorRequest, response: HttpResponse, number: Number, if_match: IfMatch = "", body: NothingIn | None = None
) -> Status[Any]:
    """Begin to work on a signed case; the program becomes its handler until somebody of the unit takes it."""
    del body
    return _done(request, response, number, if_match, HotlineRight.CASE_HANDLE, handling.start)


@router.post("/cases/{number}/contacts", summary="Log a contact", operation_id="logContact", **ACT)
@decorate_view(idempotent)
def log_contact(
    request: ActorRequest, response: HttpResponse, number: Number, body: ContactIn, if_match: IfMatch = ""
) -> Status[Any]:
    """Note one try to reach the resident. The remark stands in the resident's timeline."""
    doing = partial(handling.log_contact, reached=body.reached, remark=body.remark)
    return _done(request, response, number, if_match, HotlineRight.CASE_HANDLE, doing)


@router.post("/cases/{number}/notes", summary="Add a note", operation_id="addNote", **ACT)
@decorate_view(idempotent)
def add_note(
    request: ActorRequest, response: HttpResponse, number: Number, body: NoteIn, if_match: IfMatch = ""
) -> Status[Any]:
    """Add an internal remark to a case the unit holds. The resident never sees it; the version stays."""
    doing = partial(handling.note, text=body.text)
    return _done(request, response, number, if_match, HotlineRight.CASE_HANDLE, doing)


@router.post("/cases/{number}/replies", summary="Submit a reply", operation_id="submitReply", **ACT)
@decorate_view(idempotent)
def submit_reply(
    request: ActorRequest, response: HttpResponse, number: Number, body: ReplyIn, if_match: IfMatch = ""
) -> Status[Any]:
    """Send an answer to the hotline's reviewer. The resident reads it once somebody else has passed it."""
    doing = partial(handling.submit_reply, text=body.text, resolved=body.resolved)
    return _done(request, response, number, if_match, HotlineRight.CASE_SUBMIT, doing)


@router.post("/cases/{number}/return", summary="Return a case", operation_id="returnCase", **ACT)
@decorate_view(idempotent)
def return_case(
    request: ActorRequest, response: HttpResponse, number: Number, body: ReturnIn, if_match: IfMatch = ""
) -> Status[Any]:
    """Send a case back to the dispatcher with reason and basis. After it the key may no longer reach the case."""
    unit = units().by_code.get(body.proposed_unit) if body.proposed_unit else None
    if body.proposed_unit and (unit is None or not unit.active):
        raise Problem(422, "invalid", errors=[FieldError("proposed_unit", _("没有这个代码，见参考表。"))])
    proposed = unit.id if unit else None
    doing = partial(dispatching.return_case, reason=body.reason, basis=body.basis, proposed_unit_id=proposed)
    return _done(request, response, number, if_match, HotlineRight.CASE_RETURN, doing)


@router.post("/cases/{number}/extensions", summary="Ask for more time", operation_id="askExtension", **ACT)
@decorate_view(idempotent)
def ask_extension(
    request: ActorRequest, response: HttpResponse, number: Number, body: ExtensionIn, if_match: IfMatch = ""
) -> Status[Any]:
    """Ask for more working days before the deadline; the unit's head decides, the second time the supervisor."""
    doing = partial(handling.ask_extension, days=body.days, reason=body.reason)
    return _done(request, response, number, if_match, HotlineRight.CASE_EXTEND, doing)


def _done(
    request: ActorRequest, response: HttpResponse, number: str, if_match: str, right: HotlineRight, doing: Doing
) -> Status[Any]:
    """Do one act on a case in the reach of the key and tell how it stands; the right is asked before the case."""
    require(request.actor, right)
    case = reached(request, number)
    _compare(case, if_match)
    moved = _do(doing, case, request.actor, now())
    response["ETag"] = f'"{moved.version}"'
    return Status(
        201,
        {
            "id": case.number,
            "event": moved.event_id,
            "status": moved.state,
            "stage": kind_of(case.kind).state_of[moved.state].stage.value,
            "version": moved.version,
            "due_at": moved.due_at,
        },
    )


def _compare(case: Case, if_match: str) -> None:
    given = {part.strip().removeprefix("W/").strip('"') for part in if_match.split(",") if part.strip()}
    if given and "*" not in given and str(case.version) not in given:
        told = _("这一件已经变了。再读一次，看看变了什么，再决定。")
        raise Problem(412, "changed", told, headers={"ETag": f'"{case.version}"'})


def _do(doing: Doing, case: Case, actor: Actor, at: datetime) -> Moved:
    try:
        return doing(case=case, actor=actor, at=at)
    except RefusedError as error:
        field = FIELDS.get(error.field, error.field)
        raise Problem(422, "invalid", errors=[FieldError(field, str(error.message))]) from error
    except StaleCaseError as error:
        raise Problem(409, "stale", _("刚刚有人改了这一件。再读一次，再试。")) from error
    except IllegalMoveError as error:
        told = format_lazy(_("现在的状态是 {state}，不能这样做。记录里的 may 列着现在能做的。"), state=case.state)
        raise Problem(409, "wrong-state", told) from error
