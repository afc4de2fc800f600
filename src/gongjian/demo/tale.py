"""One case as it unfolds: moves at their times, and what the clocks do by themselves in between.

The same table of the kind and the same dated terms decide as in `casework`; a test replays the tales against them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import translation

from gongjian.casework.kinds import STAYS, CaseKind
from gongjian.casework.limits import LimitBook
from gongjian.casework.models import Reminder
from gongjian.demo.worktime import MINUTE, WorkTime
from gongjian.domains.hotline.bulk import Step
from gongjian.workdays.rules import Term, Unit, local_day

# Clocks are looked at every minute, some seconds after it begins.
SWEEP_SECOND: Final = 2
NEVER: Final = 1 << 60


@dataclass(frozen=True, slots=True)
class Limit:
    """A term in force with its reminders: (share in percent, or the term after the end instead, move)."""

    term: Term
    reminders: tuple[tuple[int, Term | None, str], ...]


class Rulebook:
    """The kind's table and the dated terms of one day, in the form that tales ask them."""

    def __init__(self, kind: CaseKind, book: LimitBook, at: datetime) -> None:
        self.day = local_day(at)
        self.book = book
        self.target = {m.name: "" if m.target == STAYS else m.target for m in kind.moves}
        self.sources = {m.name: m.sources or frozenset({""}) for m in kind.moves}
        self.closed = frozenset(s.name for s in kind.states if not s.open)
        self.starts = {m.name: tuple((c.name, c.limit) for c in kind.clocks if m.name in c.starts) for m in kind.moves}
        self.stops = {c.name: c.stops for c in kind.clocks}
        self.pauses = {c.name: c.pauses for c in kind.clocks}
        self.resumes = {c.name: c.resumes for c in kind.clocks}
        self.overdue = {c.name: c.overdue for c in kind.clocks}
        heard = frozenset[str]().union(*(c.starts | c.stops | c.pauses | c.resumes for c in kind.clocks))
        # Moves that no clock listens to and that end nothing.
        self.silent = frozenset(m.name for m in kind.moves if m.name not in heard and m.target not in self.closed)
        with translation.override("zh-hans"):
            self.label = {c.name: str(c.label) for c in kind.clocks}
        self._limits: dict[tuple[str, int], Limit] = {}

    def limit(self, key: str, urgency: int) -> Limit:
        """Return the term of a limit at an urgency, with its reminders."""
        found = self._limits.get((key, urgency))
        if found is None:
            term = self.book.term(key=key, urgency=urgency, day=self.day).term
            reminders = tuple(
                (r.amount, None if r.when == Reminder.When.SHARE else Term(r.amount, Unit(r.unit)), r.move)
                for r in self.book.reminders.get(key, ())
                if r.holds_on(self.day)
            )
            found = self._limits[key, urgency] = Limit(term, reminders)
        return found


class Ticking:
    """A running clock; `moments` are its reminders and its end in order of time, `next` the one that comes next."""

    __slots__ = ("due", "limit", "moments", "name", "next", "paused", "started", "step")

    def __init__(self, name: str, limit: Limit, started: int, due: int, moments: list[tuple[int, str]]) -> None:
        self.name, self.limit, self.started, self.due, self.moments = name, limit, started, due, moments
        self.paused: int | None = None
        self.step = 0
        self.next = moments[0][0]

    def go_on(self) -> None:
        """Look again what comes next."""
        runs = self.paused is None and self.step < len(self.moments)
        self.next = self.moments[self.step][0] if runs else NEVER


class Tale:
    """The moves of one case so far."""

    def __init__(self, rules: Rulebook, work: WorkTime, urgency: int) -> None:
        self.rules, self.work, self.urgency = rules, work, urgency
        self.steps: list[Step] = []
        self.state = ""
        self.t = 0
        self.running: list[Ticking] = []
        self.nearest = NEVER

    def make(
        self,
        move: str,
        t: int,
        *,
        limits: Mapping[str, str] | None = None,
        dues: Mapping[str, int] | None = None,
        **facts: Any,
    ) -> None:
        """Make one move at a moment; what the clocks do before it happens first. `facts` are those of a bulk step."""
        if self.nearest < t:
            self.fire(t)
        self._apply(move, t, limits or {}, dues or {})
        if limits:
            facts["limits"] = limits
        if dues:
            facts["dues"] = {name: self.work.moment(due) for name, due in dues.items()}
        self.steps.append(Step(move=move, at=self.work.moment(t), **facts))

    def fire(self, until: int) -> None:
        """Let the clocks remind, run out and escalate up to a moment."""
        while self.nearest < until:
            clock = min(self.running, key=lambda c: c.next)
            t = max((clock.next // MINUTE + 1) * MINUTE + SWEEP_SECOND, self.t)
            if t >= until:
                return
            self._tick(clock, t)

    def due(self, name: str) -> int:
        """Return the end of a running clock, or NEVER."""
        return next((c.due for c in self.running if c.name == name), NEVER)

    def _tick(self, clock: Ticking, t: int) -> None:
        move = clock.moments[clock.step][1]
        breach = not move
        name = move or self.rules.overdue[clock.name]
        clock.step += 1
        clock.go_on()
        self._apply(name, t, {}, {})
        self.steps.append(
            Step(
                move=name,
                at=self.work.moment(t),
                channel="system",
                internal_text=self.rules.label[clock.name],
                reminder_of=clock.name,
                breach=breach,
            )
        )

    def _apply(self, move: str, t: int, limits: Mapping[str, str], dues: Mapping[str, int]) -> None:
        rules = self.rules
        self.state = rules.target[move] or self.state
        self.t = t
        if move in rules.silent and not dues:
            self.nearest = min([c.next for c in self.running], default=NEVER)
            return
        if self.state in rules.closed:
            self.running.clear()
            self.nearest = NEVER
            return
        kept = [c for c in self.running if move not in rules.stops[c.name]]
        for clock in kept:
            self._carry_on(clock, move, t, dues)
        names = {c.name for c in kept}
        for name, key in rules.starts[move]:
            if name not in names:
                kept.append(self._start(name, rules.limit(limits.get(name, key), self.urgency), t))
        self.running = kept
        self.nearest = min([c.next for c in kept], default=NEVER)

    def _carry_on(self, clock: Ticking, move: str, t: int, dues: Mapping[str, int]) -> None:
        if clock.name in dues:
            self._move_end(clock, dues[clock.name], t)
        elif move in self.rules.pauses[clock.name] and clock.paused is None:
            clock.paused = t
            clock.go_on()
        elif move in self.rules.resumes[clock.name] and clock.paused is not None:
            due = self.work.resume(clock.limit.term, clock.due, clock.paused, t)
            clock.paused = None
            self._move_end(clock, due, t)

    def _start(self, name: str, limit: Limit, t: int) -> Ticking:
        due = self.work.due(limit.term, t)
        return Ticking(name, limit, t, due, self._moments(limit, t, due))

    def _move_end(self, clock: Ticking, due: int, t: int) -> None:
        """Give a clock another end; reminders that lie ahead again come again."""
        clock.due = due
        clock.moments = self._moments(clock.limit, clock.started, due)
        clock.step = next((i for i, (moment, _) in enumerate(clock.moments) if moment > t), len(clock.moments))
        clock.go_on()

    def _moments(self, limit: Limit, started: int, due: int) -> list[tuple[int, str]]:
        found = [
            (started + (due - started) * share // 100 if after is None else self.work.extend(due, after), move)
            for share, after, move in limit.reminders
        ]
        found.append((due, ""))
        found.sort()
        return found
