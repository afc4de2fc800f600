"""Changing dated reference data: rules, words, reasons and hours. What holds is followed, never rewritten."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from gongjian.audit.dated import Refused, Table
from gongjian.casework.models import Topic
from gongjian.domains.hotline import queries
from gongjian.domains.hotline.access import CatalogueRight
from gongjian.domains.hotline.models import DispatchRule, EmergencyWord, EverydayWord, RejectReason, ServiceHours
from gongjian.domains.hotline.queries import reference
from gongjian.domains.hotline.queries.reference import ASSIST, LEAD
from gongjian.identity.queries import units
from gongjian.web.catalogues import Keeper

RULES: Final = Table(
    model=DispatchRule,
    identity=("topic_id",),
    values=(
        "lead_unit_id", "assist_subdistrict", "lead_subdistrict", "limit_key", "catalogue", "clause", "reason_zh",
        "reason_en",
    ),
    action="hotline.rule",
    kind="dispatch_rule",
    name=lambda row: row.topic.code,
    tell=reference.rule_values,
    in_use=reference.used_rule,
)  # fmt: skip
WORDS: Final = Table(
    model=EmergencyWord,
    identity=("word",),
    values=("service",),
    action="hotline.emergency_word",
    kind="emergency_word",
    name=lambda row: row.word,
    tell=reference.word_values,
)
EVERYDAY: Final = Table(
    model=EverydayWord,
    identity=("topic_id", "word"),
    values=(),
    action="hotline.everyday_word",
    kind="everyday_word",
    name=lambda row: f"{row.topic.code} {row.word}",
    tell=reference.everyday_values,
)
REASONS: Final = Table(
    model=RejectReason,
    identity=("code",),
    values=("reason_zh", "reason_en", "channel_zh", "channel_en", "source", "order"),
    action="hotline.reject_reason",
    kind="reject_reason",
    name=lambda row: row.code,
    tell=reference.reason_values,
    in_use=reference.used_reason,
)
HOURS: Final = Table(
    model=ServiceHours,
    identity=("words_zh",),
    values=("words_en", "weekdays", "opens", "closes"),
    action="hotline.service_hours",
    kind="service_hours",
    name=lambda row: row.words_zh,
    tell=reference.hours_values,
)


def keeper(table: Table) -> Keeper:
    """Return what writes a dated table of the hotline."""
    return Keeper(table, CatalogueRight.CATALOGUE_MANAGE, queries.forget, _columns, version=queries.VERSION)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a row: names become ids."""
    found = dict(values)
    if "topic" in found:
        found["topic_id"] = _topic(found.pop("topic"))
    if "lead_unit" in found:
        unit = units().by_code[found.pop("lead_unit")]
        street = found.pop("street")
        found |= {"lead_unit_id": unit.id}
        found |= {"assist_subdistrict": street == ASSIST, "lead_subdistrict": street == LEAD}
    if "weekdays" in found:
        found["weekdays"] = sorted(int(day) for day in found["weekdays"])
    return found


def _topic(code: str) -> int:
    found = Topic.objects.filter(code=code, domain=reference.DOMAIN).values_list("pk", flat=True).first()
    if found is None:
        raise Refused("topic", _("没有这个类别。"))
    return found
