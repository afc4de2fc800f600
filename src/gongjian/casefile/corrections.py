"""Undoing a wrong move: visible, reasoned, and never by an update of what happened."""

from datetime import datetime

from django.utils.translation import gettext as _

from gongjian.casework.actions import Change, Moved, move
from gongjian.casework.errors import RefusedError
from gongjian.casework.kinds import CaseKind
from gongjian.casework.models import Case, CaseEvent
from gongjian.casework.queries import clocks, last_state_change
from gongjian.identity.actor import Actor


def against_correction(case: Case, last: str | None) -> str:
    """Return why there is nothing to correct; `last` is the state the last change led to, None where there is none."""
    return "" if last == case.state else _("这一件还没有动过，没有可以更正的一步。")


def correct(*, kind: CaseKind, case: Case, reason: str, actor: Actor, at: datetime) -> Moved:
    """Put the case back to where it stood before the last change of state; the wrong move stays in the timeline.

    Clocks that the wrong move stopped run again with their old deadlines, clocks that it started stop.
    Errors: `RefusedError` without a reason or where nothing has moved yet, and those of `move`.
    """
    if not reason.strip():
        raise RefusedError("reason", _("写上为什么要更正，经办单位和督办都会看到。"))
    wrong = last_state_change(case.pk)
    bar = against_correction(case, wrong.after if wrong else None)
    if bar or wrong is None:
        raise RefusedError("reason", bar)
    return put_back(kind=kind, case=case, name="correct", wrong=wrong, words=reason.strip(), actor=actor, at=at)


def put_back(
    *, kind: CaseKind, case: Case, name: str, wrong: CaseEvent, words: str, actor: Actor, at: datetime
) -> Moved:
    """Make the move that puts the case back to where it stood before its last change of state."""
    rows = clocks(case.pk)
    change = Change(
        internal_text=words,
        holder_unit_id=wrong.from_unit_id,
        restarts=[r for r in rows if r.stopped_at == wrong.at and r.started_at != wrong.at],
        voids=frozenset(r.pk for r in rows if r.started_at == wrong.at and r.stopped_at is None),
    )
    return move(kind=kind, case=case, name=name, change=change, actor=actor, at=at, target=wrong.before)
