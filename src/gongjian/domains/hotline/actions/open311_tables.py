"""Changing which topics programs may use and what they are asked."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from gongjian.audit.actions import record
from gongjian.audit.dated import LONGEST_DETAIL, Refused, Stale, Table, told_change
from gongjian.audit.versions import changed
from gongjian.casework.models import Topic
from gongjian.domains.hotline import queries, rules
from gongjian.domains.hotline.access import CatalogueRight
from gongjian.domains.hotline.models import OpenService, ServiceAttribute
from gongjian.domains.hotline.queries.open311 import forget_offer
from gongjian.domains.hotline.queries.open311_tables import (
    SERVICE_VALUES,
    question_values,
    service_seen,
    service_values,
    used_question,
)
from gongjian.domains.hotline.queries.reference import DOMAIN
from gongjian.identity.rights import require
from gongjian.web.catalogues import Keeper, Write

LISTS: Final = frozenset({ServiceAttribute.Datatype.ONE, ServiceAttribute.Datatype.MANY})
QUESTIONS: Final = Table(
    model=ServiceAttribute,
    identity=("topic_id", "code"),
    values=("datatype", "required", "variable", "order", "ask_zh", "ask_en", "hint_zh", "hint_en", "options"),
    action="hotline.question",
    kind="service_attribute",
    name=lambda row: f"{row.topic.code} {row.code}",
    tell=question_values,
    in_use=used_question,
)


@transaction.atomic
def write_service(write: Write) -> None:
    """Change how a topic is offered to programs. Raises Forbidden and Refused."""
    require(write.actor, CatalogueRight.CATALOGUE_MANAGE)
    topic = Topic.objects.select_for_update().get(pk=write.entry.key) if write.entry else None
    if topic is None or write.entry is None:
        raise Refused("topic", _("类别在“类别”里新建，这里只管怎么对外开放。"))
    row = OpenService.objects.filter(topic=topic).first()
    if service_seen(row) != (write.seen or write.entry.seen):
        raise Stale
    before = service_values(topic, row)
    values = {
        name: write.values.get(name) or ("" if isinstance(before[name], str) else False) for name in SERVICE_VALUES
    }
    OpenService.objects.update_or_create(topic=topic, defaults={**values, "changed_at": write.at})
    record(
        action="hotline.open_service.change",
        actor_kind=write.actor.kind,
        actor_id=write.actor.user_id,
        unit_id=write.actor.unit_id,
        object_kind="open_service",
        object_id=topic.code,
        detail=told_change(before, {**values, "topic": topic.code})[:LONGEST_DETAIL],
        at=write.at,
    )
    changed(queries.VERSION)
    forget_offer()
    transaction.on_commit(forget_offer)


@transaction.atomic
def write_question(write: Write) -> None:
    """Add, follow, correct or end a question of a topic. Raises Forbidden and Refused."""
    KEEPER.write(write)
    rows = ServiceAttribute.objects.filter(topic__code=write.values["topic"], code=write.values["code"])
    rows.update(changed_at=write.at)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(values)
    topic = Topic.objects.filter(code=found.pop("topic"), domain=DOMAIN).values_list("pk", flat=True).first()
    if topic is None:
        raise Refused("topic", _("没有这个类别。"))
    return found | {"topic_id": topic}


def _check(write: Write) -> None:
    """Refuse a list without options, options without a list, and lines that are none."""
    values = write.values
    try:
        options = rules.options_of(values["options"])
    except ValueError as error:
        told = _("这一行读不出来：%s。每行写 代码 = 中文 | English，代码不重复。") % error
        raise Refused("options", told) from error
    listed = values["datatype"] in LISTS
    if listed and not options:
        raise Refused("options", _("单选和多选要写出选项。"))
    if options and not listed:
        raise Refused("options", _("只有单选和多选有选项。"))
    if values["required"] and not values["variable"]:
        raise Refused("required", _("不用填的说明不能是必答。"))


KEEPER: Final = Keeper(
    QUESTIONS, CatalogueRight.CATALOGUE_MANAGE, forget_offer, _columns, _check, version=queries.VERSION
)
