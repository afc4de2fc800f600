"""Which list of cases somebody works through: read from the address, so that the case page knows the next one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from gongjian.casework.access import restricted_units
from gongjian.casework.models import Case
from gongjian.casework.queries import Desk
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.queries import Desks, Listed, NarrowDesk
from gongjian.domains.hotline.queries.everyday import Absent, absent_of
from gongjian.domains.hotline.workflow import STATES
from gongjian.identity.actor import Actor
from gongjian.web.paging import BadCursor, decode, encode

MY_TURN, AWAITED, MINE, REVIEW = "todo", "awaited", "mine", "review"
UNSIGNED, UNIT, SHARED, PENDING = "unsigned", "unit", "shared", "pending"
TABS: Final = (MY_TURN, AWAITED, UNSIGNED, UNIT, SHARED, PENDING)
# Where the next step is that of whoever holds the case; where it is that of somebody else.
OWN_STEP: Final = ("signed", "in_progress", "redo", "reopened")
OTHERS_STEP: Final = ("waiting_citizen", "submitted", "replied", "callback")
SIZE, LONG = 50, 100  # rows of a page, and of one asked for with size=100
# The right that makes a tab worth showing; the others show whatever the units hold.
NEEDS: Final = {
    MY_TURN: HotlineRight.CASE_HANDLE,
    AWAITED: HotlineRight.CASE_HANDLE,
    UNSIGNED: HotlineRight.CASE_SIGN,
    PENDING: HotlineRight.CASE_EXTEND_APPROVE,
    REVIEW: HotlineRight.CASE_REVIEW,
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One list with its filters."""

    tab: str
    state: str = ""
    topic: int | None = None
    community: int | None = None
    late: bool = False
    size: int = SIZE
    whose: str = ""  # me, or the id of somebody absent whose desk this is
    absent: Absent | None = None
    own_units: frozenset[int] = frozenset()

    @property
    def narrowed(self) -> bool:
        return bool(self.state or self.topic or self.community or self.late)

    @property
    def query(self) -> str:
        """Return the list as the query of an address, without its question mark."""
        facts = {
            "tab": self.tab,
            "state": self.state,
            "topic": self.topic or "",
            "community": self.community or "",
            "late": "1" if self.late else "",
            "size": "" if self.size == SIZE else self.size,
            "for": self.whose,
        }
        return urlencode({name: value for name, value in facts.items() if value})

    def desk(self, actor: Actor, at: datetime) -> Desks:
        """Return the conditions of the list; None for the list of cases one's units help with."""
        if self.tab == SHARED:
            return None
        seen = restricted_units(actor)
        found = tuple(self._narrowed(desk, at, seen) for desk in _scope(self.tab, actor) if self._within(desk))
        return found[0] if len(found) == 1 else found

    def _within(self, desk: Desk) -> bool:
        """Whether a desk can hold anything: a case in the state that is asked for, in a unit."""
        return desk.units != frozenset() and (not (self.state and desk.states) or self.state in desk.states)

    def _narrowed(self, desk: Desk, at: datetime, restricted: frozenset[int] | None) -> Desk:
        holder = self.absent.id if self.absent is not None and desk.holder is not None else desk.holder
        return replace(
            desk,
            units=self._desk_units(desk.units),
            states=(self.state,) if self.state else desk.states,
            holder=holder,
            topics=(self.topic,) if self.topic else (),
            communities=(self.community,) if self.community else (),
            late_at=at if self.late else None,
            restricted=restricted,
        )

    def _desk_units(self, units: frozenset[int] | None) -> frozenset[int] | None:
        """Return the units of the one whose desk it is, as far as the tab reaches."""
        if not self.whose or units is None:
            return units
        return units & (self.absent.units if self.absent is not None else self.own_units)


def _scope(tab: str, actor: Actor) -> tuple[Desk, ...]:
    """Return the desks a tab is made of."""
    if tab == REVIEW and actor.can(HotlineRight.CASE_REVIEW):
        return (Desk(units=None, states=("submitted",)),)
    return SCOPES.get(tab, _of_units)(actor)


def _of_units(actor: Actor) -> tuple[Desk, ...]:
    return (Desk(units=actor.units_with(HotlineRight.CASE_READ_UNIT)),)


def _my_turn(actor: Actor) -> tuple[Desk, ...]:
    """Return what waits for an act of this person: held and workable, not taken by anybody, to sign, to approve."""
    handling = actor.units_with(HotlineRight.CASE_HANDLE)
    return (
        Desk(units=handling, states=OWN_STEP, holder=actor.user_id),
        NarrowDesk(units=handling, states=OWN_STEP, free=True),
        _unsigned(actor),
        _to_approve(actor),
    )


def _awaited(actor: Actor) -> tuple[Desk, ...]:
    """Return what this person holds while the next step is that of the resident, a reviewer or somebody who decides."""
    approving = actor.units_with(HotlineRight.CASE_EXTEND_APPROVE)
    pending = ("extension_pending",)
    return (
        Desk(units=actor.units, states=OTHERS_STEP, holder=actor.user_id),
        Desk(units=actor.units - approving, states=pending, holder=actor.user_id),
        NarrowDesk(units=actor.units & approving, states=pending, holder=actor.user_id, asked=2),
    )


def _unsigned(actor: Actor) -> Desk:
    return Desk(units=actor.units_with(HotlineRight.CASE_SIGN), states=("dispatched",))


def _to_approve(actor: Actor) -> Desk:
    """Return the first extensions that wait; the second one is the supervisor's."""
    return NarrowDesk(units=actor.units_with(HotlineRight.CASE_EXTEND_APPROVE), states=("extension_pending",), asked=1)


SCOPES: Final[Mapping[str, Callable[[Actor], tuple[Desk, ...]]]] = {
    MY_TURN: _my_turn,
    AWAITED: _awaited,
    MINE: lambda actor: (Desk(units=actor.units, holder=actor.user_id),),
    UNSIGNED: lambda actor: (_unsigned(actor),),
    PENDING: lambda actor: (_to_approve(actor),),
}


def tabs_of(actor: Actor) -> tuple[str, ...]:
    """Return the tabs this actor has a use for; the first is where the day begins."""
    return tuple(tab for tab in TABS if tab not in NEEDS or actor.can(NEEDS[tab]))


def tab_words() -> dict[str, str]:
    return {
        MY_TURN: _("等我办"),
        AWAITED: _("等别人"),
        UNSIGNED: _("待签收"),
        UNIT: _("本单位"),
        SHARED: _("协办"),
        PENDING: _("延期待批"),
        REVIEW: _("待审核"),
    }


def listing_of(data: QueryDict, actor: Actor) -> Listing:
    """Return the list an address asks for; what it names wrongly is left out."""
    known = tabs_of(actor)
    tab = data.get("tab", "")
    if tab not in (*known, REVIEW):
        tab = known[0]
    state = data.get("state", "")
    state = state if any(state == one.name for one in STATES) else ""
    found = Listing(tab, state, _number(data.get("topic")), _number(data.get("community")))
    size = LONG if data.get("size") == str(LONG) else SIZE
    return replace(found, late=data.get("late") == "1", size=size)


def of_desk(listing: Listing, data: QueryDict, actor: Actor, at: datetime) -> Listing:
    """Narrow a list to the desk its address names: one's own, or that of somebody absent; one statement if it does."""
    whose = data.get("for", "")
    if not whose:
        return listing
    found = absent_of(actor, at)
    absent = next((one for one in found.absent if str(one.id) == whose), None)
    if absent is None and whose != "me":
        return listing
    return replace(listing, whose=whose, absent=absent, own_units=found.own_units)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 bigint


def after_of(cursor: str) -> tuple[datetime, int] | None:
    """Return the last row that was seen; a cursor that is none begins at the top."""
    if not cursor:
        return None
    try:
        due, pk = decode(cursor, 2)
        moment = datetime.fromisoformat(str(due))
    except (BadCursor, ValueError):
        return None
    return (moment, pk) if moment.tzinfo is not None and isinstance(pk, int) else None


def cursor_of(case: Case | Listed) -> str:
    return encode([case.due_at, case.pk])
