"""What the board offers to do with a case: the catalogue's unit, or the one that the returning unit named."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext as _

from gongjian.casework.actions import Moved
from gongjian.casework.errors import RefusedError
from gongjian.casework.models import Case
from gongjian.domains.hotline.actions.dispatching import Proposal, dispatch, propose
from gongjian.domains.hotline.models import Return
from gongjian.domains.hotline.queries import last_return
from gongjian.identity.actor import Actor
from gongjian.identity.queries import units


class Source(StrEnum):
    """Where a suggestion comes from."""

    CATALOGUE = "catalogue"
    NONE = ""
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Where to send a case, by whose word; `unit_id` is None where a person must choose."""

    source: Source
    unit_id: int | None
    assist_ids: tuple[int, ...]
    proposal: Proposal  # the catalogue's, also where it is not followed


def suggest(case: Case, returned: Return | None, at: datetime) -> Suggestion:
    """Return what the board offers, from memory: never again the unit that has just sent the case back."""
    proposal = propose(case, at)
    if returned is None or case.state != "returned":
        source = Source.NONE if proposal.unit_id is None else Source.CATALOGUE
        return Suggestion(source, proposal.unit_id, proposal.assist_ids, proposal)
    named = units().by_id.get(returned.proposed_unit_id or 0)
    if named is not None and named.active and named.id != returned.unit_id:
        return Suggestion(Source.RETURN, named.id, (), proposal)
    if proposal.unit_id not in {None, returned.unit_id}:
        return Suggestion(Source.CATALOGUE, proposal.unit_id, proposal.assist_ids, proposal)
    return Suggestion(Source.NONE, None, (), proposal)


def accept_suggestion(*, case: Case, seen_unit_id: int, actor: Actor, at: datetime) -> Moved:
    """Send a case where the board offered to, if the board still offers the unit that was seen.

    Errors: `RefusedError` where the offer has changed, and those of `dispatch`.
    """
    offered = suggest(case, last_return(case.pk) if case.state == "returned" else None, at)
    if offered.unit_id is None or offered.unit_id != seen_unit_id:
        raise RefusedError("unit", _("建议已经变了，看一眼再派。"))
    return dispatch(
        case=case,
        unit_id=offered.unit_id,
        assist_ids=offered.assist_ids,
        reason=FOLLOWS_RETURN if offered.source is Source.RETURN else "",
        actor=actor,
        at=at,
    )


# Stands in the case's history, which keeps one language.
FOLLOWS_RETURN: Final = "按退回单位的建议改派。"
