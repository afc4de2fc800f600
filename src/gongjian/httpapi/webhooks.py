"""From the stream of events to deliveries: what each program is told.

Nothing is lost: each subscription goes through the stream by itself, up to where it is whole (`settled`), and takes a
step on only together with the deliveries it wrote.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from gongjian.httpapi.models import Delivery, Subscription
from gongjian.httpapi.settled import settled
from gongjian.identity.actor import Actor
from gongjian.identity.models import ApiKey
from gongjian.identity.queries import program_actor

PATIENCE: Final = 2.0  # seconds that publishing waits for writers in hand
AT_ONCE: Final = 500  # events of one step
STEPS: Final = 40  # steps of one run for one subscription


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as a domain tells it; `facts` must hold no contact data."""

    id: int
    case_id: int
    number: str
    kind: str
    move: str
    at: datetime
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the stream: what a program is told of it, and up to which event it was looked at."""

    events: Sequence[Happening]
    looked_to: int


# What a domain hands over: (actor, after, upto, size) -> the part of the stream behind `after` this program is told.
type Reader = Callable[[Actor, int, int, int], Stretch]


def publish(*, table: str, readers: Sequence[Reader], at: datetime) -> int:
    """Write a delivery for every new event a subscription is told of; return how many.

    `table` holds the events of all `readers`. Two runs at once share the work: a subscription somebody else has in
    hand is left to them.
    """
    active = list(Subscription.objects.filter(active=True).values_list("pk", "position"))
    if not active:
        return 0
    upto = settled(table, patience=PATIENCE)
    return sum(_catch_up(pk, upto, readers, at) for pk, position in active if position < upto)


def _catch_up(subscription_id: int, upto: int, readers: Sequence[Reader], at: datetime) -> int:
    written = 0
    for _step in range(STEPS):
        with transaction.atomic():
            row = _locked(subscription_id)
            if row is None or row.position >= upto:
                break
            if not is_good(row.key, at):
                Subscription.objects.filter(pk=row.pk).update(active=False, stopped=Subscription.Stopped.KEY)
                break
            written += _step_on(row, upto, readers, at)
    return written


def _locked(subscription_id: int) -> Subscription | None:
    rows = Subscription.objects.select_for_update(skip_locked=True, of=("self",)).select_related("key__user")
    return rows.filter(pk=subscription_id, active=True).first()


def _step_on(row: Subscription, upto: int, readers: Sequence[Reader], at: datetime) -> int:
    actor = program_actor(row.key)
    stretches = [read(actor, row.position, upto, AT_ONCE) for read in readers]
    looked_to = min(stretch.looked_to for stretch in stretches)
    told = [one for stretch in stretches for one in stretch.events if one.id <= looked_to and _wanted(row, one)]
    made = Delivery.objects.bulk_create([_delivery(row, one, at) for one in told], ignore_conflicts=True)
    Subscription.objects.filter(pk=row.pk).update(position=looked_to)
    return len(made)


def _wanted(row: Subscription, one: Happening) -> bool:
    in_time = one.at >= row.since
    return in_time and (not row.kinds or one.kind in row.kinds) and (not row.moves or one.move in row.moves)


def _delivery(row: Subscription, one: Happening, at: datetime) -> Delivery:
    return Delivery(
        subscription=row,
        event_id=one.id,
        case_id=one.case_id,
        number=one.number,
        move=one.move,
        body=body_of(f"{one.kind.partition('.')[0]}.case.{one.move}", one.at, one.facts),
        next_try_at=at,
        happened_at=one.at,
        created_at=at,
    )


def body_of(kind: str, moment: datetime, facts: Mapping[str, Any]) -> str:
    """Return the text of a message: what kind, when it happened, and the facts. Source: Standard Webhooks 1.0.0."""
    message = {"type": kind, "timestamp": moment.isoformat(), "data": dict(facts)}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def is_good(key: ApiKey, at: datetime) -> bool:
    """Whether a key still opens anything."""
    return key.active and key.user.is_active and (key.expires_at is None or key.expires_at > at)
