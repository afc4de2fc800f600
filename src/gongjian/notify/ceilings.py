"""How many messages leave the whole installation in an hour and a day, however many workers send.

A message takes its place and is claimed in one statement. The places of a lane are spread over several rows, each with
its share of the ceiling, and a worker takes any row that nobody holds: the sum is exact and nobody waits. Codes have a
lane of their own, so that an attack on them does not stop notices, and so have accounts, whose addresses nobody can
make up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min, Q, Sum

from gongjian.notify.models import Message, Reason, SendingAllowance, State, Urgency
from gongjian.workdays.rules import local_day, midnight

Span = SendingAllowance.Span
SHARES: Final = 16
ALLOWANCE, MESSAGE = SendingAllowance._meta.db_table, Message._meta.db_table
CODES: Final = "code"
WORDS: Final = {
    CODES: ("验证码", "Codes"),
    "sms": ("给来件人的短信", "Text messages about cases"),
    "email": ("给来件人的邮件", "E-mails about cases"),
    "sms-account": ("给有账号的人的短信", "Text messages to accounts"),
    "email-account": ("给有账号的人的邮件", "E-mails to accounts"),
}
LANES: Final = tuple(WORDS)
HOUR: Final = timedelta(hours=1)
TOLD_AGAIN: Final = timedelta(minutes=1)
BUSY: Final = timedelta(seconds=5)  # all rows of a lane were held by others just then

# What one row may give, the whole ceiling in all.
PLACE = f"""select id from {ALLOWANCE} where lane = %(lane)s and span = '{{span}}'
    and case when began = %({{span}})s then taken else 0 end < (%(most_{{span}})s + {SHARES - 1} - share) / {SHARES}
    order by (share + %(first)s) %% {SHARES} limit 1 for update skip locked"""
CLAIM = f"""
with hour as ({PLACE.format(span="hour")}), day as ({PLACE.format(span="day")}),
mine as (
    update {MESSAGE} set claimed_until = %(until)s, tries = tries + 1
    where id = %(id)s and state = any(%(waiting)s) and due_at <= %(at)s
        and (claimed_until is null or claimed_until <= %(at)s)
        and exists (select from hour) and exists (select from day)
    returning id),
counted as (
    update {ALLOWANCE} a set taken = case when a.began = p.began then a.taken else 0 end + 1, began = p.began
    from (select id, %(hour)s as began from hour union all select id, %(day)s from day) p
    where a.id = p.id and exists (select from mine))
select exists (select from hour) and exists (select from day), exists (select from mine)
"""
BEGIN = f"""
insert into {ALLOWANCE} (lane, span, share, began, taken)
select %(lane)s, span, n, %(hour)s, 0 from generate_series(0, {SHARES - 1}) n, (values ('hour'), ('day')) s(span)
on conflict do nothing
"""


class Claim(Enum):
    """How the attempt to send a message ended before it began."""

    MINE = "mine"
    OTHERS = "others"  # sent, being sent, or not due
    FULL = "full"


def lane_of(message: Message) -> str:
    """Return the lane of a message: codes, addresses that anybody may name, addresses of accounts."""
    if message.urgency == Urgency.CODE:
        return CODES
    return f"{message.channel}-account" if message.recipient_user_id is not None else message.channel


def lane_words(lane: str) -> tuple[str, str]:
    """Return what a lane is called, in Chinese and English."""
    return WORDS[lane]


def ceiling_of(lane: str) -> tuple[int, int]:
    """Return how many messages may leave by a lane in an hour and in a day."""
    found: tuple[int, int] = settings.SENDING_CEILINGS[lane.partition("-")[0]]
    return found


def claim(message: Message, *, until: datetime, at: datetime) -> Claim:
    """Claim a message for a while and take its place under the ceiling, both or neither, in one statement."""
    lane = lane_of(message)
    values = _moment(lane, at) | {
        "id": message.pk,
        "first": message.pk % SHARES,
        "until": until,
        "waiting": [State.QUEUED, State.HELD],
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        place, mine = cursor.fetchone()
        if not place:
            cursor.execute(BEGIN, values)  # only where the lane has no rows yet
            if cursor.rowcount:
                cursor.execute(CLAIM, values)
                place, mine = cursor.fetchone()
    if not place:
        return Claim.FULL
    return Claim.MINE if mine else Claim.OTHERS


def _moment(lane: str, at: datetime) -> dict[str, Any]:
    hourly, daily = ceiling_of(lane)
    hour, day = at.replace(minute=0, second=0, microsecond=0), midnight(local_day(at))
    return {"lane": lane, "at": at, "hour": hour, "day": day, "most_hour": hourly, "most_day": daily}


def room_again(message: Message, *, at: datetime) -> datetime:
    """Return when there is room for a message that found none, and note that there was none."""
    lane = lane_of(message)
    values = _moment(lane, at)
    rows = SendingAllowance.objects.filter(lane=lane)
    running = Q(span=Span.HOUR, began=values["hour"]) | Q(span=Span.DAY, began=values["day"])
    taken = dict(rows.filter(running).values("span").annotate(n=Sum("taken")).values_list("span", "n"))
    if taken.get(Span.DAY, 0) >= values["most_day"]:
        free = midnight(local_day(at) + timedelta(days=1))
    elif taken.get(Span.HOUR, 0) >= values["most_hour"]:
        free = values["hour"] + HOUR
    else:
        return at + BUSY
    told = Q(refused_at=None) | Q(refused_at__lte=at - TOLD_AGAIN)
    rows.filter(told, span=Span.HOUR, share=0).update(refused_at=at)
    return free


@dataclass(frozen=True, slots=True)
class Reached:
    """A lane that was full lately."""

    lane: str
    refused_at: datetime
    waiting: int  # messages that leave when there is room
    next_at: datetime | None  # when the first of them is due


def reached(*, since: datetime) -> Sequence[Reached]:
    """Return the lanes that had no room since a moment, and those whose messages still wait."""
    full = dict(SendingAllowance.objects.filter(refused_at__gte=since).values_list("lane", "refused_at"))
    held = Message.objects.filter(state=State.HELD, reason=Reason.CEILING).values("channel")
    rows = held.annotate(
        account=Q(recipient_user__isnull=False), n=Count("pk"), due=Min("due_at"), made=Min("created_at")
    )
    waits = {f"{r['channel']}-account" if r["account"] else r["channel"]: r for r in rows}
    found = []
    for lane in LANES:
        wait = waits.get(lane)
        if lane in full or wait:
            at = full.get(lane) or wait["made"]  # type: ignore[index]
            found.append(Reached(lane, at, wait["n"] if wait else 0, wait["due"] if wait else None))
    return found


def hold(message: Message, *, until: datetime, at: datetime) -> bool:
    """Let a message wait until there is room, marked with the reason; return whether it was still there to be sent."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=at)
    waiting = Message.objects.filter(free, pk=message.pk, state__in=[State.QUEUED, State.HELD], due_at__lte=at)
    return bool(waiting.update(state=State.HELD, reason=Reason.CEILING, due_at=until))
