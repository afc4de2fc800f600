"""Rights of the hotline, and whose cases they reach."""

from django.db.models import QuerySet

from gongjian.casework.models import Case
from gongjian.casework.queries import reachable
from gongjian.domains.hotline.workflow import HotlineRight
from gongjian.identity.actor import Actor

__all__ = ["HotlineRight", "visible_to"]


def visible_to(actor: Actor) -> QuerySet[Case]:
    """Return the hotline cases this actor may open."""
    rows = reachable(actor=actor, read_all=HotlineRight.CASE_READ_ALL, read_unit=HotlineRight.CASE_READ_UNIT)
    return rows.filter(kind__startswith="hotline.")
