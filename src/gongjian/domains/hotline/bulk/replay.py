"""Turning one record into rows of every table, exactly as opening and moving it would have written them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import batched
from typing import Any, Final, NamedTuple

from gongjian.casework import clocks, limits, words
from gongjian.casework.kinds import PREVIOUS, STAYS, CaseKind, kind_of
from gongjian.casework.models import (
    Case,
    CaseClock,
    CaseEvent,
    CaseParty,
    CaseShare,
    CaseText,
    ClockPause,
    EventText,
)
from gongjian.domains.hotline.bulk.ids import Ids, Numbers, salts
from gongjian.domains.hotline.bulk.lines import NULL, Tables, cell, plain
from gongjian.domains.hotline.bulk.records import KEEP, Record, Step
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.parties.models import Contact
from gongjian.workdays.queries import calendar

BATCH: Final = 2_000
PLACES: Final = 100_000  # folded words kept in memory

EVENT: Final = (
    "id", "case_id", "move", "public", "actor_kind", "actor_id", "unit_id", "party_id", "channel", "before", "after",
    "from_unit_id", "to_unit_id", "due_at", "at", "digest",
)  # fmt: skip
CLOCK: Final = (
    "id", "case_id", "name", "limit_key", "started_at", "due_at", "provisional", "paused_at", "stopped_at",
    "breached_at", "step", "next_step_at",
)  # fmt: skip
# What a request holds before anything happened to it.
DETAIL: Final = {
    "wants_reply": True, "emergency": "", "rule_id": None, "dispatch_reason": "", "returns": 0, "extensions": 0,
    "waits": 0, "redos": 0, "reply": "", "resolved": "", "answer_source": "", "reject_reason_id": None, "outcome": "",
    "satisfaction": None, "external_number": None, "source_program": "", "replied_at": None, "last_urged_at": None,
}  # fmt: skip


class Way(NamedTuple):
    """A move of the table as replaying asks for it."""

    name: str
    target: str  # empty where the state stays
    public: str
    heard: bool  # by a clock


class Course:
    """The table of a kind as replaying asks for it."""

    def __init__(self, kind: CaseKind) -> None:
        heard = clocks.heard(kind)
        self.kind = kind
        self.closed: Final = frozenset(s.name for s in kind.states if not s.open)
        self.ways: Final = {
            m.name: Way(m.name, "" if m.target in {STAYS, PREVIOUS} else m.target, cell(m.public), m.name in heard)
            for m in kind.moves
        }


class Clock:
    """A clock while its case is replayed."""

    __slots__ = (
        "breached_at", "due_at", "limit_key", "name", "paused_at", "pauses", "pk", "provisional", "started_at", "step",
        "stopped_at",
    )  # fmt: skip

    def __init__(self, pk: int, columns: Mapping[str, Any]) -> None:
        self.pk = pk
        self.paused_at: datetime | None = None
        self.stopped_at: datetime | None = None
        self.breached_at: datetime | None = None
        self.pauses: list[dict[str, Any]] = []
        self.name: str = columns["name"]
        self.limit_key: str = columns["limit_key"]
        self.started_at: datetime = columns["started_at"]
        self.due_at: datetime = columns["due_at"]
        self.provisional: bool = columns["provisional"]
        self.step: int = columns["step"]

    def take(self, columns: Mapping[str, Any]) -> None:
        """Take what a plan changes; the next reminder is worked out at the end, for those that still run."""
        for name, value in columns.items():
            if name != "next_step_at":
                setattr(self, name, value)


class Press:
    """Makes the rows of records; holds what a load reads once, its ids and its numbers."""

    def __init__(self, *, at: datetime, numbers: Numbers) -> None:
        self.book, self.calendar, self.numbers = limits.LoadBook(limits.book(at)), calendar(), numbers
        ids = Ids()
        self.case_ids, self.party_ids, self.contact_ids = ids.of(Case), ids.of(CaseParty), ids.of(Contact)
        self.event_ids, self.clock_ids, self.salts = ids.of(CaseEvent), ids.of(CaseClock), salts()
        self._courses: dict[str, Course] = {}
        self._folded: dict[str, str] = {}

    def course(self, key: str) -> Course:
        found = self._courses.get(key)
        if found is None:
            found = self._courses[key] = Course(kind_of(key))
        return found

    def folded(self, text: str) -> str:
        """Fold a text that other records share: a topic or an address."""
        found = self._folded.get(text)
        if found is None:
            if len(self._folded) > PLACES:
                self._folded.clear()
            found = self._folded[text] = words.cleaned(text)
        return found

    def print(self, record: Record, tables: Tables) -> None:
        """Add the rows of one record."""
        case_id = next(self.case_ids)
        told = History(self, record, case_id, self._add_party(record, case_id, tables), tables)
        for step in record.steps:
            told.move(step)
        told.finish()
        self._add_case(record, case_id, told, tables)
        lexemes = words.facts(
            unit=told.unit, state=told.state, topic=record.topic_id, kind=record.kind, shares=told.shares
        )
        texts = (
            words.cleaned(record.title),
            words.cleaned(record.description),
            self.folded(record.address),
            self.folded(record.topic_words),
        )
        tables.open(CaseText, ("case_id", "grams")).append(f"{case_id}\t{words.literal(texts, lexemes)}")
        for model, row in record.rows:
            tables.add(model, {"case_id": case_id, **row})

    def _add_party(self, record: Record, case_id: int, tables: Tables) -> int:
        contact_id = None
        if record.contact is not None:
            contact_id = next(self.contact_ids)
            tables.add(Contact, {"id": contact_id, **record.contact})
        party_id = next(self.party_ids)
        row = {
            "id": party_id,
            "case_id": case_id,
            "role": CaseParty.Role.REQUESTER.value,
            "contact_id": contact_id,
            "person_id": record.person_id,
            "anonymous": contact_id is None and record.person_id is None,
            "consent_contact": record.consent_contact,
            "notify": record.notify,
            "language": record.language,
            "receipt_index": record.receipt_index,
            "created_at": record.steps[0].at,
        }
        tables.add(CaseParty, row)
        return party_id

    def _add_case(self, record: Record, case_id: int, told: "History", tables: Tables) -> None:
        opened_at = record.steps[0].at
        row = {
            "id": case_id,
            "number": record.number or self.numbers.take(opened_at),
            "kind": record.kind,
            "topic_id": record.topic_id,
            "urgency": record.urgency,
            "title": record.title,
            "channel": record.channel,
            "community_id": record.community_id,
            "cell": record.cell,
            "confidentiality": record.confidentiality,
            "opened_at": opened_at,
            "state": told.state,
            "holder_unit_id": told.unit,
            "holder_id": told.holder,
            "due_at": told.due_at,
            "closed_at": told.closed_at,
            "version": max(told.version, 1),
        }
        tables.add(Case, row)
        detail = {
            "case_id": case_id,
            "description": record.description,
            "address": record.address,
            "lon": record.lon,
            "lat": record.lat,
            **DETAIL,
            **record.detail,
        }
        tables.add(ServiceRequest, detail)


class History:
    """One case while its moves are replayed."""

    def __init__(self, press: Press, record: Record, case_id: int, party_id: int, tables: Tables) -> None:
        self.press, self.record, self.case_id, self.party_id, self.tables = press, record, case_id, party_id, tables
        self.course = press.course(record.kind)
        self.events, self.moments = tables.open(CaseEvent, EVENT), tables.moments
        self.clocks: list[Clock] = []
        self.running: list[Clock] = []
        self.nearest: datetime | None = None
        self.state = ""
        self.version = 0
        self.unit: int | None = None
        self.holder: int | None = None
        self.closed_at: datetime | None = None
        self.due_at: datetime | None = None
        self.shares: list[int] = []

    def move(self, step: Step) -> None:
        """Replay one move."""
        way = self.course.ways[step.move]
        after = step.target or way.target or self.state
        ends = after in self.course.closed
        touched = self._run_clocks(step, ends=ends) if way.heard or ends or step.dues else False
        if step.reminder_of:
            self._remind(step)
        unit, from_unit = step.holder_unit_id, self.unit
        if unit != KEEP:
            self.unit = unit
        if step.holder_id != KEEP:
            self.holder = step.holder_id
        self.due_at = None if ends else self.nearest
        self.closed_at = (self.closed_at or step.at) if ends else None
        self.version += after != self.state or touched or unit != KEEP or step.holder_id != KEEP
        self._add_event(way, step, after, from_unit)
        self.shares += [s for s in step.shares if s not in self.shares]
        self.state = after

    def _run_clocks(self, step: Step, *, ends: bool) -> bool:
        """Apply the plan of one move to the clocks in memory; return whether any changed."""
        record, press, at = self.record, self.press, step.at
        if not record.with_clocks or (ends and not self.running):
            return False
        timing = clocks.Timing(
            press.book, press.calendar, record.urgency, at, step.limits, step.dues, step.internal_text[:300]
        )
        plan = clocks.plan(
            kind=self.course.kind,
            move=step.move,
            open_clocks=self.running,
            ends=ends,
            timing=timing,
            starting=clocks.begin,
        )
        self.nearest = plan.due_at
        if not plan.touches:
            return False
        by_id = {c.pk: c for c in self.running}
        for pk, columns in plan.changes:
            by_id[pk].take(columns)
        for pk in plan.pauses:
            by_id[pk].pauses.append({"paused_at": at, "resumed_at": None, "reason": timing.reason})
        for pk in plan.resumes:
            by_id[pk].pauses[-1]["resumed_at"] = at
        fresh = [Clock(next(press.clock_ids), columns) for columns in plan.inserts]
        self.clocks += fresh
        self.running = [*(c for c in self.running if c.stopped_at is None), *fresh]
        return True

    def _remind(self, step: Step) -> None:
        clock = next(c for c in reversed(self.clocks) if c.name == step.reminder_of)
        clock.step += 1
        if step.breach:
            clock.breached_at = step.at

    def _add_event(self, way: Way, step: Step, after: str, from_unit: int | None) -> None:
        (_, at, actor_kind, actor, unit, channel, by_party, public, internal, *_) = step
        salt, event_id = next(self.press.salts), next(self.press.event_ids)
        digest = hashlib.sha256(salt + f"{public}\0{internal}".encode()).hexdigest()
        party = self.party_id if by_party else NULL
        self.events.append(
            f"{event_id}\t{self.case_id}\t{way.name}\t{way.public}\t{actor_kind}\t{NULL if actor is None else actor}"
            f"\t{NULL if unit is None else unit}\t{party}\t{channel}\t{self.state}\t{after}"
            f"\t{NULL if from_unit is None else from_unit}\t{NULL if self.unit is None else self.unit}"
            f"\t{self.moments[self.due_at]}\t{self.moments[at]}\t\\\\x{digest}"
        )
        if public or internal:
            lines = self.tables.open(EventText, ("event_id", "public", "body", "salt"))
            if public:
                lines.append(f"{event_id}\tt\t{plain(public)}\t\\\\x{salt.hex()}")
            if internal:
                lines.append(f"{event_id}\tf\t{plain(internal)}\t\\\\x{salt.hex()}")

    def finish(self) -> None:
        """Add the rows that are known when the last move is made: clocks, pauses, shares."""
        lines, moments = self.tables.open(CaseClock, CLOCK), self.moments
        for c in self.clocks:
            lines.append(
                f"{c.pk}\t{self.case_id}\t{c.name}\t{c.limit_key}\t{moments[c.started_at]}\t{moments[c.due_at]}"
                f"\t{'t' if c.provisional else 'f'}\t{moments[c.paused_at]}\t{moments[c.stopped_at]}"
                f"\t{moments[c.breached_at]}\t{c.step}\t{moments[self._next_step(c)]}"
            )
            for pause in c.pauses:
                self.tables.add(ClockPause, {"clock_id": c.pk, **pause})
        for share in self.shares:
            row = {"case_id": self.case_id, "unit_id": share, "since": self.record.steps[0].at}
            self.tables.add(CaseShare, row)

    def _next_step(self, clock: Clock) -> datetime | None:
        """Return when a clock that still runs does something next; most have stopped and need not be asked."""
        if clock.stopped_at is not None:
            return None
        steps = self.press.book.steps(
            key=clock.limit_key, started_at=clock.started_at, due_at=clock.due_at, calendar=self.press.calendar
        )
        return steps[clock.step][0] if clock.step < len(steps) else None


def replayed(records: Iterable[Record], *, at: datetime, numbers: Numbers) -> Iterator[tuple[Tables, int]]:
    """Yield the rows of each batch of records, and how many cases they are."""
    press = Press(at=at, numbers=numbers)
    for batch in batched(records, BATCH, strict=False):
        tables = Tables()
        for record in batch:
            press.print(record, tables)
        yield tables, len(batch)
