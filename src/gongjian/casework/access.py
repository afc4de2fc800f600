"""Who may see and move cases."""

from enum import unique

from gongjian.casework.kinds import By, CaseKind, Move, Scope
from gongjian.casework.models import Case
from gongjian.identity.actor import Actor
from gongjian.identity.rights import Right


@unique
class CaseworkRight(Right):
    CONTACT_REVEAL = "casework:contact:reveal"
    FIGURES_READ = "casework:figures:read"
    RESTRICTED_READ = "casework:restricted:read"  # those of one's unit
    RESTRICTED_READ_ALL = "casework:restricted:read_all"


def restricted_units(actor: Actor) -> frozenset[int] | None:
    """Return the units whose restricted cases this actor may know of; None for those of the whole district.

    The units that hold them: a unit that only helps does not see them.
    """
    if actor.can(CaseworkRight.RESTRICTED_READ_ALL):
        return None
    return actor.units_with(CaseworkRight.RESTRICTED_READ)


def known_to(actor: Actor, *, restricted: bool, holder_unit_id: int | None) -> bool:
    """Whether this actor may know of a case at all: `queries.unrestricted` for a row that is at hand."""
    units = restricted_units(actor)
    return not restricted or units is None or holder_unit_id in units


def may_move(*, move: Move, case: Case, actor: Actor, as_party: int | None) -> bool:
    """Whether this actor may make this move on this case.

    `as_party` is the id of the case's party the actor has proved to be, by receipt code or own sign-in.
    """
    if actor.kind == "system":
        return By.SYSTEM in move.by
    if as_party is not None:
        return By.APPLICANT in move.by
    if By.STAFF not in move.by or move.right is None:
        return False
    if move.scope is Scope.DISTRICT:
        return actor.can(move.right)
    return case.holder_unit_id is not None and actor.can(move.right, unit_id=case.holder_unit_id)


def moves_for(*, kind: CaseKind, case: Case, actor: Actor, as_party: int | None = None) -> tuple[Move, ...]:
    """Return what this actor may do now, in the order of the table."""
    return tuple(
        move for move in kind.moves_from(case.state) if may_move(move=move, case=case, actor=actor, as_party=as_party)
    )
