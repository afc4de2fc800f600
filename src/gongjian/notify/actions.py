"""Telling people, and what they do with what they are told."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from gongjian.notify.models import Channel, Message, NoticePreference, Reason, State, Urgency
from gongjian.notify.outbox import write_messages
from gongjian.notify.recipients import Recipient
from gongjian.notify.wording import words_of
from gongjian.sealing.masking import scrub

DETAIL_LENGTH = 200
KEY_LENGTH = 150


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

    One statement in the caller's transaction finds the people and writes messages and jobs. `template` is
    "app/name"; the channels are those it has texts for. `link` is a path on this site, or "". The same `dedupe`
    tells nobody twice. An ordinary text message written between 21:00 and 9:00 leaves at 9:00. Raises
    TemplateDoesNotExist.
    """
    return write_messages(
        recipient=recipient,
        words=tuple(words_of(template, context, link)),
        template=template,
        urgency=urgency,
        link=link,
        dedupe=_short(dedupe),
        at=at,
    )


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


def set_preference(*, user_id: int, kind: str, channel: str, on: bool) -> None:
    """Write down whether this user wants one kind of notice by one channel; urgent ones come regardless."""
    NoticePreference.objects.update_or_create(user_id=user_id, kind=kind, channel=Channel(channel), defaults={"on": on})
