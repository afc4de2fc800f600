"""Keys of programs: given, changed with an overlap, taken back."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from gongjian.audit.actions import record
from gongjian.httpapi.access import HttpApiRight
from gongjian.httpapi.grants import grants
from gongjian.httpapi.models import KeyUse, Subscription
from gongjian.httpapi.refusals import Refused
from gongjian.identity.actions.people import KEY_PREFIX, SHOWN
from gongjian.identity.actor import Actor
from gongjian.identity.models import ApiKey, User
from gongjian.identity.queries import units
from gongjian.identity.rights import require
from gongjian.identity.rules import fold_name, is_username

MOST_PER_MINUTE: Final = 6_000
LONGEST_OVERLAP: Final = timedelta(days=30)
LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class Issued:
    """A new key; `plaintext` exists nowhere else and is shown once."""

    key_id: int
    plaintext: str


@transaction.atomic
def issue_key(
    *,
    program: str,
    name: str,
    rights: Collection[str],
    unit_id: int | None,
    per_minute: int,
    expires_at: datetime | None,
    actor: Actor,
    at: datetime,
) -> Issued:
    """Give a program a key; the program's account (`program` is its user name) is opened where there is none.

    `name` says what the key is for. Only rights declared for programs can be given, and those that reach the cases of
    a unit only together with a unit. Errors: `Refused`, `Forbidden`.
    """
    require(actor, HttpApiRight.KEYS_MANAGE)
    name = name.strip()
    if not name:
        raise Refused("name", _("写一句这把密钥给谁、做什么用。"))
    _check_reach(rights, unit_id)
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        raise Refused("per_minute", _("每分钟 1 到 6000 次。"))
    if expires_at is not None and expires_at <= at:
        raise Refused("expires", _("到期日要晚于今天。"))
    user = _program(program, name, actor, at)
    issued = _write(user, name[:60], sorted(set(rights)), unit_id, per_minute, expires_at, at)
    _note("create", issued.key_id, actor, at, detail=" ".join(sorted(set(rights))))
    return issued


def _check_reach(rights: Collection[str], unit_id: int | None) -> None:
    known = grants()
    if not rights or not set(rights) <= set(known):
        raise Refused("rights", _("至少选一项权限，只能从列出的里面选。"))
    if unit_id is not None and (unit_id not in units().by_id or not units().by_id[unit_id].active):
        raise Refused("unit", _("没有这个单位，请从列表里选。"))
    if unit_id is None and any(known[right].in_unit for right in rights):
        raise Refused("unit", _("选了本单位办件的权限，就要选是哪个单位。"))


def _program(program: str, name: str, actor: Actor, at: datetime) -> User:
    """Return the account of a program, opened if need be; a person's account gets no key."""
    username = fold_name(program)
    if not is_username(username):
        raise Refused("program", _("程序账号用 3 到 64 个小写字母、数字、点或短横。"))
    user = User.objects.filter(username=username).first()
    if user is None:
        user = User(username=username, name=name[:LONGEST_NAME], kind=User.Kind.PROGRAM, created_at=at)
        user.set_unusable_password()
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError as error:
            raise Refused("program", _("刚刚有人开了同名账号，请再提交一次。")) from error
        _record("identity.user.create", "user", user.pk, actor, at, detail=User.Kind.PROGRAM)
    if user.kind != User.Kind.PROGRAM:
        raise Refused("program", _("这是人的账号。密钥只发给程序账号，换一个名字。"))
    if not user.is_active:
        raise Refused("program", _("这个程序账号停用了。换一个名字，或先恢复账号。"))
    return user


def _write(
    user: User,
    name: str,
    rights: Collection[str],
    unit_id: int | None,
    per_minute: int,
    expires_at: datetime | None,
    at: datetime,
) -> Issued:
    plaintext = KEY_PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        hash=hashlib.sha256(plaintext.encode()).digest(),
        prefix=plaintext[:SHOWN],
        name=name,
        user=user,
        unit_id=unit_id,
        rights=list(rights),
        per_minute=per_minute,
        created_at=at,
        expires_at=expires_at,
    )
    return Issued(key.pk, plaintext)


@transaction.atomic
def rotate_key(*, key_id: int, overlap: timedelta, actor: Actor, at: datetime) -> Issued:
    """Give a program a new key with the same rights; the old one stays good for the overlap, at most thirty days.

    Its subscriptions go over to the new key at once. Errors: `Refused`, `Forbidden`.
    """
    require(actor, HttpApiRight.KEYS_MANAGE)
    old = _good(key_id, at)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Refused("overlap", _("旧密钥最多再用 30 天。"))
    issued = _write(old.user, old.name, old.rights, old.unit_id, old.per_minute, old.expires_at, at)
    Subscription.objects.filter(key=old).update(key=issued.key_id)
    ends = at + overlap
    old.expires_at = ends if old.expires_at is None else min(ends, old.expires_at)
    old.save(update_fields=["expires_at"])
    _note("rotate", old.pk, actor, at, detail=f"key={issued.key_id}")
    return issued


@transaction.atomic
def revoke_key(*, key_id: int, actor: Actor, at: datetime) -> None:
    """Take a key back at once and for good; what was subscribed with it stops. Errors: `Refused`, `Forbidden`."""
    require(actor, HttpApiRight.KEYS_MANAGE)
    key = _good(key_id, at)
    key.active = False
    key.save(update_fields=["active"])
    Subscription.objects.filter(key=key, active=True).update(active=False, stopped=Subscription.Stopped.KEY)
    _note("off", key.pk, actor, at)


def _good(key_id: int, at: datetime) -> ApiKey:
    key = ApiKey.objects.select_for_update(of=("self",)).select_related("user").filter(pk=key_id).first()
    if key is None or not key.active or (key.expires_at is not None and key.expires_at <= at):
        raise Refused("", _("这把密钥已经停用或过期。"))
    return key


def note_use(*, key_id: int, at: datetime) -> None:
    """Write down when a key was used last; not for the record of acts, only to find keys nobody uses."""
    row = KeyUse(key_id=key_id, used_at=at)
    KeyUse.objects.bulk_create([row], update_conflicts=True, unique_fields=["key"], update_fields=["used_at"])


def _note(act: str, key_id: int, actor: Actor, at: datetime, *, detail: str = "") -> None:
    _record(f"httpapi.key.{act}", "api_key", key_id, actor, at, detail=detail)


def _record(action: str, kind: str, object_id: int, actor: Actor, at: datetime, *, detail: str = "") -> None:
    record(
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        unit_id=actor.unit_id,
        object_kind=kind,
        object_id=str(object_id),
        detail=detail,
        at=at,
    )
