"""What the clock does by itself: reminders and overdue moves, and folding the tally."""

import logging
from datetime import datetime

from django.db import connection, transaction

from gongjian.casework import limits
from gongjian.casework.actions import Change, ClockStep, move
from gongjian.casework.errors import CaseError
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import CaseClock
from gongjian.identity.actor import SYSTEM
from gongjian.workdays.queries import calendar

logger = logging.getLogger(__name__)
BATCH = 200
ROUNDS = 50  # as much as a minute holds, after an outage too


def sweep_clocks(*, at: datetime) -> int:
    """Make the move of every reminder and every term whose moment has come; return how many.

    A step is taken with the move in one statement: a sweep that is killed repeats nothing and forgets nothing.
    A case that somebody moves at the same moment is left to the next run.
    """
    taken, refused = 0, list[int]()
    for _ in range(ROUNDS):
        due = list(
            CaseClock.objects.filter(stopped_at=None, paused_at=None, next_step_at__lte=at)
            .exclude(pk__in=refused)
            .select_related("case")
            .order_by("next_step_at")[:BATCH]
        )
        for clock in due:
            try:
                _take_step(clock, at)
            except CaseError as error:
                refused.append(clock.pk)
                logger.warning("clock %s of %s waits for the next sweep: %s", clock.name, clock.case.number, error)
            except Exception:  # one faulty case must not stop the clocks of all others
                refused.append(clock.pk)
                logger.exception("clock %s of %s", clock.name, clock.case.number)
            else:
                taken += 1
        if not due:
            break
    return taken


def _take_step(clock: CaseClock, at: datetime) -> None:
    case = clock.case
    kind = kind_of(case.kind)
    steps = limits.book().steps(
        key=clock.limit_key, started_at=clock.started_at, due_at=clock.due_at, calendar=calendar()
    )
    name = steps[clock.step][1] if clock.step < len(steps) else ""
    columns: dict[str, object] = {
        "step": clock.step + 1,
        "next_step_at": steps[clock.step + 1][0] if clock.step + 1 < len(steps) else None,
    }
    if not name:
        columns["breached_at"] = at
        name = kind.clock_of[clock.name].overdue
    change = Change(internal_text=str(kind.clock_of[clock.name].label), step=ClockStep(clock.pk, clock.step, columns))
    move(kind=kind, case=case, name=name, change=change, actor=SYSTEM, at=at)


@transaction.atomic
def fold_tally(*, at: datetime) -> int:  # noqa: ARG001  every sweep is handed the time
    """Fold the changes written since the last run into the tally; return how many rows were folded.

    Deleting and adding are one statement, so that no change is lost or counted twice; two folds at once wait in line.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('casework.tally'))")
        cursor.execute(
            """
            with gone as (delete from casework_tallydelta returning kind, topic_id, unit_id, community_id, state, n),
                 sums as (select kind, topic_id, unit_id, community_id, state, sum(n) n
                          from gone group by 1, 2, 3, 4, 5),
                 kept as (insert into casework_tally (kind, topic_id, unit_id, community_id, state, n)
                          select * from sums
                          on conflict (kind, topic_id, unit_id, community_id, state)
                          do update set n = casework_tally.n + excluded.n)
            select count(*) from gone
            """
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0
