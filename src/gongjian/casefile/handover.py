"""Open work that changes hands: a leaver's, a merged unit's, or what a head spreads anew."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from gongjian.casework.access import known_to
from gongjian.casework.actions import Change, move
from gongjian.casework.errors import IllegalMoveError, RefusedError, StaleCaseError
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case, CaseShare
from gongjian.identity.actor import Actor

UNNAMED: Final = "…"  # a restricted case, to somebody who may not know of it


@dataclass(frozen=True, slots=True)
class Handed:
    moved: int
    refused: tuple[str, ...]  # numbers of cases that moved at the same moment or whose kind knows no hand-over


def open_work(*, unit_id: int | None = None, holder_id: int | None = None) -> QuerySet[Case]:
    """Return the open cases of a unit, of a person, or of a person in a unit, oldest first; to be narrowed further."""
    rows = Case.objects.filter(closed_at=None).order_by("pk")
    rows = rows if unit_id is None else rows.filter(holder_unit=unit_id)
    return rows if holder_id is None else rows.filter(holder=holder_id)


def open_help(*, unit_id: int, without: int) -> QuerySet[Case]:
    """Return the open cases a unit helps with and another unit neither holds nor helps with yet."""
    helps = CaseShare.objects.filter(case=OuterRef("pk"))
    rows = Case.objects.filter(Exists(helps.filter(unit=unit_id)), closed_at=None).exclude(holder_unit=without)
    return rows.exclude(Exists(helps.filter(unit=without))).order_by("pk")


def hand_over(
    *,
    cases: Iterable[Case],
    reason: str,
    actor: Actor,
    at: datetime,
    unit_id: int | None = None,
    holder_id: int | None = None,
) -> Handed:
    """Give open cases to another unit, or inside their unit to another person; clocks run on unchanged.

    Each case is one guarded move: `hand_over` where a unit is named, else `assign`. `holder_id` None leaves the case
    to the whole unit. A case that somebody moves at the same moment is named in the answer and stays where it is.
    Errors: `RefusedError` without a reason, `Forbidden`.
    """
    told = _reasoned(reason)
    if unit_id is None:
        return _each(cases, "assign", Change(internal_text=told, holder_id=holder_id), actor, at)
    change = Change(internal_text=told, holder_unit_id=unit_id, holder_id=holder_id)
    return _each(cases, "hand_over", change, actor, at)


def help_out(*, cases: Iterable[Case], unit_id: int, reason: str, actor: Actor, at: datetime) -> Handed:
    """Let a unit help with open cases it does not help with yet. Errors: as `hand_over`."""
    return _each(cases, "hand_over", Change(internal_text=_reasoned(reason), shares=[unit_id]), actor, at)


def _reasoned(reason: str) -> str:
    if not reason.strip():
        raise RefusedError("reason", _("写上为什么移交，接手的人会看到。"))
    return reason.strip()


def _each(cases: Iterable[Case], name: str, change: Change, actor: Actor, at: datetime) -> Handed:
    moved, refused = 0, list[str]()
    for case in cases:
        kind = kind_of(case.kind)
        shown = known_to(actor, restricted=case.restricted, holder_unit_id=case.holder_unit_id)
        number = case.number if shown else UNNAMED
        try:
            if name in kind.move_of:
                move(kind=kind, case=case, name=name, change=change, actor=actor, at=at)
                moved += 1
            else:
                refused.append(number)
        except (IllegalMoveError, StaleCaseError):
            refused.append(number)
    return Handed(moved, tuple(refused))
