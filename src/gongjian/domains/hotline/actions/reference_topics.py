"""Changing topics: names, place, closing, opening again, and merging one into another for new matters."""

import re
from typing import Any, Final

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from gongjian.audit.actions import record
from gongjian.audit.dated import LONGEST_DETAIL, Refused, Stale, told_change
from gongjian.audit.versions import changed
from gongjian.casefile.restriction import follow_topic
from gongjian.casework.models import Topic
from gongjian.domains.hotline import queries
from gongjian.domains.hotline.access import CatalogueRight
from gongjian.domains.hotline.models import TopicHeir
from gongjian.domains.hotline.queries.reference import DOMAIN, topic_seen, topic_values
from gongjian.identity.rights import require
from gongjian.places.spelling import spell
from gongjian.web.catalogues import Write

CODE: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")
LOCK: Final = "hotline.topics"


def spelled(name: str) -> str:
    """Return what people type for a name: its pinyin, a space, its initials."""
    found = spell(name, {})
    return f"{found.pinyin} {found.initials}"


@transaction.atomic
def write_topic(write: Write) -> None:
    """Add or change a topic; with `into` new matters go to that topic from now on. Raises Forbidden and Refused.

    Old cases keep their topic whatever happens here; whether they are restricted follows it.
    """
    require(write.actor, CatalogueRight.CATALOGUE_MANAGE)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", [LOCK])
    values = dict(write.values)
    topic, before = _read(write)
    parent = _group(values["parent"], topic)
    into = _heir(values["into"], topic)
    topic.code = topic.code or _code(values["code"])
    topic.name_zh, topic.name_en, topic.order = values["name_zh"], values["name_en"], values["order"]
    topic.pinyin, topic.parent = spelled(values["name_zh"])[:200], parent
    topic.active = bool(values["active"]) and into is None
    turned = _restricted(topic, bool(values["restricted"]))
    try:
        topic.save()
    except IntegrityError as error:
        raise Refused("code", _("这个代码已经有了。")) from error
    if turned:
        follow_topic(topic)
    _lead(topic, into, write)
    after = topic_values(topic, {parent.pk: parent.code} if parent else {}, into.code if into else "")
    _note(topic, before, after, write)
    changed(queries.VERSION)
    queries.forget()
    transaction.on_commit(queries.forget)


def _read(write: Write) -> tuple[Topic, dict[str, Any]]:
    if write.entry is None:
        return Topic(domain=DOMAIN), {}
    topic = Topic.objects.select_for_update().filter(pk=write.entry.key, domain=DOMAIN).first()
    heir = TopicHeir.objects.filter(topic=write.entry.key).values_list("into__code", flat=True).first() or ""
    if topic is None or topic_seen(topic, heir) != (write.seen or write.entry.seen):
        raise Stale
    return topic, dict(write.entry.values)


def _code(code: str) -> str:
    if not CODE.fullmatch(code):
        raise Refused("code", _("代码用小写字母开头，只有小写字母、数字和短横，如 street-lights。"))
    return code


def _group(code: str, topic: Topic) -> Topic | None:
    """Return the group a topic stands in; a group stays a group while it has topics."""
    if not code:
        if topic.pk and topic.parent_id is not None:
            raise Refused("parent", _("类别不能变成大类。另建一个大类，再把类别移过去。"))
        return None
    parent = Topic.objects.filter(code=code, domain=DOMAIN, parent=None).first()
    if parent is None:
        raise Refused("parent", _("没有这个大类。"))
    if topic.pk and topic.parent_id is None:
        raise Refused("parent", _("大类不能放进另一个大类：只有两级。"))
    return parent


def _restricted(topic: Topic, wanted: bool) -> bool:
    """Take over whether the topic is restricted; return whether old cases must follow it."""
    if wanted and topic.parent_id is None:
        raise Refused("restricted", _("大类不能限制查看。在它下面的类别上一个个打勾。"))
    turned, topic.restricted = bool(topic.pk) and topic.restricted != wanted, wanted
    return turned


def _heir(code: str, topic: Topic) -> Topic | None:
    if not code:
        return None
    heir = Topic.objects.filter(code=code, domain=DOMAIN, active=True).exclude(parent=None).first()
    if heir is None or heir.pk == topic.pk:
        raise Refused("into", _("并入的要是另一个在用的类别。"))
    if topic.pk and topic.parent_id is None:
        raise Refused("into", _("大类不能并入。把它下面的类别一个个并过去。"))
    heirs = dict(TopicHeir.objects.values_list("topic", "into"))
    step: int | None = heir.pk
    for _hop in range(len(heirs) + 1):
        if step == topic.pk:
            raise Refused("into", _("那一类本来就是并到这一类的。"))
        step = heirs.get(step) if step is not None else None
    return heir


def _lead(topic: Topic, into: Topic | None, write: Write) -> None:
    """Keep where new matters of a topic go; without an heir they stay here."""
    if into is None:
        TopicHeir.objects.filter(topic=topic).delete()
        return
    facts = {"into": into, "merged_at": write.at, "merged_by_id": write.actor.user_id}
    standing = TopicHeir.objects.filter(topic=topic).values_list("into", flat=True).first()
    if standing != into.pk:
        TopicHeir.objects.update_or_create(topic=topic, defaults=facts)


def _note(topic: Topic, before: dict[str, Any], after: dict[str, Any], write: Write) -> None:
    what = "change" if before else "add"
    if before and before["active"] != after["active"]:
        what = "merge" if after["into"] else "open" if after["active"] else "close"
    record(
        action=f"hotline.topic.{what}",
        actor_kind=write.actor.kind,
        actor_id=write.actor.user_id,
        unit_id=write.actor.unit_id,
        object_kind="topic",
        object_id=topic.code,
        detail=told_change(before, after)[:LONGEST_DETAIL],
        at=write.at,
    )
