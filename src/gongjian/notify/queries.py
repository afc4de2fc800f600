"""What somebody was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.db.models import Count, Min, Q, QuerySet

from gongjian.notify.models import Channel, Message, NoticePreference, QuietHours, State


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


@dataclass(frozen=True, slots=True)
class Undelivered:
    """How many messages did not arrive and wait for somebody's decision."""

    failed: int  # never left
    bounced: int  # left and came back
    oldest_at: datetime | None

    @property
    def total(self) -> int:
        return self.failed + self.bounced


def undelivered() -> Undelivered:
    """Return how many messages did not arrive, by the index on lost ones: one statement."""
    found = Message.objects.filter(state__in=[State.FAILED, State.BOUNCED]).aggregate(
        failed=Count("pk", filter=Q(state=State.FAILED)),
        bounced=Count("pk", filter=Q(state=State.BOUNCED)),
        oldest=Min("created_at"),
    )
    return Undelivered(found["failed"], found["bounced"], found["oldest"])


def quiet_hours(user_id: int) -> tuple[time, time] | None:
    """Return when this user wants no text messages; None where nothing was chosen."""
    return QuietHours.objects.filter(user=user_id).values_list("starts", "ends").first()
