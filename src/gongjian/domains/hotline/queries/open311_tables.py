"""What administrators keep for programs: which topics are on offer, and what they are asked."""

from typing import Any, Final

from gongjian.audit.dated import fingerprint
from gongjian.casework.models import Topic
from gongjian.domains.hotline.models import AttributeAnswer, OpenService, ServiceAttribute
from gongjian.domains.hotline.queries.reference import DOMAIN
from gongjian.web.catalogues import Entry

SERVICE_VALUES: Final = ("offered", "looked_at_first", "description_zh", "description_en", "keywords")


def service_values(topic: Topic, row: OpenService | None) -> dict[str, Any]:
    """Return how a topic is offered, as its form shows it; a topic without a row is offered as it is."""
    row = row or OpenService(topic=topic)
    return {"topic": topic.code, **{name: getattr(row, name) for name in SERVICE_VALUES}}


def service_seen(row: OpenService | None) -> str:
    """Return what tells whether a setting is still the one that was read."""
    return fingerprint(row) if row else "none"


def service_entries() -> list[Entry]:
    """Return every topic in use with how it is offered, group by group."""
    rows = {row.topic_id: row for row in OpenService.objects.all()}
    topics = Topic.objects.filter(domain=DOMAIN, active=True).exclude(parent=None)
    return [
        Entry(
            topic.pk,
            topic.code,
            service_values(topic, rows.get(topic.pk)),
            service_seen(rows.get(topic.pk)),
            closed=not rows[topic.pk].offered if topic.pk in rows else False,
        )
        for topic in topics.order_by("parent__order", "order", "pk")
    ]


def question_values(row: ServiceAttribute) -> dict[str, Any]:
    """Return a question as its form shows it."""
    return {
        "topic": row.topic.code,
        "code": row.code,
        "datatype": row.datatype,
        "required": row.required,
        "variable": row.variable,
        "order": row.order,
        "ask_zh": row.ask_zh,
        "ask_en": row.ask_en,
        "hint_zh": row.hint_zh,
        "hint_en": row.hint_en,
        "options": row.options,
    }


def question_entries() -> list[Entry]:
    """Return every question by topic, today's, coming and past."""
    rows = ServiceAttribute.objects.select_related("topic")
    return [
        Entry(row.pk, f"{row.topic.code} {row.code}", question_values(row), fingerprint(row), *_days(row))
        for row in rows.order_by("topic__parent__order", "topic__order", "order", "code", "-valid")
    ]


def _days(row: ServiceAttribute) -> tuple[Any, Any]:
    return row.valid.lower, row.valid.upper


def used_question(row: ServiceAttribute) -> bool:
    """Whether anybody has answered this question."""
    return AttributeAnswer.objects.filter(attribute=row).exists()
