"""One case as staff read it: its file, its history, its place in a list; and the lists they work through."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from gongjian.casework.models import (
    Case,
    CaseClock,
    CaseDocument,
    CaseEvent,
    CaseParty,
    CaseShare,
    EventText,
    RevealGrant,
)
from gongjian.casework.queries import COUNT_CAP, Desk, on_desk
from gongjian.domains.hotline.access import HotlineRight, visible_to
from gongjian.domains.hotline.models import CallAttempt, Extension, Reply, ReplyDraft
from gongjian.domains.hotline.queries.found import PARTY, all_of, built, first_of
from gongjian.identity.actor import Actor
from gongjian.notify.models import Channel, Message

EARLIER_REPLIES: Final = 20


def unread_rows(user_id: int | None) -> QuerySet[Message]:
    """Return what this user has not read, to be counted together with other things."""
    return Message.objects.filter(recipient_user=user_id, channel=Channel.SITE, read_at=None)


@dataclass(frozen=True, slots=True)
class InList:
    """Where a case stands in the list it was opened from; zero and empty where it stands in none."""

    previous: str = ""
    next: str = ""
    number: int = 0
    total: int = 0


def place_in_list(case: Case, desk: Desk) -> InList:
    """Return the neighbours of an open case on a desk, by deadline: one statement."""
    if case.due_at is None:
        return InList()
    rows = on_desk(desk)
    before = rows.filter(due_at__lte=case.due_at).filter(Q(due_at__lt=case.due_at) | Q(pk__lt=case.pk))
    after = rows.filter(due_at__gte=case.due_at).filter(Q(due_at__gt=case.due_at) | Q(pk__gt=case.pk))
    sides = [before.order_by("-due_at", "-pk"), after.order_by("due_at", "pk")]
    parts: list[str] = []
    params: list[Any] = []
    for side in sides:
        try:
            sql, values = side.values("number")[:1].query.sql_with_params()
        except EmptyResultSet:
            return InList()
        parts.append(f"({sql})")
        params.extend(values)
    for side in (before, rows):
        sql, values = side.order_by().values("pk")[: COUNT_CAP + 1].query.sql_with_params()
        parts.append(f"(select count(*) from ({sql}) counted)")
        params.extend(values)
    with connection.cursor() as cursor:
        cursor.execute("select " + ", ".join(parts), params)
        previous, following, earlier, total = cursor.fetchone() or ("", "", 0, 0)
    return InList(previous or "", following or "", earlier + 1, total)


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything small that the case page shows beside the history, read in one statement."""

    case: Case
    party: CaseParty | None  # who asked, without contact data
    mask_name: str
    mask_phone: str
    clocks: tuple[CaseClock, ...]
    helpers: tuple[int, ...]  # units that assist
    draft: ReplyDraft | None
    reply: Reply | None  # under review
    reply_by: str  # name
    reply_by_en: str
    extension: Extension | None  # waits for a decision
    contacted: bool  # a contact reached the resident
    granted_until: datetime | None  # until when this user sees the contact data
    earlier_replies: tuple[str, ...]  # of the unit, for the reviewer
    unread: int


def dossier(*, actor: Actor, number: str, at: datetime) -> Dossier | None:
    """Return the file of a case this actor may open; None where there is none or it is out of reach."""
    mine = OuterRef("pk")
    party = CaseParty.objects.filter(case=mine, role=CaseParty.Role.REQUESTER).order_by("pk")
    grants = RevealGrant.objects.filter(party__case=mine, user=actor.user_id, granted_at__lte=at, ends_at__gt=at)
    pending = Reply.objects.filter(case=mine, approved__isnull=True)
    reached = CallAttempt.objects.filter(case=mine, purpose=CallAttempt.Purpose.CONTACT, reached=True)
    earlier = Reply.objects.filter(unit=OuterRef("holder_unit")).exclude(case=mine).order_by("-pk")
    if not actor.can(HotlineRight.CASE_REVIEW):
        earlier = earlier.none()
    unread = unread_rows(actor.user_id).order_by("-pk")
    case = (
        visible_to(actor)
        .select_related("request", "request__reject_reason", "request__rule", "holder")
        .annotate(
            found_party=first_of(party, *PARTY, mask_name="contact__mask_name", mask_phone="contact__mask_phone"),
            found_clocks=all_of(CaseClock.objects.filter(case=mine).order_by("pk"), *_CLOCK),
            found_helpers=ArraySubquery(CaseShare.objects.filter(case=mine).order_by("pk").values("unit_id")),
            found_draft=first_of(ReplyDraft.objects.filter(case=mine, user=actor.user_id), "text", "saved_at"),
            found_reply=first_of(pending, *_REPLY, by="written_by__name", by_en="written_by__name_en"),
            found_extension=first_of(Extension.objects.filter(case=mine, decided_at=None), *_EXTENSION),
            found_contact=Exists(reached),
            found_grant=Subquery(grants.order_by("-ends_at").values("ends_at")[:1]),
            found_earlier=ArraySubquery(earlier.values("text")[:EARLIER_REPLIES]),
            found_unread=ArraySubquery(unread.values("pk")[: COUNT_CAP + 1]),
        )
        .filter(number=number)
        .first()
    )
    return None if case is None else _dossier(case)


_CLOCK: Final = (
    "id", "name", "limit_key", "started_at", "due_at", "provisional", "paused_at", "stopped_at", "breached_at", "step",
)  # fmt: skip
_REPLY: Final = ("id", "text", "resolved", "written_by_id", "written_at", "unit_id")
_EXTENSION: Final = ("id", "number", "amount", "reason", "asked_by_id", "asked_at")


def _dossier(case: Any) -> Dossier:
    party, reply = case.found_party or {}, case.found_reply or {}
    return Dossier(
        case=case,
        party=built(CaseParty, party, case=case),
        mask_name=party.get("mask_name") or "",
        mask_phone=party.get("mask_phone") or "",
        clocks=tuple(c for c in (built(CaseClock, found) for found in case.found_clocks or ()) if c is not None),
        helpers=tuple(case.found_helpers or ()),
        draft=built(ReplyDraft, case.found_draft),
        reply=built(Reply, reply),
        reply_by=reply.get("by") or "",
        reply_by_en=reply.get("by_en") or reply.get("by") or "",
        extension=built(Extension, case.found_extension),
        contacted=case.found_contact,
        granted_until=case.found_grant,
        earlier_replies=tuple(case.found_earlier or ()),
        unread=len(case.found_unread or ()),
    )


@dataclass(frozen=True, slots=True)
class Said:
    """One event of the history with its words."""

    event: CaseEvent
    by: str  # name of whoever of the staff did it
    public: str
    inside: str


def history(case_id: int) -> list[Said]:
    """Return the whole history, newest first: one statement."""
    words = EventText.objects.filter(event=OuterRef("pk"))
    rows = (
        CaseEvent.objects.filter(case=case_id)
        .select_related("actor")
        .only(
            "move",
            "public",
            "actor_kind",
            "actor__name",
            "actor__name_en",
            "unit_id",
            "after",
            "before",
            "at",
            "from_unit_id",
            "to_unit_id",
        )
        .annotate(
            said=Subquery(words.filter(public=True).values("body")[:1]),
            said_inside=Subquery(words.filter(public=False).values("body")[:1]),
        )
        .order_by("-at", "-pk")
    )
    return [Said(e, e.actor.name if e.actor else "", e.said or "", e.said_inside or "") for e in rows]


def attachments(case_id: int) -> list[CaseDocument]:
    """Return the files of a case with the event they came with, oldest first: one statement."""
    rows = CaseDocument.objects.filter(case=case_id).select_related("document", "event")
    return list(rows.order_by("pk"))


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a case has come: its version, and its newest event, which may leave the version alone."""

    case_id: int
    version: int
    event_id: int


def standing_of(*, actor: Actor, number: str) -> Standing | None:
    """Return how far a case this actor may open has come: one statement."""
    newest = CaseEvent.objects.filter(case=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    rows = visible_to(actor).filter(number=number).annotate(newest=Subquery(newest))
    found = rows.values_list("pk", "version", "newest").first()
    return Standing(*found) if found else None


def submitted(*, after: tuple[datetime, int] | None = None, size: int = 50) -> QuerySet[Reply]:
    """Return the answers that wait for review, nearest deadline first, one more than `size`."""
    rows = Reply.objects.filter(approved__isnull=True, case__state="submitted", case__due_at__isnull=False)
    if after is not None:
        rows = rows.filter(case__due_at__gte=after[0]).filter(Q(case__due_at__gt=after[0]) | Q(case__gt=after[1]))
    return rows.select_related("case", "written_by").order_by("case__due_at", "case")[: size + 1]
