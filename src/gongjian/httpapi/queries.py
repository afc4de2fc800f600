"""Reading keys, subscriptions and deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from gongjian.httpapi.models import Delivery, Subscription
from gongjian.identity.models import ApiKey


def keys() -> QuerySet[ApiKey]:
    """Return all keys with program, unit and last use: one statement."""
    return ApiKey.objects.select_related("user", "unit").annotate(used_at=F("use__used_at"))


def good_keys(at: datetime) -> QuerySet[ApiKey]:
    """Return the keys that open something now."""
    alive = Q(expires_at=None) | Q(expires_at__gt=at)
    return ApiKey.objects.select_related("user", "unit").filter(alive, active=True, user__is_active=True)


def subscriptions(*, program_id: int | None = None) -> QuerySet[Subscription]:
    """Return subscriptions with their key, and how many deliveries wait, capped by what an index tells quickly."""
    rows = Subscription.objects.select_related("key__user", "key__unit").defer("secret", "old_secret")
    if program_id is not None:
        rows = rows.filter(key__user=program_id)
    given_up = Delivery.objects.filter(subscription=OuterRef("pk"), state=Delivery.State.GIVEN_UP)
    waiting = Count("deliveries", filter=Q(deliveries__state=Delivery.State.WAITING))
    return rows.annotate(waiting=waiting, has_given_up=Exists(given_up))


def deliveries(subscription_id: int, *, states: Sequence[str] = ()) -> QuerySet[Delivery]:
    """Return the log of a subscription."""
    rows = Delivery.objects.filter(subscription=subscription_id).defer("body")
    return rows.filter(state__in=states) if states else rows


@dataclass(frozen=True, slots=True)
class Backlog:
    """What has not arrived: how many deliveries wait, how many were given up, since when the oldest waits."""

    waiting: int
    given_up: int
    oldest: datetime | None


def backlog() -> Backlog:
    """Return what has not arrived at anybody's address: for the operator's page."""
    waiting: QuerySet[Any] = Delivery.objects.filter(state=Delivery.State.WAITING, subscription__active=True)
    return Backlog(
        waiting.count(),
        Delivery.objects.filter(state=Delivery.State.GIVEN_UP).count(),
        waiting.order_by("created_at").values_list("created_at", flat=True).first(),
    )
