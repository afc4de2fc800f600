"""From deliveries to their addresses.

The order of a case is kept: an event is sent when no earlier one of the same case is waiting. A message may come twice,
after a crash between the answer and our writing it down; its id stays the same, so that a receiver can tell.

Receivers take turns. A turn is short, and while we wait for an answer no connection to the database is held.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from procrastinate.contrib.django import app

from gongjian import __version__
from gongjian.httpapi import rules
from gongjian.httpapi.models import Delivery, Subscription
from gongjian.httpapi.outgoing import BadAddress, NoAnswer, post, receiver_of
from gongjian.notify.outbox import QUEUE as NOTICES

logger = logging.getLogger(__name__)

TURN: Final = 500  # deliveries of one job
TURN_LIFE: Final = timedelta(seconds=8)  # after which no further one begins; with the last try it ends within 18
HEADS: Final = 50  # read at once
LONGEST_WAIT: Final = timedelta(hours=1)
ERROR_LENGTH: Final = 200
TELL_STOPPED: Final = "httpapi.tell_stopped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended."""

    status: int | None
    error: str
    wait: timedelta = timedelta(0)  # the receiver asks for so much patience

    @property
    def good(self) -> bool:
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def deliver(subscription_id: int, *, clock: Callable[[], datetime]) -> int:
    """Send what is due for one subscription, the oldest first, until one fails or its turn is over; return how many.

    One worker at a time: it holds a lease of a minute and renews it before each try. `clock` is asked before each.
    """
    row, lease = _take(subscription_id, clock())
    if row is None:
        return 0
    sent, ends = 0, clock() + TURN_LIFE
    try:
        while sent < TURN:
            heads = due(subscription_id, clock())
            done = _send_all(row, lease, heads, clock, ends)
            sent += done
            if not heads or done < len(heads):
                break
    finally:
        Subscription.objects.filter(pk=subscription_id, lease=lease).update(lease=None, leased_until=None)
    return sent


def _take(subscription_id: int, at: datetime) -> tuple[Subscription | None, uuid.UUID]:
    lease = uuid.uuid4()
    free = Q(leased_until=None) | Q(leased_until__lte=at)
    calm = Q(quiet_until=None) | Q(quiet_until__lte=at)
    mine = Subscription.objects.filter(free, calm, pk=subscription_id, active=True)
    if not mine.update(lease=lease, leased_until=at + rules.LEASE):
        return None, lease
    return Subscription.objects.get(pk=subscription_id), lease


def due(subscription_id: int, at: datetime) -> list[Delivery]:
    """Return the next deliveries, at most one of each case: the earliest that waits, if its time has come."""
    return list(_due(at).filter(subscription=subscription_id).order_by("event_id")[:HEADS])


def _due(at: datetime) -> QuerySet[Delivery]:
    earlier = Delivery.objects.filter(
        subscription=OuterRef("subscription"),
        case_id=OuterRef("case_id"),
        event_id__lt=OuterRef("event_id"),
        state=Delivery.State.WAITING,
    )
    return Delivery.objects.filter(~Exists(earlier), state=Delivery.State.WAITING, next_try_at__lte=at)


def next_in_turn(at: datetime) -> list[tuple[int, str]]:
    """Return the subscriptions to send for now, each with its receiver: of those that share one, who waits longest.

    Left out are those in hand and those whose address is left alone for a while.
    """
    calm = Q(quiet_until=None) | Q(quiet_until__lte=at)
    free = Q(leased_until=None) | Q(leased_until__lte=at)
    since = Subquery(_due(at).filter(subscription=OuterRef("pk")).order_by("event_id").values("created_at")[:1])
    rows = Subscription.objects.filter(calm, free, active=True).annotate(waits_since=since).exclude(waits_since=None)
    found: dict[str, int] = {}
    for pk, url in rows.order_by("waits_since", "pk").values_list("pk", "url"):
        found.setdefault(receiver_of(url), pk)
    return [(pk, receiver) for receiver, pk in found.items()]


def _send_all(
    row: Subscription, lease: uuid.UUID, heads: list[Delivery], clock: Callable[[], datetime], ends: datetime
) -> int:
    """Send one after the other and return how many arrived; the first failure ends it, and so does the turn."""
    for number, delivery in enumerate(heads):
        at = clock()
        if at >= ends:
            return number
        mine = Subscription.objects.filter(pk=row.pk, lease=lease, active=True)
        if not mine.update(leased_until=at + rules.LEASE):
            return number
        outcome = knock(row, f"msg_{row.pk}_{delivery.event_id}", delivery.body.encode(), at)
        if not _write_down(row, delivery, outcome, clock()):
            return number
    return len(heads)


def knock(row: Subscription, message_id: str, body: bytes, at: datetime) -> Outcome:
    """Send one signed message to a subscription's address and return how it was answered."""
    stamp = str(int(at.timestamp()))
    secrets = [row.secret.open()] if row.secret else []
    if row.old_secret is not None and row.old_until is not None and row.old_until > at:
        secrets.append(row.old_secret.open())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"Gongjian/{__version__}",
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(rules.webhook_signature(one, message_id, stamp, body) for one in secrets),
    }
    _let_go()
    try:
        answer = post(row.url, body, headers)
    except (BadAddress, NoAnswer) as error:
        return Outcome(None, str(error)[:ERROR_LENGTH])
    said = answer.body.decode("utf-8", "replace").replace("\0", "").strip()
    wait = int(answer.retry_after) if answer.retry_after.isascii() and answer.retry_after.isdigit() else 0
    return Outcome(answer.status, said[:ERROR_LENGTH], min(timedelta(seconds=min(wait, 86_400)), LONGEST_WAIT))


def _let_go() -> None:
    """Give the connection back to the pool before waiting for somebody else's machine."""
    if not connection.in_atomic_block:
        connection.close()


def _write_down(row: Subscription, delivery: Delivery, outcome: Outcome, at: datetime) -> bool:
    """Note how a try ended; return whether the next one may be sent."""
    mine = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING)
    facts = {"status": outcome.status, "error": "" if outcome.good else outcome.error, "tried_at": at}
    tries = delivery.tries + 1
    if outcome.good:
        mine.update(state=Delivery.State.SENT, tries=tries, **facts)
        whole = {"failures": 0, "failing_since": None, "quiet_until": None}
        Subscription.objects.filter(pk=row.pk).exclude(failures=0).update(**whole)
        return True
    pause = rules.pause_after(tries)
    if pause is None:
        mine.update(state=Delivery.State.GIVEN_UP, tries=tries, **facts)
    else:
        mine.update(tries=tries, next_try_at=at + max(pause, outcome.wait), **facts)
    _calm_down(row, outcome, at)
    return False


def _calm_down(row: Subscription, outcome: Outcome, at: datetime) -> None:
    """Leave an address alone for a while after a failure, and for good after days of them."""
    Subscription.objects.filter(pk=row.pk).update(failures=F("failures") + 1)
    Subscription.objects.filter(pk=row.pk, failing_since=None).update(failing_since=at)
    row.refresh_from_db(fields=["failures", "failing_since"])
    quiet = max(rules.quiet_after(row.failures), outcome.wait)
    Subscription.objects.filter(pk=row.pk).update(quiet_until=at + quiet)
    if outcome.status == HTTPStatus.GONE:
        stop(row, Subscription.Stopped.GONE, at)
    elif row.failing_since is not None and row.failing_since <= at - rules.FAILING_LIFE:
        stop(row, Subscription.Stopped.FAILING, at)


def stop(row: Subscription, why: Subscription.Stopped, at: datetime) -> None:
    """Send nothing more to a subscription and have those told who look after them; what waits stays."""
    mine = Subscription.objects.filter(pk=row.pk, active=True)
    if not mine.exists():
        return
    logger.warning("webhook %s stopped: %s", row.pk, why)
    # First the notice: a worker that dies in between stops it at its next try, and tells twice rather than never.
    app.configure_task(TELL_STOPPED, queue=NOTICES).defer(subscription_id=row.pk, stopped_at=at.isoformat())
    mine.update(active=False, stopped=why)
