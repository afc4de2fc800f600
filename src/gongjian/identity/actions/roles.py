"""Roles as administrators change them; nobody can leave the installation without an administrator."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from gongjian.audit.actions import record
from gongjian.identity.access import IdentityRight
from gongjian.identity.actions.reference import changed
from gongjian.identity.actor import Actor
from gongjian.identity.models import Role, RoleRight
from gongjian.identity.queries import actor_by_id, keepers
from gongjian.identity.reference import RESIDENT, forget
from gongjian.identity.refusals import Refused
from gongjian.identity.rights import require

CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,29}")
# Without one person who has these nobody could ever get them again.
CORE: Final = (IdentityRight.PEOPLE_MANAGE, IdentityRight.ROLES_MANAGE, IdentityRight.UNITS_MANAGE)
LOCK: Final = 7_233_003  # any number nobody else uses for an advisory lock


@contextmanager
def administrators_stay(*, actor: Actor, at: datetime) -> Iterator[None]:
    """Refuse what would leave nobody to administer, or take the actor's own right to; inside a transaction.

    Two such changes at once come one after the other.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
    before = [right for right in CORE if keepers(at=at, right=right)]
    try:
        yield
        _somebody_left(before, at)
        _keeps_own(actor, at)
    except BaseException:
        forget()  # what was read in between is rolled back
        raise


def _somebody_left(before: list[IdentityRight], at: datetime) -> None:
    if any(not keepers(at=at, right=right) for right in before):
        raise Refused("", _("这样就没有系统管理员了。先让另一个人当管理员，再来改。"))


def _keeps_own(actor: Actor, at: datetime) -> None:
    held = {right for right in CORE if actor.can(right)}
    if actor.user_id is None or not held:
        return
    now_held = actor_by_id(actor.user_id, at=at)
    if now_held is None or held - now_held.rights:
        raise Refused("", _("这样您自己就管不了了。请另一位管理员来做。"))


def _note(action: str, *, role: Role, actor: Actor, at: datetime, detail: str = "") -> None:
    record(
        action=f"identity.role.{action}",
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        unit_id=actor.unit_id,
        object_kind="role",
        object_id=role.code,
        detail=detail[:500],
        at=at,
    )


@transaction.atomic
def create_role(*, code: str, name_zh: str, actor: Actor, at: datetime, name_en: str = "", like: str = "") -> Role:
    """Add a role, with the rights of another one to begin with. Raises Refused for a bad or taken code."""
    require(actor, IdentityRight.ROLES_MANAGE)
    code = code.strip().lower()
    if CODE.fullmatch(code) is None:
        raise Refused("code", _("代码用 2 到 30 个小写字母、数字或下划线，字母开头，如 night_shift。"))
    if not name_zh.strip():
        raise Refused("name_zh", _("写上岗位的名称。"))
    model = Role.objects.filter(code=like).first() if like else None
    last = Role.objects.order_by("-order").values_list("order", flat=True).first() or 0
    role = Role(code=code, name_zh=name_zh.strip(), name_en=name_en.strip() or name_zh.strip(), order=last + 1)
    role.second_factor = bool(model and model.second_factor)
    try:
        with transaction.atomic():
            role.save(force_insert=True)
    except IntegrityError as error:
        raise Refused("code", _("这个代码已经有岗位用了。")) from error
    if model is not None:
        rights = RoleRight.objects.filter(role=model).values_list("right", flat=True)
        RoleRight.objects.bulk_create([RoleRight(role=role, right=right) for right in rights])
    changed()
    _note("create", role=role, actor=actor, at=at, detail=f"{role.name_zh}{f' = {like}' if like else ''}")
    return role


@transaction.atomic
def change_role(
    *,
    role_id: int,
    name_zh: str,
    name_en: str,
    second_factor: bool,
    rights: Collection[str],
    known: Collection[str],
    actor: Actor,
    at: datetime,
) -> bool:
    """Set a role's names and rights at once for everybody who holds it; False if nothing differs.

    `known` are the rights the administrator was shown: a right outside them stays as it is, an invented one is refused.
    """
    require(actor, IdentityRight.ROLES_MANAGE)
    role = Role.objects.select_for_update().get(pk=role_id)
    if role.code == RESIDENT:
        raise Refused("", _("居民能做什么由系统定，这里不能改。"))
    if not name_zh.strip():
        raise Refused("name_zh", _("写上岗位的名称。"))
    if set(rights) - set(known):
        raise Refused("rights", _("没有这个权限，请从列出的里面选。"))
    with administrators_stay(actor=actor, at=at):
        told = _names(role, name_zh.strip(), name_en.strip(), second_factor=second_factor)
        told += _rights(role, set(rights), set(known))
        if told:
            changed()
    if told:
        _note("change", role=role, actor=actor, at=at, detail="; ".join(told))
    return bool(told)


def _names(role: Role, name_zh: str, name_en: str, *, second_factor: bool) -> list[str]:
    wanted = {"name_zh": name_zh, "name_en": name_en or name_zh, "second_factor": second_factor}
    differs = {name: value for name, value in wanted.items() if getattr(role, name) != value}
    told = [f"{name} {getattr(role, name)} → {value}" for name, value in differs.items()]
    if differs:
        Role.objects.filter(pk=role.pk).update(**differs)
    return told


def _rights(role: Role, wanted: set[str], known: set[str]) -> list[str]:
    held = set(RoleRight.objects.filter(role=role).values_list("right", flat=True))
    added, gone = sorted(wanted - held), sorted((held & known) - wanted)
    RoleRight.objects.bulk_create([RoleRight(role=role, right=right) for right in added])
    RoleRight.objects.filter(role=role, right__in=gone).delete()
    return [f"+{right}" for right in added] + [f"-{right}" for right in gone]


@transaction.atomic
def remove_role(*, role_id: int, actor: Actor, at: datetime) -> None:
    """Remove a role nobody ever held. Raises Refused for one that stands in somebody's history."""
    require(actor, IdentityRight.ROLES_MANAGE)
    role = Role.objects.select_for_update().get(pk=role_id)
    if role.code == RESIDENT or role.assignments.exists():
        raise Refused("", _("有人做过这个岗位，名字还在旧记录里，不能删。可以去掉它的全部权限。"))
    role.delete()
    changed()
    _note("remove", role=role, actor=actor, at=at, detail=role.name_zh)
