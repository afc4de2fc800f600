"""What the hotline does by itself."""

from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Exists, OuterRef

from gongjian.casework.actions import Change, ClockStep, move
from gongjian.casework.errors import CaseError
from gongjian.casework.kinds import kind_of
from gongjian.casework.limits import book
from gongjian.casework.models import Case, CaseClock, CaseEvent
from gongjian.domains.hotline.actions import importing
from gongjian.domains.hotline.actions.dispatching import dispatch, propose
from gongjian.domains.hotline.actions.following import tell_followers
from gongjian.domains.hotline.actions.forgetting import forget_contacts, forget_drafts, forget_files, forget_words
from gongjian.domains.hotline.actions.open311 import forget_trials
from gongjian.domains.hotline.actions.sending import forget_answers
from gongjian.domains.hotline.actions.taking import forget_exports
from gongjian.domains.hotline.indicators import SPECS
from gongjian.domains.hotline.rules import span
from gongjian.domains.hotline.workflow import KINDS
from gongjian.figures.actions import Value, write
from gongjian.identity.actor import SYSTEM
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import due, local_day, midnight

BATCH = 500
_KEYS: Final = tuple(kind.key for kind in KINDS)
SENT_FROM: Final = ("received", "to_dispatch")
ENDED = ("answered", "cancelled", "closed", "rejected")


def sweep_exports(*, at: datetime) -> int:
    """Throw away lists that were written as spreadsheets more than a week ago; return how many."""
    return forget_exports(at=at)


def sweep_archive(*, at: datetime) -> int:
    """Archive cases whose time for a review is long over; return how many."""
    day = local_day(at)
    term = book().term(key="hotline.archive", urgency=Case.Urgency.ORDINARY, day=day).term
    keys = [k.key for k in KINDS]
    ripe = Case.objects.filter(state__in=ENDED, closed_at__lt=at - span(term), kind__in=keys).order_by("pk")
    archived, last = 0, 0
    while batch := list(ripe.filter(pk__gt=last)[:BATCH]):
        for case in batch:
            try:
                move(kind=kind_of(case.kind), case=case, name="archive", change=Change(), actor=SYSTEM, at=at)
            except CaseError:  # somebody reopened it at this moment
                continue
            archived += 1
        last = batch[-1].pk
    return archived


def sweep_provisional(*, at: datetime) -> int:
    """Count anew the deadlines that waited for a year's holidays, once these are published; return how many.

    A clock that was paused or extended keeps the end that was counted or granted then. One case after the other: a
    case that somebody moves at this moment is left to the next run.
    """
    known, terms, done = calendar(), book(), 0
    waiting = CaseClock.objects.filter(stopped_at=None, paused_at=None, provisional=True, case__kind__in=_KEYS)
    for clock in waiting.select_related("case", "case__request").prefetch_related("pauses").order_by("case", "pk"):
        day = local_day(clock.started_at)
        end = due(terms.term(key=clock.limit_key, urgency=clock.case.urgency, day=day).term, clock.started_at, known)
        kept = bool(clock.pauses.all()) or (clock.name == "answer" and bool(clock.case.request.extensions))
        if end.provisional or kept:
            continue
        if end.at == clock.due_at:  # the guess was right: nothing happens to the case
            done += CaseClock.objects.filter(pk=clock.pk, due_at=end.at).update(provisional=False)
            continue
        change = Change(step=ClockStep(clock.pk, clock.step, {"provisional": False}), dues={clock.name: end.at})
        case = Case.objects.get(pk=clock.case_id)  # an earlier clock of it may have moved it
        try:
            move(kind=kind_of(case.kind), case=case, name="recount", change=change, actor=SYSTEM, at=at)
        except CaseError:
            continue
        done += 1
    return done


def sweep_restricted(*, at: datetime) -> int:
    """Send restricted cases to the unit the catalogue names, once, for dispatchers do not see them; return how many.

    One that no unit is named for, or that came back, waits for a dispatcher who may read it.
    """
    sent_before = CaseEvent.objects.filter(case=OuterRef("pk"), move="dispatch")
    waiting = Case.objects.filter(~Exists(sent_before), restricted=True, kind__in=_KEYS, state__in=SENT_FROM)
    sent = 0
    for case in waiting.order_by("pk"):
        unit_id = propose(case, at).unit_id
        if unit_id is None:
            continue
        try:
            dispatch(case=case, unit_id=unit_id, assist_ids=(), reason="", actor=SYSTEM, at=at)
        except CaseError:  # somebody moved it at this moment
            continue
        sent += 1
    return sent


def sweep_followers(*, at: datetime) -> int:
    """Tell those who follow a matter of another that it was answered or is over; return how many messages."""
    return tell_followers(at=at)


def sweep_retention(*, at: datetime) -> int:
    """Forget what has outlived its period: contacts, words, files, drafts, trials; return how many pieces."""
    gone = forget_contacts(at=at) + forget_words(at=at)
    return gone + forget_files(at=at) + forget_drafts(at=at) + forget_trials(at=at)


def sweep_imports(*, at: datetime) -> int:
    """Erase the files of imports whose day is over, and give up those nobody goes on with; return how many."""
    return importing.sweep(at=at)


def sweep_sendings(*, at: datetime) -> int:
    """Empty the answers given to phones a month ago; return how many."""
    return forget_answers(at=at)


# Days that are counted again: what happened late yesterday may still be on its way.
RECOUNTED: Final = timedelta(days=1)
# Restricted cases count for nothing.
# Each line: indicator, unit, day, numerator, denominator, from the events of the span [%(first)s, %(end)s).
FIGURES: Final = """
with happened as materialized (
    select e.case_id, e.move, e.at, coalesce(e.from_unit_id, e.to_unit_id) as unit_id, e.to_unit_id, e.before, e.after,
           (e.at at time zone 'Asia/Shanghai')::date as day
    from casework_caseevent e
    where e.at >= %(first)s and e.at < %(end)s and e.move = any(%(moves)s)
      and e.case_id not in (select id from casework_case where restricted)
), opened as materialized (
    select c.id, c.topic_id, c.holder_unit_id as unit_id, c.opened_at,
           (c.opened_at at time zone 'Asia/Shanghai')::date as day
    from casework_case c
    where c.opened_at >= %(first)s and c.opened_at < %(end)s and c.kind like 'hotline.%%'
      and not c.restricted
), timed as (
    select h.*, k.name, k.stopped_at <= k.due_at as in_time
    from happened h join casework_caseclock k on k.case_id = h.case_id and k.stopped_at = h.at
    where (h.move, k.name) in (('approve', 'answer'), ('approve', 'redo'), ('sign', 'sign'), ('contact', 'contact'))
), asked as (
    select h.*, r.outcome, r.satisfaction
    from happened h join hotline_servicerequest r on r.case_id = h.case_id
    where h.move in ('rate_solved', 'rate_unsolved', 'close', 'callback_redo')
), again as (
    select o.*, exists (
        select from casework_caseparty p
        join parties_contact mine on mine.id = p.contact_id and mine.phone_index is not null
        join parties_contact theirs on theirs.phone_index = mine.phone_index and theirs.id <> mine.id
        join casework_caseparty q on q.contact_id = theirs.id
        join casework_case c on c.id = q.case_id
        where p.case_id = o.id and c.topic_id = o.topic_id and c.opened_at < o.opened_at
          and c.opened_at >= o.opened_at - interval '90 days') as repeated
    from opened o
)
select 'hotline.received', unit_id, day, count(*), 0 from opened group by 2, 3
union all select 'hotline.repeated', unit_id, day, count(*) filter (where repeated), count(*) from again group by 2, 3
union all select 'hotline.closed', unit_id, day, count(*), 0 from happened
    where after = any(%(ended)s) and before <> all(%(ended)s) group by 2, 3
union all select 'hotline.on_the_spot', unit_id, day, count(*) filter (where move = 'answer'),
    count(*) filter (where move = 'register') from happened where move in ('answer', 'register') group by 2, 3
union all select 'hotline.returned', unit_id, day, count(*) filter (where move in ('return', 'backstop')),
    count(*) filter (where move = 'dispatch') from
    (select case when move = 'dispatch' then to_unit_id else unit_id end as unit_id, day, move from happened
     where move in ('return', 'backstop', 'dispatch')) sent group by 2, 3
union all select 'hotline.on_time', unit_id, day, count(*) filter (where in_time), count(*) from timed
    where move = 'approve' group by 2, 3
union all select 'hotline.signed_on_time', unit_id, day, count(*) filter (where in_time), count(*) from timed
    where move = 'sign' group by 2, 3
union all select 'hotline.response', unit_id, day, count(*) filter (where in_time), count(*) from timed
    where move = 'contact' group by 2, 3
union all select 'hotline.solved', unit_id, day,
    count(*) filter (where outcome = 'solved' and move in ('rate_solved', 'close')), count(*) from asked group by 2, 3
union all select 'hotline.satisfied', unit_id, day, count(*) filter (where satisfaction >= 3), count(*) from asked
    where satisfaction is not null group by 2, 3
union all select 'hotline.breached', unit_id, day, count(*), 0 from happened where move = 'overdue' group by 2, 3
"""
MOVES: Final = (
    "answer", "approve", "backstop", "callback_redo", "cancel", "close", "close_unreached", "contact", "dispatch",
    "overdue", "rate_solved", "rate_unsolved", "register", "reject", "return", "sign",
)  # fmt: skip


def sweep_figures(*, at: datetime) -> int:
    """Count today and yesterday anew from what happened; return how many figures were written."""
    today = local_day(at)
    return count_figures(first=today - RECOUNTED, last=today, at=at)


def count_figures(*, first: date, last: date, at: datetime) -> int:
    """Count the figures of a span of days, both ends included, from events and clocks; two runs give the same."""
    begin = midnight(first)
    end = midnight(last + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, {"first": begin, "end": end, "moves": list(MOVES), "ended": list(ENDED)})
        values = [Value(key, day, unit, top, bottom) for key, unit, day, top, bottom in cursor.fetchall()]
    return write(values=values, indicators=[s.key for s in SPECS], first=first, last=last, at=at)
