"""What the hotline does by itself."""

from datetime import datetime

from gongjian.casework.actions import Change, move
from gongjian.casework.errors import CaseError
from gongjian.casework.kinds import kind_of
from gongjian.casework.limits import book
from gongjian.casework.models import Case
from gongjian.domains.hotline.rules import span
from gongjian.domains.hotline.workflow import KINDS
from gongjian.identity.actor import SYSTEM
from gongjian.workdays.rules import SHANGHAI

BATCH = 500
ENDED = ("answered", "cancelled", "closed", "rejected")


def sweep_archive(*, at: datetime) -> int:
    """Archive cases whose time for a review is long over; return how many."""
    day = at.astimezone(SHANGHAI).date()
    term = book(at).term(key="hotline.archive", urgency=Case.Urgency.ORDINARY, day=day).term
    keys = [k.key for k in KINDS]
    ripe = Case.objects.filter(state__in=ENDED, closed_at__lt=at - span(term), kind__in=keys)[:BATCH]
    archived = 0
    for case in ripe:
        try:
            move(kind=kind_of(case.kind), case=case, name="archive", change=Change(), actor=SYSTEM, at=at)
        except CaseError:  # somebody reopened it at this moment
            continue
        archived += 1
    return archived
