"""What programs read: lists by key, single cases with everything but contact data, and the stream of events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from gongjian.casework.access import restricted_units
from gongjian.casework.models import Case, CaseDocument, CaseEvent, CaseShare
from gongjian.casework.queries import ROWS, Search, found, unrestricted
from gongjian.domains.hotline.access import visible_to
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.domains.hotline.workflow import HotlineRight
from gongjian.identity.actor import Actor

EVENTS_TABLE: Final = CaseEvent._meta.db_table
# One request looks at so many events at most: a unit with few cases does not read those of the whole district.
LOOKED_AT: Final = 20_000
_EVENT: Final = (
    "id", "case_id", "case__number", "case__kind", "move", "public", "after", "at", "from_unit_id", "to_unit_id",
    "due_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; empty means everything."""

    text: str = ""
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    topics: tuple[int, ...] = ()
    units: tuple[int, ...] = ()  # that hold
    communities: tuple[int, ...] = ()
    opened_from: datetime | None = None
    opened_before: datetime | None = None
    updated_from: datetime | None = None
    updated_before: datetime | None = None


def listed(*, actor: Actor, wanted: Wanted, before: int | None, size: int) -> list[Case]:
    """Return the cases in this actor's reach, newest first, one more than `size`: one statement.

    What a unit holds and what it helps with are read apart, each from the end of its own index.
    """
    rows = _narrowed(Case.objects.filter(unrestricted(restricted_units(actor)), kind__startswith="hotline."), wanted)
    if before is not None:
        rows = rows.filter(id__lt=before)
    if actor.can(HotlineRight.CASE_READ_ALL):
        return list(rows.only(*ROWS).order_by("-id")[: size + 1])
    if not actor.can(HotlineRight.CASE_READ_UNIT) or not actor.units:
        return []
    held = rows.filter(holder_unit__in=actor.units).only(*ROWS).order_by("-id")[: size + 1]
    shared = CaseShare.objects.filter(unit__in=actor.units).values("case")
    helped = rows.filter(pk__in=shared).only(*ROWS).order_by("-id")[: size + 1]
    return list(held.union(helped).order_by("-id")[: size + 1])


def _narrowed(rows: QuerySet[Case], wanted: Wanted) -> QuerySet[Case]:
    picked = {
        "state__in": wanted.states,
        "kind__in": wanted.kinds,
        "topic__in": wanted.topics,
        "holder_unit__in": wanted.units,
        "community__in": wanted.communities,
    }
    rows = rows.filter(**{name: values for name, values in picked.items() if values})
    bounds = {"opened_at__gte": wanted.opened_from, "opened_at__lt": wanted.opened_before}
    rows = rows.filter(**{name: bound for name, bound in bounds.items() if bound is not None})
    if wanted.updated_from is not None:
        rows = rows.filter(Exists(_events_from(wanted.updated_from)))
    if wanted.updated_before is not None:
        rows = rows.filter(~Exists(_events_from(wanted.updated_before)))
    if wanted.text:
        rows = rows.filter(pk__in=found(Search(text=wanted.text, restricted=None)).values("case"))
    return rows


def _events_from(moment: datetime) -> QuerySet[CaseEvent]:
    return CaseEvent.objects.filter(case=OuterRef("pk"), at__gte=moment)


def updates(case_ids: Iterable[int]) -> dict[int, datetime]:
    """Return when something happened last in each of these cases: one statement."""
    rows = CaseEvent.objects.filter(case__in=list(case_ids)).values_list("case").annotate(last=Max("at"))
    return dict(rows.order_by())


def case_of(*, actor: Actor, number: str) -> Case | None:
    """Return a case in this actor's reach with its request and the units that help; None for every other number."""
    rows = visible_to(actor).select_related("request").prefetch_related("shares")
    return rows.filter(number=number.upper()).first()


def document_of(*, case_id: int, document_id: int, inside: bool) -> CaseDocument | None:
    """Return a document of a case; without `inside` only one that the resident may see, too."""
    rows = CaseDocument.objects.filter(case=case_id, document=document_id).select_related("document")
    return (rows if inside else rows.filter(public=True)).first()


def known_number(*, source: str, external_number: str) -> str:
    """Return our number of a case another program numbered itself, or an empty text."""
    rows = ServiceRequest.objects.filter(source_program=source, external_number=external_number)
    return rows.values_list("case__number", flat=True).first() or ""


@dataclass(frozen=True, slots=True)
class Happened:
    """One event as programs are told of it: what, where it stands now, never who asked or what was said."""

    id: int
    case_id: int
    number: str
    kind: str
    move: str
    public: bool
    state: str
    at: datetime
    from_unit_id: int | None
    unit_id: int | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the stream: what this actor is told, and up to which event it was looked at."""

    events: Sequence[Happened]
    looked_to: int


def happened(*, actor: Actor, after: int, upto: int, size: int) -> Stretch:
    """Return the events behind `after` up to `upto` that this actor is told, oldest first: one statement.

    At most `size`, out of at most `LOOKED_AT` ids; `looked_to` is where the next call goes on. A unit is told of cases
    that come to it, stay with it or leave it; of cases it only helps with, what the resident may see, too.
    """
    end = min(upto, after + LOOKED_AT)
    rows = CaseEvent.objects.filter(id__gt=after, id__lte=end, case__kind__startswith="hotline.")
    told = [Happened(*row) for row in _told(rows, actor).order_by("id").values_list(*_EVENT)[:size]]
    return Stretch(told, told[-1].id if len(told) == size else max(after, end))


def _told(rows: QuerySet[CaseEvent], actor: Actor) -> QuerySet[CaseEvent]:
    rows = rows.filter(unrestricted(restricted_units(actor), "case__"))
    if actor.can(HotlineRight.CASE_READ_ALL):
        return rows
    if not actor.can(HotlineRight.CASE_READ_UNIT) or not actor.units:
        return rows.none()
    helps = CaseShare.objects.filter(case=OuterRef("case"), unit__in=actor.units)
    own = Q(to_unit__in=actor.units) | Q(from_unit__in=actor.units)
    return rows.filter(own | Q(Exists(helps), public=True))
