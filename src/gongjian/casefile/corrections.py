"""Undoing a wrong move: visible, reasoned, and never by an update of what happened."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from gongjian.casework.actions import Change, Moved, move
from gongjian.casework.errors import RefusedError
from gongjian.casework.kinds import PREVIOUS, CaseKind
from gongjian.casework.models import Case, CaseClock, CaseEvent, ClockPause
from gongjian.casework.queries import clocks, last_state_change
from gongjian.casework.writer import Insert, Update
from gongjian.identity.actor import Actor


def against_correction(case: Case, last: str | None) -> str:
    """Return why there is nothing to correct; `last` is the state the last change led to, None where there is none."""
    return "" if last == case.state else _("这一件还没有动过，没有可以更正的一步。")


def correct(*, kind: CaseKind, case: Case, reason: str, actor: Actor, at: datetime) -> Moved:
    """Put the case back to where it stood before the last change of state; the wrong move stays in the timeline.

    Clocks that the wrong move stopped or paused run again with their old deadlines, clocks that it started stop, and
    those it let run stand again: nobody gains or loses a day by a slip.
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
    again = _counts_again(kind, wrong)
    starts = (r.started_at == wrong.at or again in kind.clock_of[r.name].stops for r in rows)
    voids = frozenset(r.pk for r, one in zip(rows, starts, strict=True) if one and r.stopped_at is None)
    stopped = [r for r in rows if r.stopped_at == wrong.at and r.started_at != wrong.at]
    turned = _turned(kind, [r for r in rows if r.stopped_at is None and r.pk not in voids], wrong)
    change = Change(
        internal_text=words,
        holder_unit_id=wrong.from_unit_id,
        restarts=[*stopped, *turned],
        voids=voids,
        updates=[_run(row, at) for row in turned if row.paused_at is None],
        rows=[_halt(row, words) for row in turned if row.paused_at is not None],
    )
    return move(kind=kind, case=case, name=name, change=change, actor=actor, at=at, target=wrong.before)


def _counts_again(kind: CaseKind, wrong: CaseEvent) -> str:
    """Return the move that was corrected and counts after all, where it is the correction that was wrong."""
    if kind.move_of[wrong.move].target != PREVIOUS:
        return ""
    before = CaseEvent.objects.filter(case=wrong.case_id, pk__lt=wrong.pk, after=wrong.before).exclude(
        before=F("after")
    )
    return before.order_by("-pk").values_list("move", flat=True).first() or ""


def _turned(kind: CaseKind, rows: Sequence[CaseClock], wrong: CaseEvent) -> list[CaseClock]:
    """Return the open clocks that stand and should run, or run and should stand, each as it is then.

    A clock stands in the states that its pausing moves lead to. It stands from the moment it wrongly ran on: what was
    left of its term then is left of it still. Where a correction let it run, it never stood still for its deadline, and
    stands since the pause that is right after all.
    """
    turned = []
    for row in rows:
        stands = wrong.before in {kind.move_of[name].target for name in kind.clock_of[row.name].pauses}
        if stands == (row.paused_at is not None):
            continue
        if stands and kind.move_of[wrong.move].target == PREVIOUS:
            row.paused_at = row.pauses.order_by("pk").values_list("paused_at", flat=True).last() or wrong.at
        else:
            row.paused_at = wrong.at if stands else None
        turned.append(row)
    return turned


def _run(row: CaseClock, at: datetime) -> Update:
    """Return the end of the pause that should not have been."""
    guard = {"clock": row.pk, "resumed_at": None}
    return Update(f"unpause_{row.pk}", ClockPause, {"resumed_at": at}, guard, returning=(), after="case")


def _halt(row: CaseClock, reason: str) -> Insert:
    """Return the pause that goes on."""
    pause = {"clock": row.pk, "paused_at": row.paused_at, "resumed_at": None, "reason": reason[:300]}
    return Insert(f"pause_{row.pk}", ClockPause, [pause], returning=(), after="case")
