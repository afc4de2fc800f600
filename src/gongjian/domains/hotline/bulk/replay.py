"""Turning one record into rows of every table, exactly as opening and moving it would have written them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import batched
from typing import Any, Final, NamedTuple

from gongjian.casework import clocks, kinds, limits, words
from gongjian.casework.clocks import Act
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
from gongjian.casework.queries import restricted_topics
from gongjian.domains.hotline.bulk.ids import Ids, Numbers, salts
from gongjian.domains.hotline.bulk.lines import NULL, Tables, cell, plain
from gongjian.domains.hotline.bulk.records import KEEP, Record, Step
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.parties.models import Contact
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import Due

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
PARTY: Final = (
    "id", "case_id", "role", "contact_id", "person_id", "anonymous", "consent_contact", "notify", "language",
    "receipt_index", "created_at",
)  # fmt: skip
REQUESTER: Final = CaseParty.Role.REQUESTER.value
CASE: Final = (
    "id", "number", "kind", "topic_id", "urgency", "title", "channel", "community_id", "cell", "confidentiality",
    "restricted", "opened_at", "state", "holder_unit_id", "holder_id", "due_at", "closed_at", "version",
)  # fmt: skip
# What a request holds before anything happened to it.
REQUEST: Final = {name: cell(value) for name, value in {
    "case_id": None, "description": "", "address": "", "lon": None, "lat": None,
    "wants_reply": True, "emergency": "", "rule_id": None, "dispatch_reason": "", "returns": 0, "extensions": 0,
    "waits": 0, "redos": 0, "reply": "", "resolved": "", "answer_source": "", "reject_reason_id": None, "outcome": "",
    "satisfaction": None, "external_number": None, "source_program": "", "public_title": "",
    "replied_at": None, "last_urged_at": None,
}.items()}  # fmt: skip


class Way(NamedTuple):
    """A move of the table as replaying asks for it."""

    name: str
    target: str  # empty where the state stays
    public: str


class Course:
    """The table of a kind as replaying asks for it."""

    def __init__(self, kind: CaseKind) -> None:
        self.kind = kind
        self.closed: Final = frozenset(s.name for s in kind.states if not s.open)
        self.ways: Final = {
            m.name: Way(m.name, "" if m.target in {STAYS, PREVIOUS} else m.target, cell(m.public)) for m in kind.moves
        }
        self._standings: dict[tuple[tuple[str, bool], ...], Standing] = {}

    def standing(self, open_clocks: tuple[tuple[str, bool], ...]) -> "Standing":
        """Return which clocks are open, by name and whether paused; few such sets ever occur."""
        found = self._standings.get(open_clocks)
        if found is None:
            found = self._standings[open_clocks] = Standing(self, open_clocks)
        return found


class Standing:
    """A set of open clocks, and what was found of the moves made there: the table is asked once for each."""

    def __init__(self, course: Course, open_clocks: tuple[tuple[str, bool], ...]) -> None:
        self.course, self.open_clocks = course, open_clocks
        self.known: tuple[dict[str, tuple[clocks.Turn, Standing]], ...] = ({}, {})

    def turn(self, move: str, *, ends: bool) -> "tuple[clocks.Turn, Standing]":
        """Return what a move does to the clocks, and which are open then."""
        found = self.known[ends].get(move)
        if found is None:
            what = clocks.turn(kind=self.course.kind, move=move, open_clocks=self.open_clocks, ends=ends)
            stay = (
                (name, act is Act.PAUSE or (paused and act is not Act.RESUME))
                for (name, paused), act in zip(self.open_clocks, what.acts, strict=True)
                if act is not Act.STOP
            )
            then = self.course.standing((*stay, *((clock.name, False) for clock in what.starts)))
            found = self.known[ends][move] = what, then
        return found


class Clock:
    """A clock while its case is replayed."""

    __slots__ = (
        "breached_at", "due_at", "limit_key", "name", "paused_at", "pauses", "pk", "provisional", "started_at", "step",
        "stopped_at",
    )  # fmt: skip

    def __init__(self, pk: int, name: str, limit_key: str, started_at: datetime, due: Due) -> None:
        self.pk, self.name, self.limit_key, self.started_at, self.step = pk, name, limit_key, started_at, 0
        self.due_at, self.provisional = due
        self.paused_at: datetime | None = None
        self.stopped_at: datetime | None = None
        self.breached_at: datetime | None = None
        self.pauses: list[dict[str, Any]] = []

    def take(self, columns: Mapping[str, Any]) -> None:
        """Take what a move changes; the next reminder is worked out at the end, for those that still run."""
        for name, value in columns.items():
            if name != "next_step_at":
                setattr(self, name, value)


class Press:
    """Makes the rows of records; holds what a load reads once, its ids and its numbers."""

    def __init__(self) -> None:
        self.book, self.calendar, self.numbers = limits.LoadBook(limits.book()), calendar(), Numbers()
        self.restricted = restricted_topics()
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
        kind = kind_of(record.kind)
        lexemes = words.facts(kind=kind, state=told.state, unit=told.unit, topic=record.topic_id, shares=told.shares)
        texts = (
            words.cleaned(record.title),
            words.cleaned(record.description),
            self.folded(record.address),
            self.folded(record.topic_words),
            record.more_words,
        )
        tables.open(CaseText, ("case_id", "grams")).append(f"{case_id}\t{words.literal(texts, lexemes)}")
        for model, row in record.rows:
            tables.add(model, {"case_id": case_id, **row})

    def _add_party(self, record: Record, case_id: int, tables: Tables) -> int:
        contact_id = None
        if record.contact is not None:
            contact_id = next(self.contact_ids)
            tables.add(Contact, {"id": contact_id, **record.contact})
        party_id, person = next(self.party_ids), record.person_id
        tables.open(CaseParty, PARTY).append(
            f"{party_id}\t{case_id}\t{REQUESTER}\t{NULL if contact_id is None else contact_id}"
            f"\t{NULL if person is None else person}\t{'t' if contact_id is None and person is None else 'f'}"
            f"\t{'t' if record.consent_contact else 'f'}\t{'t' if record.notify else 'f'}\t{record.language}"
            f"\t{cell(record.receipt_index)}\t{tables.moments[record.steps[0].at]}"
        )
        return party_id

    def _add_case(self, record: Record, case_id: int, told: "History", tables: Tables) -> None:
        opened_at, moments = record.steps[0].at, tables.moments
        restricted = cell(record.topic_id in self.restricted)
        tables.open(Case, CASE).append(
            f"{case_id}\t{self.numbers.take(opened_at)}\t{record.kind}\t{cell(record.topic_id)}"
            f"\t{record.urgency}\t{plain(record.title)}\t{record.channel}\t{cell(record.community_id)}\t{record.cell}"
            f"\t{record.confidentiality}\t{restricted}\t{moments[opened_at]}\t{told.state}\t{cell(told.unit)}\t{cell(told.holder)}"
            f"\t{moments[told.due_at]}\t{moments[told.closed_at]}\t{max(told.version, 1)}"
        )
        cells = REQUEST.copy()
        cells |= {
            "case_id": str(case_id),
            "description": plain(record.description),
            "address": plain(record.address),
            "lon": cell(record.lon),
            "lat": cell(record.lat),
        }
        for name, value in record.detail.items():
            cells[name] = cell(value)
        if len(cells) != len(REQUEST):
            raise KeyError(f"columns a request does not have: {sorted(cells.keys() - REQUEST.keys())}")
        tables.open(ServiceRequest, tuple(REQUEST)).append("\t".join(cells.values()))


class History:
    """One case while its moves are replayed."""

    def __init__(self, press: Press, record: Record, case_id: int, party_id: int, tables: Tables) -> None:
        self.press, self.record, self.case_id, self.party_id, self.tables = press, record, case_id, party_id, tables
        self.course = press.course(record.kind)
        self.events, self.moments = tables.open(CaseEvent, EVENT), tables.moments
        self.standing = self.course.standing(())
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
        touched = self._run_clocks(step, ends=ends) if self._has_clocks(step) else False
        if step.reminder_of and self.clocks:
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

    def _has_clocks(self, step: Step) -> bool:
        since = self.record.clocks_from
        return self.record.with_clocks and (since is None or step.at >= since)

    def _run_clocks(self, step: Step, *, ends: bool) -> bool:
        """Let a move act on the clocks; return whether any changed."""
        what, self.standing = self.standing.turn(step.move, ends=ends)
        if what.quiet and not step.dues:
            return False
        running, at, granted = [], step.at, False
        for clock, act in zip(self.running, what.acts, strict=True):
            if act is Act.STOP:
                clock.stopped_at = at
                continue
            running.append(clock)
            if clock.name in step.dues:
                clock.take(clocks.moved(clock, step.dues[clock.name], self._timing(step)))
                granted = True
            elif act is not Act.NOTHING:
                _halt(clock, act, self._timing(step))
        self.running = running
        if what.starts:
            self._start(what.starts, step)
        if granted:
            self.standing = self.course.standing(tuple((c.name, c.paused_at is not None) for c in running))
        self.nearest = min([c.due_at for c in running if c.paused_at is None], default=None)
        return granted or not what.quiet

    def _start(self, starts: Iterable[kinds.Clock], step: Step) -> None:
        timing = self._timing(step)
        for clock in starts:
            key, due = clocks.first_end(clock, timing)
            fresh = Clock(next(self.press.clock_ids), clock.name, key, step.at, due)
            self.running.append(fresh)
            self.clocks.append(fresh)

    def _timing(self, step: Step) -> clocks.Timing:
        reason, press = step.internal_text[:300], self.press
        return clocks.Timing(press.book, press.calendar, self.record.urgency, step.at, step.limits, step.dues, reason)

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


def _halt(clock: Clock, act: Act, timing: clocks.Timing) -> None:
    """Pause a clock, or let it run on."""
    if act is Act.PAUSE:
        clock.paused_at = timing.at
        clock.pauses.append({"paused_at": timing.at, "resumed_at": None, "reason": timing.reason})
    else:
        clock.take(clocks.resumed(clock, timing))
        clock.pauses[-1]["resumed_at"] = timing.at


def replayed(records: Iterable[Record]) -> Iterator[tuple[Tables, int]]:
    """Yield the rows of each batch of records, and how many cases they are."""
    press = Press()
    for batch in batched(records, BATCH, strict=False):
        tables = Tables()
        for record in batch:
            press.print(record, tables)
        yield tables, len(batch)
