"""Rights of the hotline, and whose cases they reach."""

from collections.abc import Iterable
from enum import unique

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from gongjian.casework.access import known_to
from gongjian.casework.models import Case
from gongjian.casework.queries import reachable
from gongjian.domains.hotline.workflow import HotlineRight
from gongjian.httpapi.grants import Grant
from gongjian.identity.actor import Actor
from gongjian.identity.rights import Right

__all__ = [
    "PROGRAM_GRANTS",
    "DeskRight",
    "HotlineRight",
    "ImportRight",
    "ProgramRight",
    "may_open",
    "sees_inside",
    "visible_to",
]


@unique
class CatalogueRight(Right):
    """Keeping topics, dispatch rules, words, reasons, hours and notices."""

    CATALOGUE_MANAGE = "hotline:catalogue:manage"


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


# What a key may hold; each act of a unit reaches only the cases this unit holds.
PROGRAM_GRANTS = (
    Grant(HotlineRight.CASE_INTAKE, _("代人登记"), _("替居民登记诉求，按密钥的次数限速，可以带自己的编号。")),
    Grant(ProgramRight.OPEN311_REPORT, _("Open311 登记"), _("通过 Open311 接口登记诉求。")),
    Grant(
        HotlineRight.CASE_READ_UNIT,
        _("看本单位的件"),
        _("查本单位主办和协办的件、经过和附件，没有联系方式。"),
        in_unit=True,
    ),
    Grant(HotlineRight.CASE_READ_ALL, _("看全区的件"), _("查全区的件、经过和附件，没有联系方式。只给全区的平台。")),
    Grant(HotlineRight.CASE_SIGN, _("替单位签收"), _("替本单位签收派来的件。"), in_unit=True),
    Grant(HotlineRight.CASE_HANDLE, _("替单位办理"), _("开始办理、记联系、写内部意见，只限本单位的件。"), in_unit=True),
    Grant(HotlineRight.CASE_SUBMIT, _("替单位交答复"), _("写好答复交审核，只限本单位的件。"), in_unit=True),
    Grant(HotlineRight.CASE_RETURN, _("替单位退回"), _("写明理由和依据退回派件员，只限本单位的件。"), in_unit=True),
    Grant(HotlineRight.CASE_EXTEND, _("替单位申请延期"), _("期限前申请多要几个工作日，只限本单位的件。"), in_unit=True),
)


def visible_to(actor: Actor) -> QuerySet[Case]:
    """Return the hotline cases this actor may open."""
    rows = reachable(actor=actor, read_all=HotlineRight.CASE_READ_ALL, read_unit=HotlineRight.CASE_READ_UNIT)
    return rows.filter(kind__startswith="hotline.")


def may_open(actor: Actor, *, holder_unit_id: int | None, helpers: Iterable[int], restricted: bool) -> bool:
    """Whether this actor may open a hotline case of these units: `visible_to` for a row that is at hand."""
    if not known_to(actor, restricted=restricted, holder_unit_id=holder_unit_id):
        return False
    if actor.can(HotlineRight.CASE_READ_ALL):
        return True
    if not actor.can(HotlineRight.CASE_READ_UNIT):
        return False
    return holder_unit_id in actor.units or any(unit in actor.units for unit in helpers)


def sees_inside(actor: Actor, *, holder_unit_id: int | None) -> bool:
    """Whether this actor reads the internal entries of a case: the holding unit does, and the district."""
    return actor.can(HotlineRight.CASE_READ_ALL) or (holder_unit_id is not None and holder_unit_id in actor.units)
