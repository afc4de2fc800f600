"""How clocks answer to a move: which start, stop, pause and resume, and what the nearest deadline then is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple, Protocol

from gongjian.casework.kinds import CaseKind, Clock
from gongjian.casework.limits import LimitBook
from gongjian.casework.models import CaseClock, ClockPause
from gongjian.casework.writer import Insert, Ref, Statement, Update
from gongjian.workdays import rules
from gongjian.workdays.rules import Calendar, local_day


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
    @property
    def breached_at(self) -> datetime | None: ...


class Timing(NamedTuple):
    """What the clocks of one case need to know when a move is made."""

    book: LimitBook
    calendar: Calendar
    urgency: int
    at: datetime
    limits: Mapping[str, str]  # clock name -> finer limit key, or nothing
    dues: Mapping[str, datetime]  # clock name -> a deadline that was granted, instead of the term's own
    reason: str  # why clocks pause


class Act(Enum):
    """What a move does to one open clock."""

    STOP = auto()
    PAUSE = auto()
    RESUME = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Turn:
    """What a move does to the open clocks, in their order, and which clocks it starts: by the kind's table alone."""

    acts: tuple[Act, ...]
    starts: tuple[Clock, ...]
    quiet: bool  # it does nothing


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


def turn(*, kind: CaseKind, move: str, open_clocks: Iterable[tuple[str, bool]], ends: bool) -> Turn:
    """Tell what a move does to open clocks, given as name and whether paused; `ends` stops all of them."""
    names, acts = set[str](), []
    for name, paused in open_clocks:
        clock = kind.clock_of[name]
        if ends or move in clock.stops:
            acts.append(Act.STOP)
            continue
        names.add(name)
        pauses, resumes = not paused and move in clock.pauses, paused and move in clock.resumes
        acts.append(Act.PAUSE if pauses else Act.RESUME if resumes else Act.NOTHING)
    starts = tuple(c for c in kind.clocks if not ends and move in c.starts and c.name not in names)
    return Turn(tuple(acts), starts, quiet=not starts and all(act is Act.NOTHING for act in acts))


def plan(
    *,
    kind: CaseKind,
    move: str,
    open_clocks: Sequence[RunningClock],
    ends: bool,
    timing: Timing,
    restarts: Sequence[RunningClock] = (),
    voids: frozenset[int] = frozenset(),
) -> ClockPlan:
    """Work out the clocks after `move`; `ends` stops all of them because the case is closed.

    A correction voids the clocks that the wrong move started; `restarts` are clocks as they stand from now on.
    """
    draft = _Draft(timing)
    again = () if ends else restarts
    open_clocks = [row for row in open_clocks if row.pk not in {one.pk for one in again}]
    stay = [row for row in open_clocks if row.pk not in voids]
    what = turn(kind=kind, move=move, open_clocks=[(r.name, r.paused_at is not None) for r in stay], ends=ends)
    acts = {row.pk: act for row, act in zip(stay, what.acts, strict=True)}
    for row in open_clocks:
        draft.take(row, acts.get(row.pk, Act.STOP))
    for row in again:
        runs = {"stopped_at": None, "paused_at": row.paused_at}
        draft.changes.append((row.pk, runs | moved(row, row.due_at, timing)))
        if row.paused_at is None:
            draft.running.append(row.due_at)
    for clock in (one for one in what.starts if one.name not in {row.name for row in again}):
        fresh = start(clock, timing)
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
    timing: Timing
    inserts: list[dict[str, Any]] = field(default_factory=list)
    changes: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    pauses: list[int] = field(default_factory=list)
    resumes: list[int] = field(default_factory=list)
    running: list[datetime] = field(default_factory=list)

    def take(self, row: RunningClock, act: Act) -> None:
        """A clock that does not stop gets a granted deadline, pauses, resumes, or simply runs on."""
        timing = self.timing
        if act is Act.STOP:
            self.changes.append((row.pk, {"stopped_at": timing.at, "next_step_at": None}))
        elif row.name in timing.dues:
            due = timing.dues[row.name]
            self.changes.append((row.pk, moved(row, due, timing)))
            self.running.append(due)
        elif act is Act.PAUSE:
            self.changes.append((row.pk, {"paused_at": timing.at}))
            self.pauses.append(row.pk)
        elif act is Act.RESUME:
            columns = resumed(row, timing)
            self.changes.append((row.pk, columns))
            self.resumes.append(row.pk)
            self.running.append(columns["due_at"])
        elif row.paused_at is None:
            self.running.append(row.due_at)


def first_end(clock: Clock, timing: Timing) -> tuple[str, rules.Due]:
    """Return the limit of a clock that starts now, and when it ends."""
    key = timing.limits.get(clock.name, clock.limit)
    if clock.name in timing.dues:
        return key, rules.Due(timing.dues[clock.name], provisional=False)
    return key, timing.book.due(key=key, urgency=timing.urgency, at=timing.at, calendar=timing.calendar)


def start(clock: Clock, timing: Timing) -> dict[str, Any]:
    """Return the columns of a clock that starts now."""
    key, due = first_end(clock, timing)
    steps = timing.book.steps(key=key, started_at=timing.at, due_at=due.at, calendar=timing.calendar)
    return {
        "name": clock.name,
        "limit_key": key,
        "started_at": timing.at,
        "due_at": due.at,
        "provisional": due.provisional,
        "step": 0,
        "next_step_at": steps[0][0],
    }


def resumed(row: RunningClock, timing: Timing) -> dict[str, Any]:
    """Return the columns of a paused clock that runs on: what was left of its term is left again."""
    if row.paused_at is None:
        raise ValueError(f"clock {row.pk} is not paused")
    day = local_day(row.started_at)
    term = timing.book.term(key=row.limit_key, urgency=timing.urgency, day=day).term
    due = rules.resume(term, row.due_at, row.paused_at, timing.at, timing.calendar)
    return {"paused_at": None} | moved(row, due.at, timing)


def moved(row: RunningClock, due_at: datetime, timing: Timing) -> dict[str, Any]:
    """Return the columns of a clock whose deadline moved or that runs again: what lies ahead will be done again.

    Reminders that lie behind are left out. The end of the term is not, where it passed unseen while the clock stood.
    """
    steps = timing.book.steps(key=row.limit_key, started_at=row.started_at, due_at=due_at, calendar=timing.calendar)
    unseen = row.breached_at is None
    ahead = (i for i, (moment, name) in enumerate(steps) if moment > timing.at or (unseen and not name))
    step = next(ahead, len(steps))
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
