"""The one writer of cases: every case is opened and moved here, in one statement."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from django.apps import apps
from django.db import models
from procrastinate.contrib.django.models import ProcrastinateJob

from gongjian.casework import clocks, limits, words
from gongjian.casework.access import may_move
from gongjian.casework.errors import IllegalMoveError, StaleCaseError
from gongjian.casework.kinds import STAYS, CaseKind, Move
from gongjian.casework.models import (
    Case,
    CaseClock,
    CaseDocument,
    CaseEvent,
    CaseParty,
    CaseShare,
    CaseText,
    EventText,
    TallyDelta,
)
from gongjian.casework.numbers import NEXT_SERIAL, month_of
from gongjian.casework.queries import last_change
from gongjian.casework.writer import Insert, Ref, Sql, Statement, Update
from gongjian.identity.actor import Actor
from gongjian.identity.rights import Forbidden
from gongjian.parties.models import Contact
from gongjian.sealing.index import blind_index
from gongjian.sealing.tokens import receipt_code
from gongjian.workdays.queries import calendar

TELL_QUEUE: Final = "notices"
TELL_TASK: Final = "casework.tell"
_KEEP: Final = object()
_COUNTED: Final = Sql('(not "case".restricted)::int')  # a restricted case counts for nothing


@dataclass(frozen=True, slots=True)
class NewParty:
    """One person of a new case; `contact` holds the columns of `parties.actions.contact_row`."""

    role: str
    contact: Mapping[str, Any] | None
    anonymous: bool
    consent_contact: bool
    notify: bool
    language: str
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewCase:
    """What a domain hands over to open a case; ids refer to rows that exist."""

    title: str
    topic_id: int | None
    channel: str
    urgency: int
    community_id: int | None
    cell: str
    confidentiality: int = Case.Confidentiality.OPEN
    search: Sequence[str] = ()  # words that find the case, besides the title
    public_text: str = ""
    internal_text: str = ""
    holder_unit_id: int | None = None
    documents: Sequence[int] = ()
    limits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opened:
    id: int
    number: str
    restricted: bool
    receipt: str  # shown once; only its keyed hash is stored
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClockStep:
    """One step of a clock's reminders, taken exactly once: `number` is the step it must still stand at."""

    clock_id: int
    number: int
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What a move does besides changing the state."""

    public_text: str = ""
    internal_text: str = ""
    holder_unit_id: Any = _KEEP
    holder_id: Any = _KEEP
    title: Any = _KEEP
    topic_id: Any = _KEEP
    community_id: Any = _KEEP
    cell: Any = _KEEP
    urgency: Any = _KEEP
    detail: Mapping[str, Any] = field(default_factory=dict)  # columns of the domain's detail row
    rows: Sequence[Insert] = ()  # the domain's own rows; may refer to parts "case" and "event"
    updates: Sequence[Update] = ()
    documents: Sequence[int] = ()
    public_documents: bool = True
    shares: Sequence[int] = ()  # units that help from now on
    limits: Mapping[str, str] = field(default_factory=dict)
    dues: Mapping[str, datetime] = field(default_factory=dict)
    restarts: Sequence[CaseClock] = ()  # stopped, paused or let run by a wrong move: as they stand from now on
    voids: frozenset[int] = frozenset()  # started by a wrong move, stop
    step: ClockStep | None = None  # the reminder of a clock that this move is


@dataclass(frozen=True, slots=True)
class Moved:
    event_id: int
    state: str
    version: int
    due_at: datetime | None


def open_case(
    *, kind: CaseKind, new: NewCase, detail: Mapping[str, Any], parties: Sequence[NewParty], actor: Actor, at: datetime
) -> Opened:
    """Open a case: number, parties, clocks, first event, words, search vector and notice job, all or nothing.

    `detail` holds the columns of the kind's own row. The receipt code in the answer exists nowhere else.
    Errors: `NoTermError` where no term is in force for a clock that starts now.
    """
    move = kind.move_of[kind.opening]
    receipt = receipt_code()
    timing = clocks.Timing(limits.book(), calendar(), new.urgency, at, new.limits, {}, "")
    plan = clocks.plan(kind=kind, move=move.name, open_clocks=(), ends=False, timing=timing)
    statement = Statement()
    made = ("id", "number", "restricted")
    statement.add(Insert("case", Case, [_case_row(kind, new, move, plan.due_at, at)], returning=made))
    statement.add(Insert("detail", _detail_model(kind), [{"case": Ref("case"), **detail}], returning=()))
    _add_parties(statement, parties, receipt, at)
    clocks.write(statement, plan, case=Ref("case"), timing=timing)
    event = {"from_unit": None, "to_unit": new.holder_unit_id, "due_at": plan.due_at, "party": None}
    _add_event(
        statement, move, actor, at, before="", after=move.target, facts=event, said=(new.public_text, new.internal_text)
    )
    statement.add(
        Insert(
            "documents",
            CaseDocument,
            [{"case": Ref("case"), "document": d, "event": Ref("event"), "public": True} for d in new.documents],
            returning=(),
        )
    )
    if kind.searchable:
        lexemes = words.facts(kind=kind, state=move.target, unit=new.holder_unit_id, topic=new.topic_id)
        grams = words.vector([new.title, *new.search], lexemes)
        statement.add(
            Insert("words", CaseText, [{"case": Ref("case"), "grams": Sql("%s::tsvector", (grams,))}], returning=())
        )
    statement.add(_tally([(_place(kind, new), move.target, _COUNTED)]))
    row = statement.run("case", made)
    if row is None:
        raise RuntimeError("an insert without a guard returned no row")
    return Opened(row[0], row[1], row[2], receipt, plan.due_at)


def move(
    *,
    kind: CaseKind,
    case: Case,
    name: str,
    change: Change,
    actor: Actor,
    at: datetime,
    as_party: int | None = None,
    target: str | None = None,
) -> Moved:
    """Make one move of the kind's table on the case as the caller read it.

    The case row is changed only where its version is still the one that was read: of two writers one wins, the other
    gets `StaleCaseError` and nothing of his is written. `target` names the state for a move back to the previous one.
    Errors: `IllegalMoveError`, `Forbidden`, `StaleCaseError`, `NoTermError`.
    """
    step = kind.move_of[name]
    if case.state not in step.sources:
        raise IllegalMoveError(move=name, state=case.state)
    if not may_move(move=step, case=case, actor=actor, as_party=as_party):
        raise Forbidden(f"{name} on {case.number}")
    after = target or (case.state if step.target == STAYS else step.target)
    ends = not kind.state_of[after].open
    timing = clocks.Timing(
        limits.book(),
        calendar(),
        case.urgency if change.urgency is _KEEP else change.urgency,
        at,
        change.limits,
        change.dues,
        change.internal_text[:300],
    )
    open_clocks = list(CaseClock.objects.filter(case_id=case.pk, stopped_at=None).order_by("pk"))
    plan = clocks.plan(
        kind=kind,
        move=name,
        open_clocks=open_clocks,
        ends=ends,
        timing=timing,
        restarts=change.restarts,
        voids=change.voids,
    )
    statement = Statement()
    if change.step is not None:
        plan = _add_step(statement, plan, change.step)
    columns = _changed_columns(case, change, after=after, ends=ends, plan=plan, at=at)
    guard = {"id": case.pk, "version": case.version}
    first = "step" if change.step else ""
    statement.add(Update("case", Case, columns, guard, returning=("id", "restricted"), after=first))
    _add_change(statement, kind, change)
    clocks.write(statement, plan, case=Ref("case"), timing=timing)
    holder = columns.get("holder_unit", case.holder_unit_id)
    event = {
        "from_unit": case.holder_unit_id,
        "to_unit": holder,
        "due_at": columns["due_at"],
        "party": as_party,
    }
    said = (change.public_text, change.internal_text)
    _add_event(statement, step, actor, at, before=case.state, after=after, facts=event, said=said)
    _add_late_rows(statement, kind, case, change, columns, at)
    row = statement.run("event", ("id",))
    if row is None:
        raise StaleCaseError(last_change(case.pk))
    return Moved(row[0], after, columns["version"], columns["due_at"])


def _case_row(kind: CaseKind, new: NewCase, opening: Move, due_at: datetime | None, at: datetime) -> dict[str, Any]:
    return {
        "number": Sql(f"%s || {NEXT_SERIAL}", (month_of(at),)),
        "kind": kind.key,
        "topic": new.topic_id,
        "state": opening.target,
        "urgency": new.urgency,
        "title": new.title,
        "channel": new.channel,
        "community": new.community_id,
        "cell": new.cell,
        "holder_unit": new.holder_unit_id,
        "confidentiality": new.confidentiality,
        "restricted": _restricted(new.topic_id),
        "opened_at": at,
        "due_at": due_at,
    }


def _changed_columns(
    case: Case, change: Change, *, after: str, ends: bool, plan: clocks.ClockPlan, at: datetime
) -> dict[str, Any]:
    """Return the new columns of the case row.

    The version counts what would make a reader's page wrong: a note or a reminder leaves it alone, so that a handler
    who is typing an answer is not thrown out by it.
    """
    given = {
        "holder_unit": change.holder_unit_id,
        "holder": change.holder_id,
        "title": change.title,
        "topic": change.topic_id,
        "community": change.community_id,
        "cell": change.cell,
        "urgency": change.urgency,
    }
    given = {name: value for name, value in given.items() if value is not _KEEP}
    if "topic" in given:
        given["restricted"] = _restricted(given["topic"])
    quiet = after == case.state and not given and not plan.touches
    return {
        "state": after,
        "due_at": None if ends else plan.due_at,
        "version": case.version if quiet else case.version + 1,
        "closed_at": (case.closed_at or at) if ends else None,
        **given,
    }


def _restricted(topic_id: int | None) -> Sql:
    """Return whether a case of this topic is restricted, as the topic says in this moment."""
    return Sql("coalesce((select t.restricted from casework_topic t where t.id = %s::bigint), false)", (topic_id,))


def _add_step(statement: Statement, plan: clocks.ClockPlan, step: ClockStep) -> clocks.ClockPlan:
    """Take the step in front of everything else; what the move does to the same clock joins it in one update."""
    changes = dict(plan.changes)
    columns = changes.pop(step.clock_id, {}) | dict(step.columns)
    statement.add(Update("step", CaseClock, columns, {"id": step.clock_id, "step": step.number}))
    return replace(plan, changes=tuple(changes.items()))


def _add_parties(statement: Statement, parties: Sequence[NewParty], receipt: str, at: datetime) -> None:
    for i, party in enumerate(parties):
        contact: Any = None
        if party.contact is not None:
            statement.add(Insert(f"contact_{i}", Contact, [{**party.contact, "created_at": at}]))
            contact = Ref(f"contact_{i}")
        row = {
            "case": Ref("case"),
            "role": party.role,
            "contact": contact,
            "person": party.person_id,
            "anonymous": party.anonymous,
            "consent_contact": party.consent_contact,
            "notify": party.notify,
            "language": party.language,
            "receipt_index": blind_index(receipt, "receipt") if i == 0 else None,
            "created_at": at,
        }
        statement.add(Insert(f"party_{i}", CaseParty, [row]))


def _add_event(
    statement: Statement,
    move: Move,
    actor: Actor,
    at: datetime,
    *,
    before: str,
    after: str,
    facts: Mapping[str, Any],
    said: tuple[str, str],
) -> None:
    """Add the event, its words and the job that tells its audience."""
    salt = secrets.token_bytes(16)
    row = {
        "case": Ref("case"),
        "move": move.name,
        "public": move.public,
        "actor_kind": actor.kind,
        "actor": actor.user_id,
        "unit": actor.unit_id,
        "channel": actor.channel,
        "before": before,
        "after": after,
        "at": at,
        "digest": hashlib.sha256(salt + "\x00".join(said).encode()).digest(),
        **facts,
    }
    statement.add(Insert("event", CaseEvent, [row]))
    texts = [
        {"event": Ref("event"), "public": public, "body": body, "salt": salt}
        for public, body in zip((True, False), said, strict=True)
        if body
    ]
    statement.add(Insert("texts", EventText, texts, returning=()))
    if move.audience:
        statement.add(_tell_job())


def _tell_job() -> Insert:
    """Return the outbox row: a job of the queue, visible to its worker with the commit."""
    args = Sql("jsonb_build_object('event_id', event.id)")
    row = {"queue_name": TELL_QUEUE, "task_name": TELL_TASK, "args": args}
    return Insert("job", ProcrastinateJob, [row], returning=(), after="event")


def _add_change(statement: Statement, kind: CaseKind, change: Change) -> None:
    if change.detail:
        statement.add(
            Update("detail", _detail_model(kind), change.detail, {"case": Ref("case")}, returning=(), after="case")
        )
    for row in change.rows:
        statement.add(row)
    for update in change.updates:
        statement.add(update)


def _add_late_rows(
    statement: Statement, kind: CaseKind, case: Case, change: Change, columns: Mapping[str, Any], at: datetime
) -> None:
    """Add what hangs on the event: documents, shares, the search lexemes and the tally."""
    documents = [
        {"case": Ref("case"), "document": d, "event": Ref("event"), "public": change.public_documents}
        for d in change.documents
    ]
    statement.add(Insert("documents", CaseDocument, documents, returning=()))
    shares = [{"case": Ref("case"), "unit": u, "since": at} for u in change.shares]
    statement.add(Insert("shares", CaseShare, shares, returning=(), after="event"))
    before = (case.topic_id, case.holder_unit_id, case.community_id)
    after = (
        columns.get("topic", case.topic_id),
        columns.get("holder_unit", case.holder_unit_id),
        columns.get("community", case.community_id),
    )
    if (before, case.state) != (after, columns["state"]):
        left = ((kind.key, *before), case.state, 0 if case.restricted else -1)
        statement.add(_tally([left, ((kind.key, *after), columns["state"], _COUNTED)]))
    if kind.searchable:
        _add_lexemes(statement, kind, (case.state, *before[:2]), (columns["state"], *after[:2]), change.shares)


def _add_lexemes(
    statement: Statement,
    kind: CaseKind,
    before: tuple[str, int | None, int | None],
    after: tuple[str, int | None, int | None],
    shares: Sequence[int],
) -> None:
    old = set(words.facts(kind=kind, state=before[0], topic=before[1], unit=before[2]))
    new = set(words.facts(kind=kind, state=after[0], topic=after[1], unit=after[2], shares=shares))
    if old == new:
        return
    old |= {f"{letter}:{kind.domain}" for letter in (words.OPEN, words.ENDED)}  # whatever an older version left
    grams = Sql("ts_delete(grams, %s::text[]) || array_to_tsvector(%s::text[])", (sorted(old - new), sorted(new)))
    statement.add(Update("words", CaseText, {"grams": grams}, {"case": Ref("case")}, returning=(), after="case"))


def _tally(places: Sequence[tuple[tuple[str, int | None, int | None, int | None], str, int | Sql]]) -> Insert:
    """Count a case out of one place and into another."""
    rows = [
        {"kind": place[0], "topic_id": place[1], "unit_id": place[2], "community_id": place[3], "state": state, "n": n}
        for place, state, n in places
    ]
    return Insert("tally", TallyDelta, rows, returning=(), after="case")


def _place(kind: CaseKind, new: NewCase) -> tuple[str, int | None, int | None, int | None]:
    return (kind.key, new.topic_id, new.holder_unit_id, new.community_id)


def _detail_model(kind: CaseKind) -> type[models.Model]:
    return apps.get_model(kind.detail)
