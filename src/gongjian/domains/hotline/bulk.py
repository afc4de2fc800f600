"""Loading many cases at once by COPY: years of records, and the demonstration district.

A record is told as the moves that happened; they are replayed through the same kind table and the same clocks as
`casework.actions.move`, so that a loaded case has the rows an acted one would have (a test compares them). What
differs is only the way to the database: one COPY for each table, with the indexes and foreign keys built afterwards
when the load is large. Everything is one transaction.
"""

import hashlib
import multiprocessing
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from queue import Empty
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from gongjian.casework import clocks, limits, words
from gongjian.casework.actions import NUMBER_DIGITS
from gongjian.casework.indexes import built_afterwards
from gongjian.casework.kinds import PREVIOUS, STAYS, CaseKind, Move, kind_of
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
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.parties.models import Contact
from gongjian.sealing.fields import SealedTextField
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import SHANGHAI, Calendar

BATCH: Final = 2_000
KEEP: Final = -1  # the holder stays as it is

# Data of each table for COPY and how many cases; None at the end.
type _Batch = tuple[list[tuple[str, tuple[str, ...], bytes]], int] | None


@dataclass(frozen=True, slots=True)
class Step:
    """One move as it happened; texts and holder as `casework.actions.Change` has them."""

    move: str
    at: datetime
    actor_kind: str = "system"
    actor_id: int | None = None
    unit_id: int | None = None  # of the actor
    channel: str = "web"
    by_party: bool = False
    public_text: str = ""
    internal_text: str = ""
    holder_unit_id: int | None = KEEP
    holder_id: int | None = KEEP
    limits: Mapping[str, str] = field(default_factory=dict)
    dues: Mapping[str, datetime] = field(default_factory=dict)
    shares: Sequence[int] = ()
    target: str | None = None  # for a correction
    reminder_of: str = ""  # the clock whose reminder or end this move of the system was
    breach: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One case with its history; `contact` holds the prepared columns of a `Contact`, or None for anonymous."""

    kind: str
    title: str
    description: str
    topic_id: int | None
    topic_words: str
    channel: str
    urgency: int
    confidentiality: int
    address: str
    lon: float | None
    lat: float | None
    community_id: int | None
    cell: str
    language: str
    contact: Mapping[str, Any] | None
    person_id: int | None
    consent_contact: bool
    notify: bool
    steps: Sequence[Step]
    number: str = ""  # given, or made from the month and the sequence
    receipt_index: bytes | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)  # further columns of ServiceRequest
    rows: Sequence[tuple[type[models.Model], Mapping[str, Any]]] = ()  # replies, returns and the like, without case
    with_clocks: bool = True  # False for imported history: no clocks, no deadlines


@dataclass(slots=True)
class _Clock:
    pk: int
    name: str
    limit_key: str
    started_at: datetime
    due_at: datetime
    provisional: bool
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    breached_at: datetime | None = None
    step: int = 0
    next_step_at: datetime | None = None
    pauses: list[dict[str, Any]] = field(default_factory=list)


class Numbers:
    """Case numbers by month: each month counts on from its highest; one of several writers takes every n-th."""

    def __init__(self, *, first: int = 0, stride: int = 1) -> None:
        self.first, self.stride, self.primed = first, stride, False
        self.last: dict[str, int] = {}

    def take(self, opened_at: datetime) -> str:
        month = f"{settings.CASE_NUMBER_PREFIX}-{opened_at.astimezone(SHANGHAI):%y%m}-"
        serial = self.last[month] + self.stride if month in self.last else self._highest(month) + 1 + self.first
        self.last[month] = serial
        return f"{month}{str(serial).zfill(NUMBER_DIGITS)}"

    def prime(self) -> None:
        """Read the highest number of every month at once, before the table is locked."""
        with connection.cursor() as cursor:
            cursor.execute("select substr(number, 1, 8), max(number) from casework_case group by 1")
            highest = {month: int(number.removeprefix(month)) for month, number in cursor.fetchall()}
        self.primed = True
        self.last = {month: serial + 1 + self.first - self.stride for month, serial in highest.items()}

    def _highest(self, month: str) -> int:
        if self.primed:
            return 0
        with connection.cursor() as cursor:
            cursor.execute("select max(number) from casework_case where number like %s", [f"{month}%"])
            row = cursor.fetchone()
        return int(row[0].removeprefix(month)) if row and row[0] else 0


@dataclass(slots=True)
class _Context:
    """What replaying needs besides the record; read once for a load."""

    book: limits.LimitBook
    calendar: Calendar
    numbers: Numbers


class Tables:
    """Rows for COPY, gathered by table as lines of PostgreSQL's text format."""

    def __init__(self) -> None:
        self.lines: dict[type[models.Model], list[str]] = {}
        self.columns: dict[type[models.Model], tuple[str, ...]] = {}

    def add(self, model: type[models.Model], row: Mapping[str, Any]) -> None:
        """Add one row; every row of a table names the same columns in the same order."""
        lines = self.lines.get(model)
        if lines is None:
            lines = self.lines[model] = []
            self.columns[model] = tuple(row)
        lines.append("\t".join([_cell(v) for v in row.values()]))

    def for_copy(self) -> Iterator[tuple[str, tuple[str, ...], bytes]]:
        """Yield the label, the columns and the data of each table, parents before children."""
        rest = [m for m in self.lines if m not in _ORDER]
        for model in (*_ORDER, *rest):
            if model in self.lines:
                yield model._meta.label, self.columns[model], ("\n".join(self.lines[model]) + "\n").encode()


_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n", "\t": r"\t", "\r": r"\r"})


def _cell(value: Any) -> str:
    """Return a value in PostgreSQL's COPY text format."""
    match value:
        case None:
            return r"\N"
        case str():
            return value.translate(_ESCAPES)
        case bool():
            return "t" if value else "f"
        case datetime():
            return value.isoformat()
        case bytes() | memoryview():
            return f"\\\\x{bytes(value).hex()}"
        case _:
            return str(value)


class Ids:
    """Blocks of ids taken from the tables' own sequences, so that later inserts go on behind them."""

    def __init__(self) -> None:
        self.free: dict[type[models.Model], Iterator[int]] = {}

    def take(self, model: type[models.Model], size: int = 20_000) -> int:
        block = self.free.get(model)
        found = next(block, None) if block is not None else None
        if found is None:
            with connection.cursor() as cursor:
                table = model._meta.db_table
                cursor.execute(
                    "select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)", [table, size]
                )
                self.free[model] = iter([row[0] for row in cursor.fetchall()])
            return self.take(model, size)
        return found


def sealed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of `parties.actions.contact_row` as they go over COPY, sealed; worth keeping for a pool."""
    return {
        name: column.seal(value) if isinstance(column := Contact._meta.get_field(name), SealedTextField) else value
        for name, value in row.items()
    }


def replay(record: Record, ids: Ids, context: _Context, tables: Tables) -> None:
    """Turn one record into rows of every table, exactly as opening and moving it would have written them."""
    kind = kind_of(record.kind)
    case_id = ids.take(Case)
    party_id, running = _add_party(record, case_id, ids, tables), list[_Clock]()
    state, version = "", 0
    holder_unit: int | None = None
    holder: int | None = None
    closed_at: datetime | None = None
    due_at: datetime | None = None
    shares: list[int] = []
    for step in record.steps:
        move = kind.move_of[step.move]
        after = step.target or (state if move.target in {STAYS, PREVIOUS} else move.target)
        ends = not kind.state_of[after].open
        timing = clocks.Timing(
            context.book, context.calendar, record.urgency, step.at, step.limits, step.dues, step.internal_text[:300]
        )
        touched, nearest = (
            _run_clocks(kind, move, step, running, ends=ends, timing=timing, ids=ids)
            if record.with_clocks
            else (False, None)
        )
        from_unit = holder_unit
        holder_unit = holder_unit if step.holder_unit_id == KEEP else step.holder_unit_id
        changed = step.holder_unit_id != KEEP or step.holder_id != KEEP
        holder = holder if step.holder_id == KEEP else step.holder_id
        due_at = None if ends else nearest
        closed_at = (closed_at or step.at) if ends else None
        version += 1 if after != state or touched or changed else 0
        facts = (state, after, from_unit, holder_unit, due_at, party_id if step.by_party else None)
        _add_event(move, step, case_id, facts, ids, tables)
        shares += [s for s in step.shares if s not in shares]
        state = after
    for share in shares:
        tables.add(CaseShare, {"case_id": case_id, "unit_id": share, "since": record.steps[0].at})
    for clock in running:
        _add_clock(clock, case_id, tables)
    facts_of_case = {
        "state": state, "holder_unit_id": holder_unit, "holder_id": holder, "due_at": due_at, "closed_at": closed_at,
        "version": max(version, 1),
    }  # fmt: skip
    _add_case(record, case_id, facts_of_case, context.numbers, tables)
    lexemes = words.facts(unit=holder_unit, state=state, topic=record.topic_id, kind=kind.key, shares=shares)
    texts = [record.title, record.description, record.address, record.topic_words]
    tables.add(CaseText, {"case_id": case_id, "grams": words.vector(texts, lexemes)})
    for model, row in record.rows:
        tables.add(model, {"case_id": case_id, **row})


def _run_clocks(
    kind: CaseKind,
    move: Move,
    step: Step,
    running: list[_Clock],
    *,
    ends: bool,
    timing: clocks.Timing,
    ids: Ids,
) -> tuple[bool, datetime | None]:
    """Apply the plan of one move to the clocks in memory; return whether any changed, and the nearest deadline."""
    open_clocks = [c for c in running if c.stopped_at is None]
    plan = clocks.plan(kind=kind, move=move.name, open_clocks=open_clocks, ends=ends, timing=timing)
    by_id = {c.pk: c for c in open_clocks}
    for pk, columns in plan.changes:
        for name, value in columns.items():
            setattr(by_id[pk], name, value)
    running.extend(_Clock(pk=ids.take(CaseClock), **fresh) for fresh in plan.inserts)
    for pk in plan.pauses:
        by_id[pk].pauses.append({"paused_at": timing.at, "resumed_at": None, "reason": timing.reason})
    for pk in plan.resumes:
        by_id[pk].pauses[-1]["resumed_at"] = timing.at
    if step.reminder_of:
        _take_reminder(step, running, timing)
    return plan.touches, plan.due_at


def _take_reminder(step: Step, running: Sequence[_Clock], timing: clocks.Timing) -> None:
    clock = next(c for c in reversed(running) if c.name == step.reminder_of)
    steps = timing.book.steps(
        key=clock.limit_key, started_at=clock.started_at, due_at=clock.due_at, calendar=timing.calendar
    )
    clock.step += 1
    clock.next_step_at = steps[clock.step][0] if clock.step < len(steps) and clock.stopped_at is None else None
    if step.breach:
        clock.breached_at = step.at


def _add_party(record: Record, case_id: int, ids: Ids, tables: Tables) -> int:
    contact_id = None
    if record.contact is not None:
        contact_id = ids.take(Contact)
        tables.add(Contact, {"id": contact_id, **record.contact})
    party_id = ids.take(CaseParty)
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


def _add_event(
    move: Move,
    step: Step,
    case_id: int,
    facts: tuple[str, str, int | None, int | None, datetime | None, int | None],
    ids: Ids,
    tables: Tables,
) -> None:
    before, after, from_unit, to_unit, due_at, party_id = facts
    salt = secrets.token_bytes(16)
    said = (step.public_text, step.internal_text)
    event_id = ids.take(CaseEvent)
    row = {
        "id": event_id,
        "case_id": case_id,
        "move": move.name,
        "public": move.public,
        "actor_kind": step.actor_kind,
        "actor_id": step.actor_id,
        "unit_id": step.unit_id,
        "party_id": party_id,
        "channel": step.channel,
        "before": before,
        "after": after,
        "from_unit_id": from_unit,
        "to_unit_id": to_unit,
        "due_at": due_at,
        "at": step.at,
        "digest": hashlib.sha256(salt + "\x00".join(said).encode()).digest(),
    }
    tables.add(CaseEvent, row)
    for public, body in zip((True, False), said, strict=True):
        if body:
            tables.add(EventText, {"event_id": event_id, "public": public, "body": body, "salt": salt})


def _add_clock(clock: _Clock, case_id: int, tables: Tables) -> None:
    row = {
        "id": clock.pk,
        "case_id": case_id,
        "name": clock.name,
        "limit_key": clock.limit_key,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "provisional": clock.provisional,
        "paused_at": clock.paused_at,
        "stopped_at": clock.stopped_at,
        "breached_at": clock.breached_at,
        "step": clock.step,
        "next_step_at": clock.next_step_at,
    }
    tables.add(CaseClock, row)
    for pause in clock.pauses:
        tables.add(ClockPause, {"clock_id": clock.pk, **pause})


def _add_case(record: Record, case_id: int, facts: Mapping[str, Any], numbers: Numbers, tables: Tables) -> None:
    opened_at = record.steps[0].at
    row = {
        "id": case_id,
        "number": record.number or numbers.take(opened_at),
        "kind": record.kind,
        "topic_id": record.topic_id,
        "urgency": record.urgency,
        "title": record.title,
        "channel": record.channel,
        "community_id": record.community_id,
        "cell": record.cell,
        "confidentiality": record.confidentiality,
        "opened_at": opened_at,
        **facts,
    }
    tables.add(Case, row)
    detail = {
        "case_id": case_id,
        "description": record.description,
        "address": record.address,
        "lon": record.lon,
        "lat": record.lat,
        **_DETAIL,
        **record.detail,
    }
    tables.add(ServiceRequest, detail)


# What a request holds before anything happened to it.
_DETAIL: Final = {
    "wants_reply": True, "emergency": "", "rule_id": None, "dispatch_reason": "", "returns": 0, "extensions": 0,
    "waits": 0, "redos": 0, "reply": "", "resolved": "", "answer_source": "", "reject_reason_id": None, "outcome": "",
    "satisfaction": None, "external_number": None, "source_program": "", "replied_at": None, "last_urged_at": None,
}  # fmt: skip
# Parents before children: foreign keys that stay in place are checked row by row.
_ORDER: Final = (
    Contact, Case, ServiceRequest, CaseParty, CaseEvent, EventText, CaseClock, ClockPause, CaseShare, CaseText,
)  # fmt: skip


@transaction.atomic
def load(records: Iterable[Record], *, at: datetime) -> int:
    """Load records in one transaction and return how many; the tally is counted anew for what came."""
    loaded = 0
    for tables, n in replayed(records, at=at, numbers=Numbers()):
        write(tables)
        loaded += n
    recount()
    continue_numbers(at)
    return loaded


def replayed(records: Iterable[Record], *, at: datetime, numbers: Numbers) -> Iterator[tuple[Tables, int]]:
    """Yield the rows of each batch of records, and how many cases they are."""
    ids, context = Ids(), _Context(limits.book(at), calendar(), numbers)
    for batch in batched(records, BATCH, strict=False):
        tables = Tables()
        for record in batch:
            replay(record, ids, context, tables)
        yield tables, len(batch)


type Teller = Callable[[int, int], Iterable[Record]]


def load_together(tell: Teller, *, tellers: int, at: datetime, progress: Callable[[int], None] = lambda _: None) -> int:
    """Load what several processes tell, in one transaction, indexes and keys built afterwards; return how many.

    `tell(part, parts)` is a function of a module; each process tells its part of the records. Needs the owning role.
    Every process has read what it needs and told its first batch before the tables are locked.
    """
    # A forked child shares what Django has loaded; a connection it must not share, nor the pool's threads.
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined] # not in the stubs
    method = multiprocessing.get_context("fork")
    queues = [method.Queue(maxsize=4) for _ in range(tellers)]
    processes = [
        method.Process(target=_tell_part, args=(tell, part, tellers, at, queue), daemon=True)
        for part, queue in enumerate(queues)
    ]
    for process in processes:
        process.start()
    try:
        first = [_next_batch(queue, process) for queue, process in zip(queues, processes, strict=True)]
        with transaction.atomic():
            loaded = _write_all(first, queues, processes, progress)
            recount()
            continue_numbers(at)
    finally:
        for process in processes:
            process.terminate()
            process.join()
    return loaded


def _write_all(
    first: list[_Batch], queues: Sequence[Any], processes: Sequence[Any], progress: Callable[[int], None]
) -> int:
    with connection.cursor() as cursor:
        cursor.execute("set local idle_in_transaction_session_timeout = 0")
    loaded, waiting = 0, dict(enumerate(first))
    with built_afterwards(_ORDER):
        while waiting:
            for part, batch in list(waiting.items()):
                if batch is None:
                    del waiting[part]
                    continue
                for label, columns, data in batch[0]:
                    _copy(apps.get_model(label), columns, data)
                loaded += batch[1]
                progress(loaded)
                waiting[part] = _next_batch(queues[part], processes[part])
    return loaded


def _next_batch(queue: Any, process: Any) -> _Batch:
    """Return what a process tells next; raises RuntimeError if it has died."""
    while True:
        try:
            batch: _Batch = queue.get(timeout=5)
        except Empty:
            if not process.is_alive():
                raise RuntimeError("a process that told records ended; nothing was loaded") from None
        else:
            return batch


def _tell_part(tell: Teller, part: int, parts: int, at: datetime, queue: Any) -> None:
    """Tell one part of the records in a process of its own."""
    numbers = Numbers(first=part, stride=parts)
    numbers.prime()
    for tables, n in replayed(tell(part, parts), at=at, numbers=numbers):
        queue.put((list(tables.for_copy()), n))
    queue.put(None)
    queue.close()
    queue.join_thread()


def write(tables: Tables) -> None:
    """Send the gathered rows, one COPY for each table."""
    for label, columns, data in tables.for_copy():
        _copy(apps.get_model(label), columns, data)


def _copy(model: type[models.Model], columns: Sequence[str], data: bytes) -> None:
    names = ", ".join(f'"{c}"' for c in columns)
    with connection.cursor() as cursor, cursor.copy(f'copy "{model._meta.db_table}" ({names}) from stdin') as copy:
        copy.write(data)


def recount() -> None:
    """Count the tally anew from the cases themselves, in place of what was folded and what waits to be."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('casework.tally'))")
        cursor.execute("lock table casework_case in share mode")
        cursor.execute("delete from casework_tallydelta")
        cursor.execute("delete from casework_tally")
        cursor.execute(
            "insert into casework_tally (kind, topic_id, unit_id, community_id, state, n)"
            " select kind, topic_id, holder_unit_id, community_id, state, count(*)"
            " from casework_case group by 1, 2, 3, 4, 5"
        )


def continue_numbers(at: datetime) -> None:
    """Let the running number of new cases go on behind the highest one loaded for this month."""
    month = f"{settings.CASE_NUMBER_PREFIX}-{at.astimezone(SHANGHAI):%y%m}-"
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with highest as (
                select coalesce(max(substr(number, %s)::bigint), 0) n from casework_case where number like %s)
            select setval('casework_number', last_value - last_value %% %s + n)
            from casework_number, highest where last_value %% %s < n
            """,
            [len(month) + 1, f"{month}%", 10**NUMBER_DIGITS, 10**NUMBER_DIGITS],
        )
