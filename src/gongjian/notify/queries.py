"""What somebody was told."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from gongjian.notify.models import Channel, Message, NoticePreference, State


@dataclass(frozen=True, slots=True)
class InboxPage:
    messages: Sequence[Message]  # newest first
    next: int | None  # cursor of the following page


def unread(user_id: int) -> int:
    """Return how many messages this user has not read."""
    return Message.objects.filter(recipient_user=user_id, channel=Channel.SITE, read_at=None).count()


def inbox(user_id: int, cursor: int | None = None, size: int = 20) -> InboxPage:
    """Return one page of this user's messages, newest first, those before `cursor`."""
    mine = Message.objects.filter(recipient_user=user_id, channel=Channel.SITE).order_by("-id")
    if cursor is not None:
        mine = mine.filter(pk__lt=cursor)
    found = list(mine[: size + 1])
    return InboxPage(messages=found[:size], next=found[size - 1].pk if len(found) > size else None)


def told(contact_ids: Sequence[int]) -> QuerySet[Message]:
    """Return what was sent to these contacts, newest first, with its state and reason."""
    return Message.objects.filter(recipient_contact__in=contact_ids).order_by("-id")


def lost() -> QuerySet[Message]:
    """Return the messages that did not arrive, newest first."""
    return Message.objects.filter(state__in=[State.FAILED, State.BOUNCED]).order_by("-id")


def preferences(user_id: int) -> dict[tuple[str, str], bool]:
    """Return what this user chose, by kind and channel."""
    rows = NoticePreference.objects.filter(user=user_id).values_list("kind", "channel", "on")
    return {(kind, channel): on for kind, channel, on in rows}
