"""Changing dated reference data: rules, words, reasons and hours. What holds is followed, never rewritten."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from gongjian.audit import dated
from gongjian.audit.dated import Refused, Table
from gongjian.casework.models import Topic
from gongjian.domains.hotline import queries
from gongjian.domains.hotline.access import CatalogueRight
from gongjian.domains.hotline.models import DispatchRule, EmergencyWord, EverydayWord, RejectReason, ServiceHours
from gongjian.domains.hotline.queries import reference
from gongjian.domains.hotline.queries.reference import ASSIST, LEAD
from gongjian.identity.queries import units
from gongjian.identity.rights import require
from gongjian.web.catalogues import Write

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


@dataclass(frozen=True)
class Keeper:
    """Writes one dated table from what its form says."""

    table: Table

    def write(self, write: Write) -> None:
        """Insert, follow, correct or end a row. Raises Forbidden and Refused."""
        require(write.actor, CatalogueRight.CATALOGUE_MANAGE)
        if write.first is None:
            raise Refused("since", _("写上从哪天起。"))
        values = self.columns(write.values)
        more: dict[str, Any] = {"by": write.actor, "at": write.at}
        if write.entry is None:
            dated.add(self.table, values=values, first=write.first, last=write.last, **more)
        else:
            seen, key = write.seen or write.entry.seen, write.entry.key
            dated.change(self.table, key=key, seen=seen, values=values, first=write.first, last=write.last, **more)
        _forget()

    def withdraw(self, write: Write) -> None:
        """Take back a row that has not begun. Raises Forbidden and Refused."""
        require(write.actor, CatalogueRight.CATALOGUE_MANAGE)
        if write.entry is not None:
            dated.withdraw(self.table, key=write.entry.key, seen=write.seen, by=write.actor, at=write.at)
        _forget()

    def columns(self, values: Mapping[str, Any]) -> dict[str, Any]:
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


def _forget() -> None:
    queries.forget()
    # Another thread may have read the old rows while this transaction was still open.
    transaction.on_commit(queries.forget)
