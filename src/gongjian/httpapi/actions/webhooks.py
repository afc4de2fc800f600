"""Subscriptions and deliveries: made, changed, stopped, sent again."""

import base64
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from gongjian.audit.actions import record
from gongjian.httpapi import rules
from gongjian.httpapi.access import HttpApiRight
from gongjian.httpapi.delivering import Outcome, knock
from gongjian.httpapi.models import Delivery, Subscription
from gongjian.httpapi.outgoing import BadAddress, check_url
from gongjian.httpapi.refusals import Refused
from gongjian.httpapi.webhooks import body_of, is_good
from gongjian.identity.actor import Actor
from gongjian.identity.models import ApiKey
from gongjian.identity.rights import Forbidden, require

LONGEST_NAME: Final = 60
SECRET_BYTES: Final = 32
MOST_EACH: Final = 10  # of one key


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription and the secret its messages are signed with; the secret is shown once."""

    id: int
    secret: str


def _may(actor: Actor, row: Subscription | None = None) -> None:
    """Let those pass who look after subscriptions, the program itself for its own, and the command line."""
    own = row is not None and actor.kind == "program" and actor.user_id == row.key.user_id
    if actor.kind != "system" and not (own and actor.can(HttpApiRight.WEBHOOKS_OWN)):
        require(actor, HttpApiRight.WEBHOOKS_MANAGE)


@transaction.atomic
def subscribe(
    *,
    key_id: int,
    name: str,
    url: str,
    kinds: Collection[str],
    moves: Collection[str],
    position: int,
    actor: Actor,
    at: datetime,
) -> Subscribed:
    """Send what happens in the reach of a key to an address, from now on; empty `kinds` or `moves` mean all.

    `position` is an event already past. Errors: `Refused`, `Forbidden`.
    """
    _may(actor)
    key = ApiKey.objects.select_related("user").filter(pk=key_id).first()
    if key is None or not is_good(key, at):
        raise Refused("key", _("选一把在用的密钥；推送的范围就是它能看的件。"))
    if Subscription.objects.filter(key=key).count() >= MOST_EACH:
        raise Refused("key", _("一把密钥最多推送到 10 个网址。"))
    facts = _facts(name, url, kinds, moves)
    secret = _new_secret()
    row = Subscription.objects.create(
        key=key,
        secret=secret,
        position=position,
        since=at,
        created_at=at,
        created_by_id=actor.user_id,
        **facts,
    )
    _note("create", row.pk, actor, at, detail=facts["url"])
    return Subscribed(row.pk, secret)


def _facts(name: str, url: str, kinds: Collection[str], moves: Collection[str]) -> dict[str, Any]:
    if not name.strip():
        raise Refused("name", _("起个名字，例如“区平台 测试”。"))
    try:
        check_url(url)
    except BadAddress as error:
        raise Refused("url", error.message) from error
    return {
        "name": name.strip()[:LONGEST_NAME],
        "url": url.strip(),
        "kinds": sorted(set(kinds)),
        "moves": sorted(set(moves)),
    }


def _new_secret() -> str:
    return rules.SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


@transaction.atomic
def change(
    *, subscription_id: int, name: str, url: str, kinds: Collection[str], moves: Collection[str], actor: Actor,
    at: datetime,
) -> None:  # fmt: skip
    """Change name, address or what is told; what already waits goes to the new address. Errors: as `subscribe`."""
    row = _row(subscription_id, actor)
    require_manager(actor)
    facts = _facts(name, url, kinds, moves)
    Subscription.objects.filter(pk=row.pk).update(**facts, quiet_until=None)
    _note("change", row.pk, actor, at, detail=facts["url"])


def require_manager(actor: Actor) -> None:
    """Refuse a program: where data goes is decided by people. Raises `Forbidden`."""
    if actor.kind == "program":
        raise Forbidden(HttpApiRight.WEBHOOKS_MANAGE)
    _may(actor)


@transaction.atomic
def switch_off(*, subscription_id: int, actor: Actor, at: datetime) -> None:
    """Send nothing more for now; what happens meanwhile is told after switching on again."""
    row = _row(subscription_id, actor)
    require_manager(actor)
    if Subscription.objects.filter(pk=row.pk, active=True).update(active=False, stopped=Subscription.Stopped.BY_HAND):
        _note("off", row.pk, actor, at)


@transaction.atomic
def switch_on(*, subscription_id: int, actor: Actor, at: datetime) -> None:
    """Go on where it stopped: nothing of what happened meanwhile is lost. Errors: `Refused` without a good key."""
    row = _row(subscription_id, actor)
    require_manager(actor)
    if not is_good(row.key, at):
        raise Refused("key", _("它的密钥停用或过期了。先换一把密钥。"))
    fresh = {"stopped": "", "failures": 0, "failing_since": None, "quiet_until": None}
    if Subscription.objects.filter(pk=row.pk, active=False).update(active=True, **fresh):
        _note("on", row.pk, actor, at)


@transaction.atomic
def remove(*, subscription_id: int, actor: Actor, at: datetime) -> None:
    """Take a subscription away together with its log."""
    row = _row(subscription_id, actor)
    require_manager(actor)
    url = row.url
    row.delete()
    _note("remove", subscription_id, actor, at, detail=url)


@transaction.atomic
def rotate_secret(*, subscription_id: int, actor: Actor, at: datetime) -> str:
    """Return a new secret, shown once; for seven days messages are signed with both, so that nobody must hurry."""
    row = _row(subscription_id, actor)
    require_manager(actor)
    row.old_secret, row.old_until = row.secret, at + rules.OLD_SECRET_LIFE
    secret = _new_secret()
    row.secret = secret
    row.save(update_fields=["secret", "old_secret", "old_until"])
    _note("secret", row.pk, actor, at)
    return secret


def ping(*, subscription_id: int, actor: Actor, at: datetime) -> Outcome:
    """Send a signed test message at once and return how it was answered; it stands in no log."""
    require_manager(actor)
    row = Subscription.objects.get(pk=subscription_id)
    body = body_of("ping", at, {"subscription": row.pk})
    return knock(row, f"ping_{row.pk}_{int(at.timestamp())}", body.encode(), at)


@transaction.atomic
def retry(*, delivery_id: int, subscription_id: int, actor: Actor, at: datetime) -> bool:
    """Send one delivery at once, also one that was given up or sent; False where there is none."""
    row = _row(subscription_id, actor)
    fresh = {"state": Delivery.State.WAITING, "next_try_at": at, "tries": 0}
    found = Delivery.objects.filter(pk=delivery_id, subscription=row).update(**fresh)
    _knock_again(row)
    _note("replay", row.pk, actor, at, detail=f"delivery={delivery_id}")
    return bool(found)


@transaction.atomic
def discard(*, delivery_id: int, subscription_id: int, actor: Actor, at: datetime) -> bool:
    """Give one delivery up, so that the later ones of its case go; False where it does not wait."""
    row = _row(subscription_id, actor)
    require_manager(actor)
    waiting = Delivery.objects.filter(pk=delivery_id, subscription=row, state=Delivery.State.WAITING)
    found = waiting.update(state=Delivery.State.GIVEN_UP)
    if found:
        _note("discard", row.pk, actor, at, detail=f"delivery={delivery_id}")
    return bool(found)


@transaction.atomic
def replay_failed(*, subscription_id: int, actor: Actor, at: datetime) -> int:
    """Send everything that was given up once more, and what waits at once; return how many."""
    row = _row(subscription_id, actor)
    fresh = {"state": Delivery.State.WAITING, "next_try_at": at, "tries": 0}
    found = Delivery.objects.filter(subscription=row).exclude(state=Delivery.State.SENT).update(**fresh)
    _knock_again(row)
    _note("replay", row.pk, actor, at, detail="failed")
    return found


@transaction.atomic
def replay_from(*, subscription_id: int, event_id: int, actor: Actor, at: datetime) -> int:
    """Send everything from an event on once more, in its order; return how many deliveries were there already.

    The stream is read again from that event: what was never told, because the subscription began later, comes too.
    """
    row = _row(subscription_id, actor)
    if event_id < 1:
        raise Refused("from_event", _("写一个事件编号，从 1 起。"))
    fresh = {"state": Delivery.State.WAITING, "next_try_at": at, "tries": 0}
    found = Delivery.objects.filter(subscription=row, event_id__gte=event_id).update(**fresh)
    if row.position >= event_id:
        Subscription.objects.filter(pk=row.pk).update(position=event_id - 1, since=rules.EPOCH)
    _knock_again(row)
    _note("replay", row.pk, actor, at, detail=f"event={event_id}")
    return found


def _knock_again(row: Subscription) -> None:
    Subscription.objects.filter(pk=row.pk).update(quiet_until=None)


def _row(subscription_id: int, actor: Actor) -> Subscription:
    rows = Subscription.objects.select_for_update(of=("self",)).select_related("key__user")
    row = rows.filter(pk=subscription_id).first()
    if row is None:
        raise Refused("", _("没有这个推送。"))
    _may(actor, row)
    return row


def _note(act: str, subscription_id: int, actor: Actor, at: datetime, *, detail: str = "") -> None:
    record(
        action=f"httpapi.webhook.{act}",
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        unit_id=actor.unit_id,
        object_kind="webhook",
        object_id=str(subscription_id),
        detail=detail,
        at=at,
    )
