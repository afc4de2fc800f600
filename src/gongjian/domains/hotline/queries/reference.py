"""Reading what administrators keep: every row, past and future ones too, as its form shows it."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from gongjian.audit.dated import fingerprint
from gongjian.casework.models import Case, Topic
from gongjian.domains.hotline.models import (
    DispatchRule,
    EmergencyWord,
    EverydayWord,
    Notice,
    RejectReason,
    ServiceHours,
    ServiceRequest,
    TopicHeir,
)
from gongjian.identity.queries import units
from gongjian.web.catalogues import Entry
from gongjian.web.words import language
from gongjian.workdays.rules import local_day

DOMAIN = "hotline"
ASSIST, LEAD = "assist", "lead"


def _dated(row: Any, name: str, values: dict[str, Any], warning: str = "") -> Entry:
    return Entry(row.pk, name, values, fingerprint(row), row.valid.lower, row.valid.upper, warning=warning)


def rule_values(rule: DispatchRule) -> dict[str, Any]:
    """Return a rule as its form shows it."""
    unit = units().by_id.get(rule.lead_unit_id)
    return {
        "topic": rule.topic.code,
        "lead_unit": unit.code if unit else "",
        "street": LEAD if rule.lead_subdistrict else ASSIST if rule.assist_subdistrict else "",
        "limit_key": rule.limit_key,
        "catalogue": rule.catalogue,
        "clause": rule.clause,
        "reason_zh": rule.reason_zh,
        "reason_en": rule.reason_en,
    }


def rule_entries() -> list[Entry]:
    """Return every dispatch rule by topic, the newest first; a rule of a closed unit carries a warning."""
    rows = DispatchRule.objects.select_related("topic").order_by("topic__parent__order", "topic__order", "-valid")
    return [_dated(row, row.topic.code, rule_values(row), _closed_unit(row.lead_unit_id)) for row in rows]


def _closed_unit(unit_id: int) -> str:
    unit = units().by_id.get(unit_id)
    if unit is None or unit.active:
        return ""
    heir = units().heir(unit_id)
    if heir is None:
        return _("单位已撤销，没有接手的：派件员要自己选单位")
    return _("单位已并入%(heir)s，件会派给它") % {"heir": heir.short(language())}


def topic_values(topic: Topic, parents: dict[int, str], into: str) -> dict[str, Any]:
    """Return a topic as its form shows it."""
    return {
        "code": topic.code,
        "parent": parents.get(topic.parent_id or 0, ""),
        "name_zh": topic.name_zh,
        "name_en": topic.name_en,
        "order": topic.order,
        "restricted": topic.restricted,
        "active": topic.active,
        "into": into,
    }


def topic_entries(at: datetime) -> list[Entry]:
    """Return every topic, group by group; an open topic that nobody answers for carries a warning."""
    rows = list(Topic.objects.filter(domain=DOMAIN).order_by("order", "pk"))
    parents = {row.pk: row.code for row in rows if row.parent_id is None}
    codes = {row.pk: row.code for row in rows}
    heirs = {old: codes[new] for old, new in TopicHeir.objects.values_list("topic", "into") if new in codes}
    day = local_day(at)
    ruled = set(DispatchRule.objects.filter(valid__contains=day).values_list("topic", flat=True))
    ordered = sorted(rows, key=lambda row: (_rank(row, rows), row.parent_id is not None, row.order))
    return [
        Entry(
            row.pk,
            row.code,
            topic_values(row, parents, heirs.get(row.pk, "")),
            topic_seen(row, heirs.get(row.pk, "")),
            closed=not row.active,
            warning=_("没有派件规则") if row.parent_id and row.pk not in ruled else "",
        )
        for row in ordered
    ]


def _rank(row: Topic, rows: list[Topic]) -> tuple[int, int]:
    group = next((one for one in rows if one.pk == row.parent_id), row)
    return group.order, group.pk


def topic_seen(topic: Topic, into: str) -> str:
    """Return what tells whether a topic is still the one that was read, its heir included."""
    return fingerprint(topic) + into


def open_cases(topic_id: int) -> int:
    """Return how many open cases stand under a topic."""
    return Case.objects.filter(topic=topic_id, closed_at=None).count()


def used_rule(rule: DispatchRule) -> bool:
    """Whether any case was sent by this rule."""
    return ServiceRequest.objects.filter(rule=rule).exists()


def used_reason(reason: RejectReason) -> bool:
    """Whether any matter was refused for this reason."""
    return ServiceRequest.objects.filter(reject_reason=reason).exists()


def word_values(word: EmergencyWord) -> dict[str, Any]:
    """Return an emergency word as its form shows it."""
    return {"word": word.word, "service": word.service}


def word_entries() -> list[Entry]:
    """Return every emergency word by service."""
    rows = EmergencyWord.objects.order_by("service", "pk")
    return [_dated(row, row.word, word_values(row)) for row in rows]


def everyday_values(word: EverydayWord) -> dict[str, Any]:
    """Return an everyday word as its form shows it."""
    return {"topic": word.topic.code, "word": word.word}


def everyday_entries() -> list[Entry]:
    """Return every everyday word by topic."""
    rows = EverydayWord.objects.select_related("topic").order_by("topic__order", "topic", "pk")
    return [_dated(row, f"{row.topic.code} {row.word}", everyday_values(row)) for row in rows]


def reason_values(reason: RejectReason) -> dict[str, Any]:
    """Return a reason to refuse a matter as its form shows it."""
    names = ("code", "reason_zh", "reason_en", "channel_zh", "channel_en", "source", "order")
    return {name: getattr(reason, name) for name in names}


def reason_entries() -> list[Entry]:
    """Return every reason to refuse a matter in its order."""
    rows = RejectReason.objects.order_by("order", "-valid")
    return [_dated(row, row.code, reason_values(row)) for row in rows]


def hours_values(hours: ServiceHours) -> dict[str, Any]:
    """Return service hours as their form shows them."""
    return {
        "words_zh": hours.words_zh,
        "words_en": hours.words_en,
        "weekdays": [str(day) for day in hours.weekdays],
        "opens": hours.opens,
        "closes": hours.closes,
    }


def hours_entries() -> list[Entry]:
    """Return every line of service hours."""
    rows = ServiceHours.objects.order_by("opens", "pk")
    return [_dated(row, row.words_zh[:64], hours_values(row)) for row in rows]


def notice_rows() -> list[Notice]:
    """Return every notice of the home page, the newest first."""
    return list(Notice.objects.order_by("-starts_at", "-pk"))


def topic_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the topics under their group, by code, closed ones too: rules and words may be prepared."""
    name = "name_zh" if language().startswith("zh") else "name_en"
    rows = list(Topic.objects.filter(domain=DOMAIN).order_by("order", "pk"))
    groups = [row for row in rows if row.parent_id is None]
    return [
        (getattr(group, name), [(row.code, getattr(row, name)) for row in rows if row.parent_id == group.pk])
        for group in groups
    ]


def group_choices() -> list[tuple[str, str]]:
    """Return the groups of topics by code."""
    name = "name_zh" if language().startswith("zh") else "name_en"
    rows = Topic.objects.filter(domain=DOMAIN, parent=None).order_by("order")
    return [(row.code, getattr(row, name)) for row in rows]
