"""What the supervisor and the search page list: cases over time, clocks that run out, the newest of a scope."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, QuerySet

from gongjian.casework.models import Case, CaseClock
from gongjian.casework.queries import ROWS, Search, any_of, over, unrestricted, with_clock


def recent(wanted: Search, *, before: int | None = None, size: int = 50) -> list[Case]:
    """Return cases of a scope without words, newest first, one more than `size`: from the end of an index."""
    held, shared = _scoped(wanted)
    held = _newest(held, before, size)
    if shared is None:
        return list(held)
    return list(held.union(_newest(shared, before, size)).order_by("-id")[: size + 1])


def recent_rows(wanted: Search) -> tuple[QuerySet[Case], ...]:
    """Return the rows of `recent` without order, held and shared ones apart, to be counted with other things."""
    held, shared = _scoped(wanted)
    return (held,) if shared is None else (held, shared.exclude(holder_unit__in=wanted.units or ()))


def _newest(rows: QuerySet[Case], before: int | None, size: int) -> QuerySet[Case]:
    if before is not None:
        rows = rows.filter(id__lt=before)
    return with_clock(rows.only(*ROWS)).order_by("-id")[: size + 1]


def _scoped(wanted: Search) -> tuple[QuerySet[Case], QuerySet[Case] | None]:
    rows = Case.objects.filter(wanted.facts, unrestricted(wanted.restricted), kind__in=wanted.kinds)
    if wanted.states:
        rows = rows.filter(any_of("state", wanted.states))
    if wanted.topics:
        rows = rows.filter(topic__in=wanted.topics)
    if wanted.units is None:
        return rows, None
    if wanted.leads:
        return rows.filter(any_of("holder_unit", wanted.units)), None
    shared = rows.filter(any_of("shares__unit", wanted.units))
    return rows.filter(any_of("holder_unit", wanted.units)), shared if len(wanted.units) == 1 else shared.distinct()


def running_clocks(case_ids: Iterable[int]) -> dict[int, list[CaseClock]]:
    """Return the clocks that run for each of these cases, the one that ends first in front: one statement."""
    found: dict[int, list[CaseClock]] = {}
    rows = CaseClock.objects.filter(case__in=list(case_ids), stopped_at=None).order_by("due_at", "pk")
    for clock in rows:
        found.setdefault(clock.case_id, []).append(clock)
    return found


def late_by_unit(at: datetime, kinds: Iterable[str]) -> dict[int | None, int]:
    """Return how many open cases of each unit are over their deadline: one statement over the open ones alone."""
    rows = Case.objects.filter(unrestricted(), over(at), kind__in=list(kinds))
    return dict(rows.values_list("holder_unit_id").annotate(n=Count("pk")).order_by())
