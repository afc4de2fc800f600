"""Whom the callback desk must still ask, and what was said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from gongjian.casework.models import Case
from gongjian.casework.queries import over, unrestricted, with_clock
from gongjian.domains.hotline.models import CallAttempt

CALLED: Final = ("replied", "callback")


@dataclass(frozen=True, slots=True)
class ToCall:
    """Which of the residents that must still be asked; everything empty means all of them."""

    ripe: bool = False  # only those that no longer may answer by themselves
    tries: int | None = None  # only those called in vain so many times since the answer
    late_at: datetime | None = None
    restricted: frozenset[int] | None = frozenset()  # as in `casework.queries.Desk`

    @property
    def rows(self) -> QuerySet[Case]:
        """Return their cases without order; each carries `tries`, when somebody called in vain since the answer."""
        states = ("callback",) if self.ripe else CALLED
        rows = Case.objects.filter(closed_at=None, state__in=states, due_at__isnull=False, kind__startswith="hotline.")
        rows = rows.filter(unrestricted(self.restricted))
        if self.late_at is not None:
            rows = rows.filter(over(self.late_at))
        tried = _callbacks(OuterRef("pk")).filter(reached=False, made_at__gte=OuterRef("request__replied_at"))
        if self.tries is not None:
            number = tried.order_by().values("case").annotate(n=Count("pk")).values("n")
            rows = rows.annotate(tried_times=Coalesce(Subquery(number), 0)).filter(tried_times=self.tries)
        return rows.annotate(tries=ArraySubquery(tried.order_by("made_at").values("made_at")))


def to_call(wanted: ToCall | None = None, *, after: tuple[datetime, int] | None = None, size: int = 50) -> list[Any]:
    """Return answered cases whose resident must still be asked, nearest deadline first, one more than `size`.

    One statement.
    """
    rows = (wanted or ToCall()).rows
    if after is not None:
        rows = rows.filter(due_at__gte=after[0]).filter(Q(due_at__gt=after[0]) | Q(pk__gt=after[1]))
    return list(with_clock(rows).order_by("due_at", "pk")[: size + 1])


def callbacks(case_id: int) -> list[CallAttempt]:
    """Return every call of the callback desk in this case, newest first."""
    return list(_callbacks(case_id).select_related("made_by").order_by("-made_at"))


def _callbacks(case: Any) -> QuerySet[CallAttempt]:
    return CallAttempt.objects.filter(case=case, purpose=CallAttempt.Purpose.CALLBACK)
