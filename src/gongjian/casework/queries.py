"""Reading cases: always scoped to what the actor may see, always by an index, never counting millions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import BooleanField, CharField, Exists, F, OuterRef, Prefetch, Q, QuerySet, Sum
from django.db.models.expressions import RawSQL
from psycopg import sql

from gongjian.casework import words
from gongjian.casework.access import restricted_units
from gongjian.casework.errors import LastChange
from gongjian.casework.kinds import CaseKind
from gongjian.casework.kinds import kinds as known_kinds
from gongjian.casework.models import (
    Case,
    CaseClock,
    CaseDocument,
    CaseEvent,
    CaseShare,
    CaseText,
    EventText,
    Tally,
    TallyDelta,
    Topic,
)
from gongjian.identity.actor import Actor
from gongjian.identity.rights import Right

# Beyond this many an exact number helps nobody; the page says "1,000+".
COUNT_CAP: Final = 1_000
ROWS: Final = (
    "id", "number", "kind", "topic_id", "state", "urgency", "title", "channel", "community_id", "holder_unit_id",
    "holder_id", "restricted", "opened_at", "due_at", "closed_at", "version",
)  # fmt: skip
# A case is overdue while it is open and its nearest deadline has passed: said here for every list, count and file.
OVER: Final = "{case}.closed_at is null and {case}.due_at < {at}"
# The term that ends at the nearest deadline; a list says by its name what is overdue.
DUE_CLOCK: Final = (
    "(select k.name from casework_caseclock k where k.case_id = {case}.id and k.stopped_at is null"
    " and k.paused_at is null order by k.due_at, k.id limit 1)"
)


def over(at: datetime, of: str = "") -> Q:
    """Return the condition on overdue cases; `of` is the way to them, as in `case__`."""
    return Q(**{f"{of}closed_at": None, f"{of}due_at__lt": at})


def with_clock(rows: QuerySet[Case]) -> QuerySet[Case]:
    """Let each of these cases carry `due_clock`, the name of the clock that ends at its nearest deadline."""
    named = RawSQL(DUE_CLOCK.format(case="casework_case"), [], output_field=CharField())  # noqa: S611 - a constant
    return rows.annotate(due_clock=named)


def reachable(*, actor: Actor, read_all: Right, read_unit: Right) -> QuerySet[Case]:
    """Return the cases this actor may open: all, or those its units hold or help with."""
    rows = Case.objects.filter(unrestricted(restricted_units(actor)))
    if actor.can(read_all):
        return rows
    if not actor.can(read_unit):
        return rows.none()
    shared = CaseShare.objects.filter(case=OuterRef("pk"), unit__in=actor.units)
    return rows.filter(Q(holder_unit__in=actor.units) | Exists(shared))


def unrestricted(but: frozenset[int] | None = frozenset(), path: str = "") -> Q:
    """Return the condition that leaves restricted cases out, `but` those of these units; None leaves out none.

    The one door to them: every list, count and export passes it. `path` leads to the case, as in "case__".
    """
    if but is None:
        return Q()
    open_ones = Q(**{f"{path}restricted": False})
    return open_ones | Q(**{f"{path}holder_unit__in": but}) if but else open_ones


def unrestricted_sql(but: frozenset[int] | None = frozenset(), table: str = "casework_case") -> str:
    """Return the condition of `unrestricted` as text, for statements written out."""
    if but is None:
        return "true"
    held = f" or {table}.holder_unit_id = any('{{{','.join(map(str, sorted(but)))}}}'::bigint[])" if but else ""
    return f"(not {table}.restricted{held})"


def restricted_topics() -> frozenset[int]:
    """Return the topics whose cases are restricted, for writers of many cases; the one writer asks the table itself."""
    return frozenset(Topic.objects.filter(restricted=True).values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class Desk:
    """What a desk shows: conditions that one composite index answers, and the order."""

    units: frozenset[int] | None  # None: the whole district
    states: tuple[str, ...] = ()
    holder: int | None = None
    topics: tuple[int, ...] = ()
    communities: tuple[int, ...] = ()
    late_at: datetime | None = None  # only those due before
    restricted: frozenset[int] | None = frozenset()  # units whose restricted cases stand on it too; None: all


def by_deadline(desk: Desk, *, after: tuple[datetime, int] | None = None, size: int = 50) -> list[Case]:
    """Return open cases, nearest deadline first; one row more than `size` where there are more."""
    rows = _narrow(Case.objects.filter(closed_at=None, due_at__isnull=False), desk)
    if after is not None:
        rows = rows.filter(Q(due_at__gt=after[0]) | Q(due_at=after[0], id__gt=after[1])).filter(due_at__gte=after[0])
    return list(with_clock(rows.only(*ROWS)).order_by("due_at", "id")[: size + 1])


def newest(desk: Desk, *, before: int | None = None, size: int = 50) -> list[Case]:
    """Return cases open and closed, newest first; one row more than `size` where there are more."""
    rows = _narrow(Case.objects.all(), desk)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(with_clock(rows.only(*ROWS)).order_by("-id")[: size + 1])


def on_desk(desk: Desk) -> QuerySet[Case]:
    """Return the open cases of a desk without order, for counting and for the neighbours of one case."""
    return _narrow(Case.objects.filter(closed_at=None, due_at__isnull=False), desk)


def count(desk: Desk) -> int:
    """Return how many open cases the desk holds, up to `COUNT_CAP` + 1."""
    return _narrow(Case.objects.filter(closed_at=None), desk).order_by()[: COUNT_CAP + 1].count()


def _narrow(rows: QuerySet[Case], desk: Desk) -> QuerySet[Case]:
    rows = rows.filter(unrestricted(desk.restricted))
    if desk.units is not None:
        rows = rows.filter(any_of("holder_unit", desk.units))
    for column, values in (("state", desk.states), ("topic", desk.topics), ("community", desk.communities)):
        rows = rows.filter(any_of(column, values)) if values else rows
    if desk.holder is not None:
        rows = rows.filter(holder=desk.holder)
    if desk.late_at is not None:
        rows = rows.filter(over(desk.late_at))
    return rows


def any_of(column: str, values: Collection[Any]) -> Q:
    """Return the condition on a column; a single value, as nearly always, lets the index also give the order."""
    return Q(**{column: next(iter(values))}) if len(values) == 1 else Q(**{f"{column}__in": values})


@dataclass(frozen=True, slots=True)
class Search:
    """A search: words that must all occur, and facts; units None means the whole district."""

    text: str = ""
    units: frozenset[int] | None = None
    states: tuple[str, ...] = ()
    topics: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    communities: tuple[int, ...] = ()
    late_at: datetime | None = None  # only open cases whose deadline has passed then
    restricted: frozenset[int] | None = frozenset()  # units whose restricted cases are found too; None: all
    since: datetime | None = None  # opened from then on
    until: datetime | None = None  # opened before
    leads: bool = False  # only what the units hold, not what they help with

    @property
    def facts(self) -> Q:
        """Return the conditions the search vector does not hold."""
        rows = Q(community__in=self.communities) if self.communities else Q()
        rows &= over(self.late_at) if self.late_at is not None else Q()
        rows &= Q(opened_at__gte=self.since) if self.since is not None else Q()
        return rows & Q(opened_at__lt=self.until) if self.until is not None else rows


def search(wanted: Search, *, before: int | None = None, size: int = 50) -> list[Case]:
    """Return cases whose words and facts match, newest first: text, unit, state and topic are one index condition."""
    query = search_query(wanted)
    if not query:
        return []
    params: list[Any]
    conditions, params = f"t.grams @@ {_constant(query)} and {unrestricted_sql(wanted.restricted, 'c')}", []
    if wanted.communities:
        conditions, params = f"{conditions} and c.community_id = any(%s)", [*params, list(wanted.communities)]
    if wanted.late_at is not None:
        conditions, params = f"{conditions} and {OVER.format(case='c', at='%s')}", [*params, wanted.late_at]
    for condition, value in (
        ("c.opened_at >= %s", wanted.since),
        ("c.opened_at < %s", wanted.until),
        ("t.case_id < %s", before),
    ):
        if value is not None:
            conditions, params = f"{conditions} and {condition}", [*params, value]
    statement = (
        f"select {', '.join('c.' + name for name in ROWS)}, {DUE_CLOCK.format(case='c')} as due_clock"
        f" from casework_casetext t"
        f" join casework_case c on c.id = t.case_id where {conditions} order by t.case_id desc limit {size + 1}"
    )
    return list(Case.objects.raw(statement, params))


def search_query(wanted: Search) -> str:
    """Return the one index condition of a search as a tsquery; empty where nothing can be found."""
    if wanted.units is not None and not wanted.units:
        return ""  # somebody without a unit, not somebody without limits
    groups = [
        *_places_of(wanted),
        [f"t:{t}" for t in wanted.topics],
        [f"{letter}:{u}" for u in sorted(wanted.units or ()) for letter in ("u" if wanted.leads else "uh")],
    ]
    return words.query(wanted.text, any_of=groups)


def _places_of(wanted: Search) -> list[list[str]]:
    """Return the lexemes of states and kinds; few, for the index walks each of them beside the rarest word."""
    states, kinds = [f"s:{s}" for s in wanted.states], [f"k:{k}" for k in wanted.kinds]
    asked = [kind for kind in known_kinds() if kind.key in wanted.kinds]
    domains = sorted({kind.domain for kind in asked})
    if len(asked) < sum(kind.domain in domains for kind in known_kinds()):
        return [states, kinds]
    for letter in (words.OPEN, words.ENDED):
        alike = {s.name for kind in asked for s in kind.states if s.open == (letter == words.OPEN)}
        if alike and set(wanted.states) == alike:
            return [[f"{letter}:{domain}" for domain in domains]]
    return [states, [f"{letter}:{domain}" for domain in domains for letter in (words.OPEN, words.ENDED)]]


def _constant(query: str) -> str:
    """Return the tsquery as a constant of the statement: a rare word and a common one want different plans."""
    return sql.quote(query).replace("%", "%%") + "::tsquery"


def found(wanted: Search) -> QuerySet[CaseText]:
    """Return what a search finds, without order, for counting it together with other things."""
    query = search_query(wanted)
    if not query:
        return CaseText.objects.none()
    hit = RawSQL(f"grams @@ {_constant(query)}", [], output_field=BooleanField())  # noqa: S611 - quoted by psycopg
    rows = CaseText.objects.alias(hit=hit).filter(hit=True)
    if wanted.restricted is not None:  # read from their own small index, not row by row
        hidden = Case.objects.filter(restricted=True).exclude(holder_unit__in=wanted.restricted)
        rows = rows.exclude(case__in=hidden)
    return rows.filter(case__in=Case.objects.filter(wanted.facts)) if wanted.facts else rows


def last_change(case_id: int) -> LastChange | None:
    """Return who moved the case last, for the one who lost a race."""
    event = CaseEvent.objects.filter(case=case_id).select_related("actor").order_by("-pk").first()
    if event is None:
        return None
    return LastChange(event.actor.name if event.actor else "", event.move, event.at, event.after)


def timeline(case_id: int, *, public_only: bool) -> list[CaseEvent]:
    """Return the events, newest first, each with its `texts` and actor: two statements."""
    texts = EventText.objects.order_by("-public")
    events = CaseEvent.objects.filter(case=case_id).select_related("actor")
    if public_only:
        events, texts = events.filter(public=True), texts.filter(public=True)
    return list(events.prefetch_related(Prefetch("texts", texts)).order_by("-at", "-pk"))


def documents(case_id: int, *, public_only: bool) -> list[CaseDocument]:
    """Return the documents of a case with their file, oldest first."""
    rows = CaseDocument.objects.filter(case=case_id).select_related("document")
    return list((rows.filter(public=True) if public_only else rows).order_by("pk"))


def clocks(case_id: int) -> list[CaseClock]:
    """Return all clocks of a case, oldest first."""
    return list(CaseClock.objects.filter(case=case_id).order_by("pk"))


def last_state_change(case_id: int) -> CaseEvent | None:
    """Return the last event that changed the state, which a correction may undo."""
    return CaseEvent.objects.filter(case=case_id).exclude(before=F("after")).exclude(before="").order_by("-pk").first()


def nearby(cells: Sequence[str], *, topic_id: int | None, since: datetime, size: int = 50) -> list[Case]:
    """Return open cases in these h3 cells, newest first; the caller measures the distance."""
    rows = Case.objects.filter(unrestricted(), cell__in=cells, closed_at=None, opened_at__gte=since).exclude(cell="")
    rows = rows.filter(confidentiality=Case.Confidentiality.OPEN)
    if topic_id is not None:
        rows = rows.filter(topic=topic_id)
    return list(rows.only(*ROWS).order_by("-id")[:size])


@dataclass(frozen=True, slots=True)
class Standing:
    """How many cases of one kind, topic, unit and community stand in one state."""

    kind: str
    topic_id: int | None
    unit_id: int | None
    community_id: int | None
    state: str
    n: int


def standings(*, kinds: Sequence[CaseKind], by: Sequence[str], open_only: bool = True) -> list[dict[str, Any]]:
    """Return counts summed over everything but `by` (of kind, topic, unit, community, state).

    Reads the folded tally and the changes not folded in yet: always exact, never a scan of cases. Restricted cases
    stand in neither.
    """
    names = {"kind": "kind", "topic": "topic_id", "unit": "unit_id", "community": "community_id", "state": "state"}
    columns = [names[b] for b in by]
    states = sorted({s.name for k in kinds for s in k.states if s.open or not open_only})
    keys = [k.key for k in kinds]
    folded = Tally.objects.filter(kind__in=keys, state__in=states).values(*columns).annotate(total=Sum("n"))
    fresh = TallyDelta.objects.filter(kind__in=keys, state__in=states).values(*columns).annotate(total=Sum("n"))
    sums: dict[tuple[Any, ...], int] = {}
    for row in folded.union(fresh, all=True):
        key = tuple(row[c] for c in columns)
        sums[key] = sums.get(key, 0) + row["total"]
    return [dict(zip(by, key, strict=True)) | {"n": n} for key, n in sums.items() if n]


def topics(domain: str) -> list[Topic]:
    """Return the active topics of a domain in their order, parents before children."""
    return list(Topic.objects.filter(domain=domain, active=True).order_by(F("parent").asc(nulls_first=True), "order"))


def attached(document_id: int) -> list[CaseDocument]:
    """Return where a document belongs, each with its case and file: the caller decides who may have it."""
    return list(CaseDocument.objects.filter(document=document_id).select_related("case", "document"))
