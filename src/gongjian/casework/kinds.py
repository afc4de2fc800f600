"""What a kind of case is: states, moves and clocks as data.

A domain declares a `CaseKind` in its workflow.py and registers it when its app is ready. The table holds no
condition, no expression and no callable, so it can never become a language: conditions of the law live in the
domain's action, which calls `casework.actions.move`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise

from gongjian.identity.rights import Right

type Words = str | Promise

# Target of a move that leaves the state alone, and of one that goes back to the state before the last move.
STAYS = "<stays>"
PREVIOUS = "<previous>"


class Audience(StrEnum):
    """Who is told of a move; casework resolves it to people."""

    APPLICANT = "applicant"
    CALLBACK = "callback"
    DISPATCHERS = "dispatchers"
    HOLDER = "holder"
    HOLDER_UNIT = "holder_unit"
    OWN_ACT = "own_act"  # the applicant, of what was done in their name: it may have been somebody else
    REVIEWERS = "reviewers"
    SUPERVISORS = "supervisors"
    UNIT_HEAD = "unit_head"


NAMED_BY_CASE: Final = frozenset({Audience.APPLICANT, Audience.HOLDER, Audience.OWN_ACT})  # the case says who it is


class By(StrEnum):
    """Who may make a move at all; staff also need the move's right and scope."""

    APPLICANT = "applicant"
    STAFF = "staff"
    SYSTEM = "system"


class Scope(StrEnum):
    """Whose cases the right reaches: those one's unit holds, or all of the district."""

    DISTRICT = "district"
    HOLDER = "holder"


class Stage(StrEnum):
    """The five steps a resident sees."""

    RECEIVED = "received"
    SENT = "sent"
    HANDLING = "handling"
    ANSWERED = "answered"
    CLOSED = "closed"


class Badge(StrEnum):
    """Value of data-s on the badge, as in the table of status words of the look."""

    HOLD = "hold"
    INFO = "info"
    LATE = "late"
    OK = "ok"
    SOON = "soon"


@dataclass(frozen=True, slots=True)
class State:
    name: str
    label: Words  # for staff
    public: Words  # one sentence for the resident: where the matter stands
    stage: Stage
    badge: Badge = Badge.INFO
    open: bool = True
    own: Words | None = None  # on the badge of whose matter it is, where that of its stage says too little


@dataclass(frozen=True, slots=True)
class Move:
    name: str
    label: Words  # on the button
    past: Words  # in the timeline
    sources: frozenset[str]
    target: str
    right: Right | None = None
    scope: Scope = Scope.HOLDER
    by: frozenset[By] = frozenset({By.STAFF})
    audience: tuple[Audience, ...] = ()
    public: bool = True  # False: an internal entry, never shown to the resident
    icon: str = "check"


@dataclass(frozen=True, slots=True)
class Clock:
    name: str
    label: Words
    limit: str  # key of the dated terms; an action may name a finer one when it moves
    starts: frozenset[str]
    stops: frozenset[str]
    overdue: str  # the move the sweep makes when the term is over
    pauses: frozenset[str] = frozenset()
    resumes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CaseKind:
    key: str  # "hotline.complaint"
    label: Words
    detail: str  # "hotline.ServiceRequest": the model with a one-to-one `case`
    opening: str  # the move that opens
    states: tuple[State, ...]
    moves: tuple[Move, ...]
    clocks: tuple[Clock, ...]
    audiences: Mapping[Audience, Right]  # the right that marks the people of an audience
    searchable: bool = True  # words of sealed kinds never enter the index
    track: str = ""  # name of the URL that shows one case to its applicant
    state_of: Mapping[str, State] = field(init=False, repr=False)
    move_of: Mapping[str, Move] = field(init=False, repr=False)
    clock_of: Mapping[str, Clock] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "state_of", {s.name: s for s in self.states})
        object.__setattr__(self, "move_of", {m.name: m for m in self.moves})
        object.__setattr__(self, "clock_of", {c.name: c for c in self.clocks})

    @property
    def domain(self) -> str:
        return self.key.partition(".")[0]

    def moves_from(self, state: str) -> tuple[Move, ...]:
        """Return the moves that may follow, in the order of the table."""
        return tuple(m for m in self.moves if state in m.sources)


class KindError(Exception):
    """The table contradicts itself; raised when the program starts."""


_registry: dict[str, CaseKind] = {}


def register(kind: CaseKind) -> None:
    """Check one kind and make it known."""
    problems = list(problems_of(kind))
    if problems:
        raise KindError(f"{kind.key}: " + "; ".join(problems))
    _registry[kind.key] = kind


def kind_of(key: str) -> CaseKind:
    return _registry[key]


def kinds() -> tuple[CaseKind, ...]:
    return tuple(_registry[key] for key in sorted(_registry))


def problems_of(kind: CaseKind) -> Iterable[str]:
    """Name every contradiction: unknown states or moves, dead ends, clocks that never stop."""
    yield from _unknown_names(kind)
    if kind.opening not in kind.move_of:
        return
    yield from _dead_ends(kind)
    for move in kind.moves:
        if By.STAFF in move.by and move.right is None:
            yield f"move {move.name} is made by staff but needs no right"
        for audience in move.audience:
            if audience not in NAMED_BY_CASE and audience not in kind.audiences:
                yield f"move {move.name} tells {audience}, which no right marks"


def _unknown_names(kind: CaseKind) -> Iterable[str]:
    if kind.opening not in kind.move_of:
        yield f"opening move {kind.opening} is not in the table"
    for move in kind.moves:
        for state in (move.sources | {move.target}) - {STAYS, PREVIOUS} - set(kind.state_of):
            yield f"move {move.name} names state {state}, which does not exist"
    for clock in kind.clocks:
        named = clock.starts | clock.stops | clock.pauses | clock.resumes | {clock.overdue}
        for name in named - set(kind.move_of):
            yield f"clock {clock.name} names move {name}, which does not exist"
        if not clock.stops:
            yield f"clock {clock.name} never stops"


def _dead_ends(kind: CaseKind) -> Iterable[str]:
    """Every state must be reachable from the opening, and every open state must lead to a closed one."""
    steps = {s.name: set[str]() for s in kind.states}
    for move in kind.moves:
        for source in move.sources & set(steps):
            if move.target in steps:
                steps[source].add(move.target)
    start = kind.move_of[kind.opening].target
    reached = _closure({start}, steps)
    for name in sorted(set(steps) - reached):
        yield f"state {name} is never reached"
    closed = {s.name for s in kind.states if not s.open}
    for state in kind.states:
        if state.open and not _closure({state.name}, steps) & closed:
            yield f"state {state.name} has no way to an end"


def _closure(start: set[str], steps: Mapping[str, set[str]]) -> set[str]:
    seen, todo = set(start), list(start)
    while todo:
        for follower in steps.get(todo.pop(), ()):
            if follower not in seen:
                seen.add(follower)
                todo.append(follower)
    return seen
