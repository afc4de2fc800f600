"""Telling people, and what they do with what they are told."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.urls import NoReverseMatch, reverse
from procrastinate.contrib.django import app

from gongjian.audit.actions import record
from gongjian.identity.actor import Actor
from gongjian.notify.models import Channel, Message, NoticePreference, QuietHours, Reason, State, Urgency
from gongjian.notify.outbox import QUEUE, TASK, write_messages
from gongjian.notify.recipients import Recipient, ToContact
from gongjian.notify.rules import due_at
from gongjian.notify.wording import plain_words_of, words_of
from gongjian.parties.confirming import mark_of
from gongjian.sealing.masking import scrub

DETAIL_LENGTH = 200
KEY_LENGTH = 150
CONFIRM_PAGE = "portal:confirm"  # of a room above, whose page is known by name
LOST = (State.FAILED, State.BOUNCED)


def send(
    *,
    recipient: Recipient,
    template: str,
    context: Mapping[str, Any],
    link: str,
    dedupe: str,
    at: datetime,
    urgency: str = Urgency.ORDINARY,
) -> int:
    """Tell a recipient something, each person in their language and by their channels; return how many messages.

    A contact whose address nobody has confirmed reads which case it is and what happened, never the notice itself.

    One statement in the caller's transaction finds the people and writes messages and jobs. `template` is
    "app/name"; the channels are those it has texts for. `link` is a path on this site, or "". The same `dedupe`
    tells nobody twice. An ordinary text message written between 21:00 and 9:00 leaves at 9:00. Raises
    TemplateDoesNotExist.
    """
    words = tuple(words_of(template, context, link, at))
    if isinstance(recipient, ToContact):
        links = {"link": link, "confirm": _confirm_link(recipient.contact_id)}
        plain = plain_words_of(template, context, links)
        words = (
            *(replace(one, confirmed=True) for one in words),
            *(replace(one, confirmed=False) for one in plain),
        )
    return write_messages(
        recipient=recipient,
        words=words,
        template=template,
        urgency=urgency,
        link=link,
        dedupe=_short(dedupe),
        at=at,
    )


def _confirm_link(contact_id: int) -> str:
    try:
        return reverse(CONFIRM_PAGE, args=[mark_of(contact_id)])
    except NoReverseMatch:
        return ""


def _short(dedupe: str) -> str:
    """Return the key as it is, or the digest of a long one: the column also holds recipient and channel."""
    return dedupe if len(dedupe) <= KEY_LENGTH else hashlib.sha256(dedupe.encode()).hexdigest()


def mark_read(*, user_id: int, at: datetime, message_ids: Collection[int] | None = None) -> int:
    """Mark this user's messages as read, all of them without `message_ids`, and return how many were unread."""
    unread = Message.objects.filter(recipient_user=user_id, channel=Channel.SITE, read_at=None)
    if message_ids is not None:
        unread = unread.filter(pk__in=message_ids)
    return unread.update(read_at=at)


def report_bounce(*, reference: str, detail: str) -> bool:
    """Note that a message the gateway had taken never arrived; return whether there was such a message."""
    sent = Message.objects.filter(reference=reference, state=State.SENT)
    return bool(sent.update(state=State.BOUNCED, reason=Reason.REFUSED, detail=scrub(detail)[:DETAIL_LENGTH]))


@transaction.atomic
def send_again(*, message_ids: Collection[int], actor: Actor, at: datetime) -> int:
    """Send messages once more that did not arrive, and return how many; codes are over and stay lost.

    The gateway gets a new number, so that it does not take the message for a second copy.
    """
    lost = Message.objects.filter(pk__in=message_ids, state__in=LOST).exclude(urgency=Urgency.CODE)
    found = list(lost.select_for_update().order_by("pk"))
    for message in found:
        due = due_at(message.channel, message.urgency, at)
        Message.objects.filter(pk=message.pk).update(
            state=State.HELD if due > at else State.QUEUED, due_at=due, tries=0, reason="", claimed_until=None,
            settled_at=at, settled_by=actor.user_id, settled_why="",
        )  # fmt: skip
        later = None if due == at else due
        app.configure_task(TASK, queue=QUEUE, schedule_at=later).defer(message_ids=[message.pk])
        _note("notify.message.retry", message, "", actor, at)
    return len(found)


@transaction.atomic
def give_up(*, message_ids: Collection[int], why: str, actor: Actor, at: datetime) -> int:
    """Decide that messages which did not arrive need not arrive, and return how many; `why` says what was done instead.

    Errors: ValueError without a reason.
    """
    if not why.strip():
        raise ValueError("why")
    lost = Message.objects.filter(pk__in=message_ids, state__in=LOST)
    found = list(lost.select_for_update().order_by("pk"))
    for message in found:
        Message.objects.filter(pk=message.pk).update(
            state=State.DROPPED, settled_at=at, settled_by=actor.user_id, settled_why=scrub(why.strip())[:DETAIL_LENGTH]
        )
        _note("notify.message.drop", message, why.strip(), actor, at)
    return len(found)


def _note(action: str, message: Message, detail: str, actor: Actor, at: datetime) -> None:
    record(
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        unit_id=actor.unit_id,
        object_kind="message",
        object_id=str(message.pk),
        detail=scrub(detail),
        at=at,
    )


def set_quiet_hours(*, user_id: int, span: tuple[time, time] | None) -> None:
    """Keep when this user wants no text messages, on top of the hours in which nobody gets one; None for no others."""
    if span is None or span[0] == span[1]:
        QuietHours.objects.filter(user=user_id).delete()
        return
    facts = {"starts": span[0], "ends": span[1]}
    QuietHours.objects.update_or_create(user_id=user_id, defaults=facts)


def set_preference(*, user_id: int, kind: str, channel: str, on: bool) -> None:
    """Write down whether this user wants one kind of notice by one channel; urgent ones come regardless."""
    NoticePreference.objects.update_or_create(user_id=user_id, kind=kind, channel=Channel(channel), defaults={"on": on})
