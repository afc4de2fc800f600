"""How clocks answer to a move: which start, stop, pause and resume, and what the nearest deadline then is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gongjian.casework.kinds import CaseKind, Clock
from gongjian.casework.limits import LimitBook
from gongjian.casework.models import CaseClock, ClockPause
from gongjian.casework.writer import Insert, Ref, Statement, Update
from gongjian.workdays import rules
from gongjian.workdays.rules import SHANGHAI, Calendar


class RunningClock(Protocol):
    """What a plan reads of a clock: a row of `CaseClock`, or the like in a bulk load."""

    @property
    def pk(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def limit_key(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def paused_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Timing:
    """What the clocks of one case need to know when a move is made."""

    book: LimitBook
    calendar: Calendar
    urgency: int
    at: datetime
    limits: Mapping[str, str]  # clock name -> finer limit key, or nothing
    dues: Mapping[str, datetime]  # clock name -> a deadline that was granted, instead of the term's own
    reason: str  # why clocks pause


@dataclass(frozen=True, slots=True)
class ClockPlan:
    """What becomes of the clocks; `due_at` is the nearest deadline of those that run on."""

    inserts: tuple[dict[str, Any], ...]
    changes: tuple[tuple[int, dict[str, Any]], ...]  # (clock id, columns)
    pauses: tuple[int, ...]  # clocks that pause now
    resumes: tuple[int, ...]
    due_at: datetime | None

    @property
    def touches(self) -> bool:
        """Whether any clock starts, stops, pauses or gets another deadline."""
        return bool(self.inserts or self.changes)


def heard(kind: CaseKind) -> frozenset[str]:
    """Return the moves that start, stop, pause or resume a clock; others only matter where they end the case."""
    return frozenset[str]().union(*(c.starts | c.stops | c.pauses | c.resumes for c in kind.clocks))


def begin(clock: Clock, timing: Timing) -> dict[str, Any]:
    """Return the columns of a clock that starts now, without the moment of its first reminder."""
    key = timing.limits.get(clock.name, clock.limit)
    if clock.name in timing.dues:
        due = rules.Due(timing.dues[clock.name], provisional=False)
    else:
        due = timing.book.due(key=key, urgency=timing.urgency, at=timing.at, calendar=timing.calendar)
    return {
        "name": clock.name,
        "limit_key": key,
        "started_at": timing.at,
        "due_at": due.at,
        "provisional": due.provisional,
        "step": 0,
    }


def start(clock: Clock, timing: Timing) -> dict[str, Any]:
    """Return the columns of a clock that starts now."""
    begun = begin(clock, timing)
    steps = timing.book.steps(
        key=begun["limit_key"], started_at=timing.at, due_at=begun["due_at"], calendar=timing.calendar
    )
    return {**begun, "next_step_at": steps[0][0]}


def plan(
    *,
    kind: CaseKind,
    move: str,
    open_clocks: Sequence[RunningClock],
    ends: bool,
    timing: Timing,
    restarts: Sequence[RunningClock] = (),
    voids: frozenset[int] = frozenset(),
    starting: Callable[[Clock, Timing], dict[str, Any]] = start,
) -> ClockPlan:
    """Work out the clocks after `move`; `ends` stops all of them because the case is closed.

    A correction also restarts the clocks that the wrong move stopped and voids those it started. `starting` makes the
    columns of a fresh clock.
    """
    draft = _Draft(kind, move, timing)
    kept: set[str] = set()
    for row in open_clocks:
        clock = kind.clock_of[row.name]
        if ends or move in clock.stops or row.pk in voids:
            draft.changes.append((row.pk, {"stopped_at": timing.at, "next_step_at": None}))
            continue
        kept.add(row.name)
        draft.carry_on(clock, row)
    if not ends:
        for row in restarts:
            kept.add(row.name)
            draft.changes.append((row.pk, {"stopped_at": None} | _moved(row, row.due_at, timing)))
            draft.running.append(row.due_at)
        for clock in kind.clocks:
            if move in clock.starts and clock.name not in kept:
                fresh = starting(clock, timing)
                draft.inserts.append(fresh)
                draft.running.append(fresh["due_at"])
    return ClockPlan(
        tuple(draft.inserts),
        tuple(draft.changes),
        tuple(draft.pauses),
        tuple(draft.resumes),
        min(draft.running, default=None),
    )


@dataclass(slots=True)
class _Draft:
    kind: CaseKind
    move: str
    timing: Timing
    inserts: list[dict[str, Any]] = field(default_factory=list)
    changes: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    pauses: list[int] = field(default_factory=list)
    resumes: list[int] = field(default_factory=list)
    running: list[datetime] = field(default_factory=list)

    def carry_on(self, clock: Clock, row: RunningClock) -> None:
        """A clock that does not stop gets a granted deadline, pauses, resumes, or simply runs on."""
        timing = self.timing
        if row.name in timing.dues:
            due = timing.dues[row.name]
            self.changes.append((row.pk, _moved(row, due, timing)))
            self.running.append(due)
        elif self.move in clock.pauses and row.paused_at is None:
            self.changes.append((row.pk, {"paused_at": timing.at}))
            self.pauses.append(row.pk)
        elif self.move in clock.resumes and row.paused_at is not None:
            resumed = _resume(row, timing)
            self.changes.append((row.pk, {"paused_at": None} | _moved(row, resumed.at, timing)))
            self.resumes.append(row.pk)
            self.running.append(resumed.at)
        elif row.paused_at is None:
            self.running.append(row.due_at)


def _resume(row: RunningClock, timing: Timing) -> rules.Due:
    if row.paused_at is None:
        raise ValueError(f"clock {row.pk} is not paused")
    day = row.started_at.astimezone(SHANGHAI).date()
    term = timing.book.term(key=row.limit_key, urgency=timing.urgency, day=day).term
    return rules.resume(term, row.due_at, row.paused_at, timing.at, timing.calendar)


def _moved(row: RunningClock, due_at: datetime, timing: Timing) -> dict[str, Any]:
    """Return the columns of a clock whose deadline moved: reminders that lie ahead again will be sent again."""
    steps = timing.book.steps(key=row.limit_key, started_at=row.started_at, due_at=due_at, calendar=timing.calendar)
    step = next((i for i, (moment, _) in enumerate(steps) if moment > timing.at), len(steps))
    return {"due_at": due_at, "step": step, "next_step_at": steps[step][0] if step < len(steps) else None}


def write(statement: Statement, plan: ClockPlan, *, case: Ref, timing: Timing) -> None:
    """Add the plan's rows to the statement; `case` is the part whose row must have been found."""
    statement.add(Insert("clocks", CaseClock, [{"case": case, **row} for row in plan.inserts], returning=()))
    for pk, columns in plan.changes:
        statement.add(Update(f"clock_{pk}", CaseClock, columns, {"id": pk}, returning=(), after=case.part))
    statement.add(
        Insert(
            "pauses",
            ClockPause,
            [{"clock": pk, "paused_at": timing.at, "resumed_at": None, "reason": timing.reason} for pk in plan.pauses],
            returning=(),
            after=case.part,
        )
    )
    for pk in plan.resumes:
        statement.add(
            Update(
                f"resume_{pk}",
                ClockPause,
                {"resumed_at": timing.at},
                {"clock": pk, "resumed_at": None},
                returning=(),
                after=case.part,
            )
        )
