"""One case as staff read it: its file, its history, its place in a list; and the lists they work through."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from gongjian.casework.models import (
    Case,
    CaseDocument,
    CaseEvent,
)
from gongjian.casework.queries import COUNT_CAP, DUE_CLOCK, over, unrestricted
from gongjian.domains.hotline.access import may_open, visible_to
from gongjian.domains.hotline.models import Reply
from gongjian.domains.hotline.queries.desks import Desks, rows_of
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


def place_in_list(case: Case, desk: Desks) -> InList:
    """Return the neighbours of an open case on a desk, by deadline: one statement."""
    if case.due_at is None:
        return InList()
    rows, values = rows_of(desk, frozenset())
    here = [*values, case.due_at, case.pk]
    before, after = f"{rows} and (due_at, id) < (%s, %s)", f"{rows} and (due_at, id) > (%s, %s)"
    sql = (
        f"select (select number {before} order by due_at desc, id desc limit 1),"
        f" (select number {after} order by due_at, id limit 1),"
        f" (select count(*) from (select 1 {before} limit %s) counted),"
        f" (select count(*) from (select 1 {rows} limit %s) counted)"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*here, *here, *here, COUNT_CAP + 1, *values, COUNT_CAP + 1])
        previous, following, earlier, total = cursor.fetchone() or ("", "", 0, 0)
    return InList(previous or "", following or "", earlier + 1, total)


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


@dataclass(frozen=True, slots=True)
class ToReview:
    """Which of the answers that wait for review; everything empty means all of them."""

    unit_id: int | None = None  # that wrote them
    resolved: str = ""  # what the unit says
    late_at: datetime | None = None  # only those whose term for the review is over then
    restricted: frozenset[int] | None = frozenset()  # as in `casework.queries.Desk`

    @property
    def rows(self) -> QuerySet[Reply]:
        """Return them without order."""
        rows = Reply.objects.filter(approved__isnull=True, case__state="submitted", case__due_at__isnull=False)
        rows = rows.filter(unrestricted(self.restricted, "case__"))
        if self.unit_id is not None:
            rows = rows.filter(unit=self.unit_id)
        if self.resolved:
            rows = rows.filter(resolved=self.resolved)
        return rows if self.late_at is None else rows.filter(over(self.late_at, "case__"))


def submitted(
    wanted: ToReview | None = None, *, after: tuple[datetime, int] | None = None, size: int = 50
) -> QuerySet[Reply]:
    """Return the answers that wait for review, nearest deadline first, one more than `size`."""
    rows = (wanted or ToReview()).rows
    if after is not None:
        rows = rows.filter(case__due_at__gte=after[0]).filter(Q(case__due_at__gt=after[0]) | Q(case__gt=after[1]))
    named = RawSQL(DUE_CLOCK.format(case="casework_case"), [], output_field=CharField())  # noqa: S611 - a constant
    found = rows.select_related("case", "written_by").annotate(due_clock=named)
    return found.order_by("case__due_at", "case")[: size + 1]


def last_left(*, actor: Actor, number: str) -> CaseEvent | None:
    """Return the event by which a case left this actor's units, where they could open it until then."""
    events = CaseEvent.objects.filter(case__number=number, case__kind__startswith="hotline.", from_unit__in=actor.units)
    event = events.exclude(to_unit__in=actor.units).select_related("case").order_by("-pk").first()
    if event is None:
        return None
    could = may_open(actor, holder_unit_id=event.from_unit_id, helpers=(), restricted=event.case.restricted)
    return event if could else None
