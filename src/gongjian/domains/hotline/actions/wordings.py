"""Keeping the wordings of answers: a unit's head those of the unit, the knowledge editor those for everybody."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from gongjian.audit.actions import record
from gongjian.casework.errors import RefusedError
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.access import DeskRight
from gongjian.domains.hotline.models import ReplyTemplate, ReplyWording
from gongjian.identity.actor import Actor
from gongjian.identity.rights import Forbidden, require, require_user
from gongjian.listing import listed
from gongjian.workdays.rules import local_day

LONGEST_NAME = 40
LONGEST_TEXT = 5_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What a wording is to be: `unit_id` None means for all units, `topic_id` None for every topic."""

    name: str
    text_zh: str
    valid_from: date
    unit_id: int | None = None
    topic_id: int | None = None
    text_en: str = ""


def may_keep(actor: Actor, unit_id: int | None) -> bool:
    """Whether this actor keeps the wordings of a unit, or those for everybody."""
    if unit_id is None:
        return actor.can(DeskRight.TEMPLATE_SHARE)
    return actor.can(DeskRight.TEMPLATE_UNIT, unit_id=unit_id)


@transaction.atomic
def save_template(*, draft: Draft, actor: Actor, at: datetime, template_id: int | None = None) -> ReplyTemplate:
    """Keep a wording, or a further version of one, that holds from a day on; older versions stay.

    Two versions never begin on one day: the later written takes the place of the other. Errors: `Forbidden`,
    `RefusedError` at name, text_zh, text_en or valid_from.
    """
    _allowed(actor, draft.unit_id)
    _check(draft, at)
    template = _created(draft, at) if template_id is None else _changed(template_id, draft, actor)
    ReplyWording.objects.update_or_create(
        template=template,
        valid_from=draft.valid_from,
        defaults={
            "text_zh": draft.text_zh.strip(),
            "text_en": draft.text_en.strip(),
            "written_by_id": require_user(actor),
            "written_at": at,
        },
    )
    _note("hotline.template.save", template, f"{draft.name} {draft.valid_from}", actor, at)
    return template


@transaction.atomic
def retire_template(*, template_id: int, actor: Actor, at: datetime) -> bool:
    """Offer a wording no longer; return whether it was offered. Errors: `Forbidden`."""
    template = ReplyTemplate.objects.select_for_update().filter(pk=template_id, retired_at=None).first()
    if template is None:
        return False
    _allowed(actor, template.unit_id)
    ReplyTemplate.objects.filter(pk=template_id).update(retired_at=at)
    _note("hotline.template.retire", template, template.name, actor, at)
    return True


def count_use(*, template_id: int) -> None:
    """Count that an answer was begun with this wording."""
    ReplyTemplate.objects.filter(pk=template_id).update(used=F("used") + 1)


def _allowed(actor: Actor, unit_id: int | None) -> None:
    if not may_keep(actor, unit_id):
        require(actor, DeskRight.TEMPLATE_SHARE if unit_id is None else DeskRight.TEMPLATE_UNIT)
        raise Forbidden(DeskRight.TEMPLATE_UNIT)  # held in another unit


def _check(draft: Draft, at: datetime) -> None:
    if not draft.name.strip():
        raise RefusedError("name", _("写个名字，比如“噪声：已停工”。"))
    if len(draft.name) > LONGEST_NAME:
        raise RefusedError("name", _("名字最多 %(n)s 个字。") % {"n": LONGEST_NAME})
    if not draft.text_zh.strip():
        raise RefusedError("text_zh", _("写上中文的内容。"))
    for field, text in (("text_zh", draft.text_zh), ("text_en", draft.text_en)):
        if len(text) > LONGEST_TEXT:
            raise RefusedError(field, _("内容最多 %(n)s 个字。") % {"n": LONGEST_TEXT})
        unknown = rules.unknown_placeholders(text)
        if unknown:
            known = listed(f"{{{name}}}" for name in rules.PLACEHOLDERS if not name.isascii())
            raise RefusedError(
                field, _("没有 {%(name)s} 这个空。可以用：%(known)s。") % {"name": unknown[0], "known": known}
            )
    if draft.valid_from < local_day(at):
        raise RefusedError("valid_from", _("从今天或以后的一天起用；过去的版本不能改。"))


def _created(draft: Draft, at: datetime) -> ReplyTemplate:
    try:
        with transaction.atomic():
            return ReplyTemplate.objects.create(
                unit_id=draft.unit_id, topic_id=draft.topic_id, name=draft.name.strip(), created_at=at
            )
    except IntegrityError as error:
        raise RefusedError("name", _("已经有一份叫这个名字。换个名字，或去改那一份。")) from error


def _changed(template_id: int, draft: Draft, actor: Actor) -> ReplyTemplate:
    template = ReplyTemplate.objects.select_for_update().filter(pk=template_id, retired_at=None).first()
    if template is None:
        raise RefusedError("name", _("这一份已经停用。"))
    _allowed(actor, template.unit_id)
    try:
        with transaction.atomic():
            ReplyTemplate.objects.filter(pk=template_id).update(name=draft.name.strip(), topic=draft.topic_id)
    except IntegrityError as error:
        raise RefusedError("name", _("已经有一份叫这个名字。换个名字，或去改那一份。")) from error
    return template


def _note(action: str, template: ReplyTemplate, detail: str, actor: Actor, at: datetime) -> None:
    record(
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        unit_id=actor.unit_id,
        object_kind="reply_template",
        object_id=str(template.pk),
        detail=detail,
        at=at,
    )
