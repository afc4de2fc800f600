"""Rights of the hotline, and whose cases they reach."""

from collections.abc import Iterable
from enum import unique

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from gongjian.casework.models import Case
from gongjian.casework.queries import reachable
from gongjian.domains.hotline.workflow import HotlineRight
from gongjian.identity.actor import Actor
from gongjian.identity.rights import Right

__all__ = ["DeskRight", "HotlineRight", "ImportRight", "ProgramRight", "may_open", "visible_to"]


@unique
class DeskRight(Right):
    """What desks may do beside the moves of a case."""

    CALLER_RESTRICT = "hotline:caller:restrict"
    TEMPLATE_SHARE = "hotline:template:share"
    TEMPLATE_UNIT = "hotline:template:unit"


@unique
class ImportRight(Right):
    """Taking in other programs' records."""

    IMPORT_RUN = "hotline:import:run"


@unique
class ProgramRight(Right):
    """What programs may do; given to a key, never to a desk."""

    OPEN311_REPORT = "hotline:open311:report"


def visible_to(actor: Actor) -> QuerySet[Case]:
    """Return the hotline cases this actor may open."""
    rows = reachable(actor=actor, read_all=HotlineRight.CASE_READ_ALL, read_unit=HotlineRight.CASE_READ_UNIT)
    return rows.filter(kind__startswith="hotline.")


def may_open(actor: Actor, *, holder_unit_id: int | None, helpers: Iterable[int]) -> bool:
    """Whether this actor may open a hotline case of these units: `visible_to` for a row that is at hand."""
    if actor.can(HotlineRight.CASE_READ_ALL):
        return True
    if not actor.can(HotlineRight.CASE_READ_UNIT):
        return False
    return holder_unit_id in actor.units or any(unit in actor.units for unit in helpers)


def sees_inside(actor: Actor, *, holder_unit_id: int | None) -> bool:
    """Whether this actor reads the internal entries of a case: the holding unit does, and the district."""
    return actor.can(HotlineRight.CASE_READ_ALL) or (holder_unit_id is not None and holder_unit_id in actor.units)
