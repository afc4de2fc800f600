"""What belongs to no domain: who one is, reference lists, one's own deliveries."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from ninja import Path, Query, Router
from ninja.decorators import decorate_view
from ninja.responses import Status

from gongjian.httpapi.access import HttpApiRight
from gongjian.httpapi.actions import webhooks
from gongjian.httpapi.auth import ApiKeyAuth, limited_by_address
from gongjian.httpapi.fields import BIGGEST
from gongjian.httpapi.grants import grants
from gongjian.httpapi.idempotency import idempotent
from gongjian.httpapi.models import Delivery, Subscription
from gongjian.httpapi.paging import Page, decode_number, only_known, page_of
from gongjian.httpapi.problems import FieldError, Problem, language_of
from gongjian.httpapi.queries import deliveries, keys, subscriptions
from gongjian.httpapi.schemas import (
    CalendarOut,
    CalendarQuery,
    CommunityOut,
    DeliveryOut,
    DeliveryQuery,
    Me,
    Replayed,
    ReplayIn,
    UnitOut,
    WebhookOut,
)
from gongjian.identity.queries import units
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rights import require
from gongjian.places.queries import communities, subdistricts
from gongjian.workdays.clock import now
from gongjian.workdays.queries import calendar

LOOKS_A_MINUTE: Final = 60
BUCKET: Final = "api-reference"
OPEN: Final[dict[str, Any]] = {"tags": ["reference"], "auth": None}
SubscriptionId = Annotated[int, Path(ge=1, le=BIGGEST)]

router = Router(auth=ApiKeyAuth())


@router.get("/me", response=Me, summary="What this key may do", operation_id="readMe", tags=["reference"])
def read_me(request: ActorRequest) -> dict[str, Any]:
    """Return the program, its rights in words, its unit, its allowance and its end."""
    actor = request.actor
    key = keys().get(pk=int(actor.key))
    known = grants()
    with translation.override(language_of(request)):
        rights = [{"right": r, "words": str(known[r].words) if r in known else r} for r in sorted(actor.rights)]
    return {
        "program": actor.username,
        "key": key.name,
        "unit": key.unit.code if key.unit else None,
        "rights": rights,
        "per_minute": key.per_minute,
        "expires_at": key.expires_at,
    }


@router.get("/units", response=list[UnitOut], summary="List units", operation_id="listUnits", **OPEN)
def list_units(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the bodies that hold cases, the closed ones included."""
    limited_by_address(request, BUCKET, LOOKS_A_MINUTE, now())
    book = units()
    return [
        {
            "code": unit.code,
            "name_zh": unit.name_zh,
            "name_en": unit.name_en,
            "kind": unit.kind,
            "parent": parent.code if (parent := book.by_id.get(unit.parent_id or 0)) else None,
            "active": unit.active,
        }
        for unit in book
    ]


@router.get(
    "/communities", response=list[CommunityOut], summary="List communities", operation_id="listCommunities", **OPEN
)
def list_communities(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the communities of the district with their subdistrict and seat."""
    limited_by_address(request, BUCKET, LOOKS_A_MINUTE, now())
    streets = {one.id: one.code for one in subdistricts()}
    names = ("code", "name_zh", "name_en", "lon", "lat")
    return [
        {**{name: getattr(one, name) for name in names}, "subdistrict": streets[one.subdistrict_id]}
        for one in communities()
    ]


@router.get("/calendar", response=CalendarOut, summary="Working days", operation_id="readCalendar", **OPEN)
def read_calendar(request: HttpRequest, query: Query[CalendarQuery]) -> dict[str, Any]:
    """Return the holidays and make-up days of a year by which deadlines are counted."""
    limited_by_address(request, BUCKET, LOOKS_A_MINUTE, now())
    only_known(request, CalendarQuery)
    known = calendar()
    days = sorted(day for day in known.exceptions if day.year == query.year)
    return {
        "year": query.year,
        "confirmed": known.is_confirmed(query.year),
        "exceptions": [{"day": day, "working": known.exceptions[day]} for day in days],
    }


@router.get("/webhooks", response=list[WebhookOut], summary="List own webhooks", operation_id="listWebhooks",
            tags=["webhooks"])  # fmt: skip
def list_webhooks(request: ActorRequest) -> Sequence[Subscription]:
    """Return where this program is told what happens."""
    require(request.actor, HttpApiRight.WEBHOOKS_OWN)
    return list(subscriptions(program_id=request.actor.user_id).order_by("pk")[:100])


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    response=Page[DeliveryOut],
    summary="List deliveries",
    operation_id="listDeliveries",
    tags=["webhooks"],
)
def list_deliveries(request: ActorRequest, webhook_id: SubscriptionId, query: Query[DeliveryQuery]) -> dict[str, Any]:
    """Return what was sent or is on its way, the newest first: thirty days of what arrived, ninety of the rest."""
    only_known(request, DeliveryQuery)
    row = _own(request, webhook_id)
    rows = deliveries(row.pk, states=query.state).order_by("-pk")
    before = decode_number(query.cursor)
    found = list((rows.filter(pk__lt=before) if before is not None else rows)[: query.limit + 1])
    shown, following = page_of(found, query.limit, lambda one: [one.pk])
    return {"items": [_delivery(one) for one in shown], "next": following}


@router.post(
    "/webhooks/{webhook_id}/replay",
    response={202: Replayed},
    summary="Send again",
    operation_id="replayWebhook",
    tags=["webhooks"],
)
@decorate_view(idempotent)
def replay(request: ActorRequest, webhook_id: SubscriptionId, body: ReplayIn) -> Status[Any]:
    """Send messages again, in their order: everything from an event on, or everything that did not arrive.

    Each message keeps its webhook-id, so that a receiver that has it can tell.
    """
    row = _own(request, webhook_id)
    facts: dict[str, Any] = {"subscription_id": row.pk, "actor": request.actor, "at": now()}
    if body.from_event is not None and not body.failed:
        again = webhooks.replay_from(event_id=body.from_event, **facts)
    elif body.failed and body.from_event is None:
        again = webhooks.replay_failed(**facts)
    else:
        raise Problem(
            422, "invalid", errors=[FieldError("from_event", _("写 from_event，或者 failed 为 true，二选一。"))]
        )
    return Status(202, {"again": again})


def _own(request: ActorRequest, webhook_id: int) -> Subscription:
    """Return a subscription of this program; everybody else's is not there. Raises Forbidden, Problem."""
    require(request.actor, HttpApiRight.WEBHOOKS_OWN)
    row = subscriptions(program_id=request.actor.user_id).filter(pk=webhook_id).first()
    if row is None:
        raise Problem(404, "not-found")
    return row


def _delivery(one: Delivery) -> dict[str, Any]:
    names = ("id", "move", "state", "tries", "status", "error", "happened_at", "tried_at")
    waits = one.state == Delivery.State.WAITING
    return {
        **{name: getattr(one, name) for name in names},
        "event": one.event_id,
        "case": one.number,
        "next_try_at": one.next_try_at if waits else None,
    }
