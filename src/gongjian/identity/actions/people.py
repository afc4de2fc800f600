"""Accounts, their roles for a time, and keys of programs."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gongjian.identity.access import IdentityRight
from gongjian.identity.actions.record import note
from gongjian.identity.actions.roles import administrators_stay
from gongjian.identity.actor import Actor
from gongjian.identity.models import ApiKey, Assignment, Deputy, Role, Session, Unit, User
from gongjian.identity.queries import roles, units
from gongjian.identity.refusals import Refused
from gongjian.identity.rights import require
from gongjian.identity.rules import fold_name, is_username
from gongjian.places.spelling import spell
from gongjian.sealing.index import blind_index

KEY_PREFIX = "gj_"
SHOWN = 10


def name_spelling(name: str) -> str:
    """Return pinyin and initials of a person's name: luoxiaotang lxt."""
    return " ".join(spell(name.strip(), {}))[:200]


def may_manage(actor: Actor) -> None:
    """Let those pass who look after people, and the program itself; raises Forbidden for others."""
    if actor.kind != "system":
        require(actor, IdentityRight.PEOPLE_MANAGE)


@transaction.atomic
def create_user(
    *,
    username: str,
    name: str,
    actor: Actor,
    at: datetime,
    kind: str = User.Kind.STAFF,
    name_en: str = "",
    email: str = "",
    phone: str = "",
    password: str = "",
) -> User:
    """Open an account; without a password it waits for a link to set one. `phone` is E.164.

    Raises Refused for a bad or taken name, address or password, Forbidden without the right to manage people.
    """
    may_manage(actor)
    folded = fold_name(username)
    if not is_username(folded):
        raise Refused("username", _("工号用 3 到 64 个小写字母、数字、点或短横。"))
    user = User(
        username=folded,
        name=name.strip(),
        name_en=name_en.strip(),
        pinyin="" if kind == User.Kind.RESIDENT else name_spelling(name),
        kind=kind,
        email=fold_name(email) or None,
        phone=phone or None,
        phone_index=blind_index(phone, "phone") if phone else None,
        created_at=at,
    )
    _set_password(user, password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise Refused("username", _("这个工号或邮箱已经有人用了。")) from error
    note("user.create", actor=actor, user_id=user.pk, at=at, detail=kind)
    return user


def _set_password(user: User, password: str) -> None:
    if not password:
        user.set_unusable_password()
        return
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused("password", " ".join(error.messages)) from error
    user.set_password(password)


@transaction.atomic
def close_user(*, user: User, actor: Actor, at: datetime) -> None:
    """Close an account: sessions and keys end, no right remains, the name stays in old records.

    Raises Refused for one's own account and for the last administrator.
    """
    may_manage(actor)
    if user.pk == actor.user_id:
        raise Refused("", _("不能停用自己的账号，请另一位管理员来做。"))
    with administrators_stay(actor=actor, at=at):
        closed = User.objects.filter(pk=user.pk, is_active=True).update(is_active=False)
    if closed:
        Session.objects.filter(user_id=user.pk).delete()
        ApiKey.objects.filter(user_id=user.pk, active=True).update(active=False)
        note("user.close", actor=actor, user_id=user.pk, at=at)


@transaction.atomic
def change_user(*, user: User, name: str, name_en: str, email: str, actor: Actor, at: datetime) -> bool:
    """Change names and work address of an account; False if nothing differs. Raises Refused for a taken address."""
    may_manage(actor)
    row = User.objects.select_for_update().get(pk=user.pk)
    wanted = {"name": name.strip(), "name_en": name_en.strip(), "email": fold_name(email) or None}
    differs = {field: value for field, value in wanted.items() if getattr(row, field) != value}
    if not differs:
        return False
    try:
        with transaction.atomic():
            User.objects.filter(pk=row.pk).update(**differs, pinyin=name_spelling(wanted["name"] or ""))
    except IntegrityError as error:
        raise Refused("email", _("这个邮箱已经有人用了。")) from error
    # The address itself is nobody's business in the record.
    told = [f"{f} {getattr(row, f)} → {v}" if f != "email" else "email" for f, v in differs.items()]
    note("user.change", actor=actor, user_id=row.pk, at=at, detail="; ".join(told))
    return True


@transaction.atomic
def leave(*, user: User, reason: str, actor: Actor, at: datetime) -> None:
    """Let somebody go: roles and deputies end, then the account closes. Open matters are the caller's to hand over.

    Raises Refused for oneself and the last administrator.
    """
    may_manage(actor)
    close_user(user=user, actor=actor, at=at)
    for row in Assignment.objects.select_for_update().filter(Q(ends=None) | Q(ends__gt=at), user=user):
        if row.starts >= at:
            row.delete()
        else:
            Assignment.objects.filter(pk=row.pk).update(ends=at)
    for deputy in Deputy.objects.filter(Q(absent=user) | Q(deputy=user), ends__gt=at):
        _end_deputy(deputy, at)
    note("user.leave", actor=actor, user_id=user.pk, at=at, detail=reason.strip()[:300])


def _end_deputy(row: Deputy, at: datetime) -> None:
    if row.starts >= at:
        row.delete()
    else:
        row.ends = at
        row.save(update_fields=["ends"])


@transaction.atomic
def end_deputy(*, deputy_id: int, actor: Actor, at: datetime) -> bool:
    """Take a deputy back now; False if it had ended. One's own, or with the right to manage people."""
    row = Deputy.objects.select_for_update().filter(pk=deputy_id, ends__gt=at).first()
    if row is None:
        return False
    if actor.user_id != row.absent_id:
        may_manage(actor)
    _end_deputy(row, at)
    note("deputy.end", actor=actor, user_id=row.absent_id, at=at, detail=f"deputy={row.deputy_id}")
    return True


@transaction.atomic
def open_user(*, user: User, actor: Actor, at: datetime) -> None:
    """Open a closed account again, with the roles that are still in force."""
    may_manage(actor)
    if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        note("user.open", actor=actor, user_id=user.pk, at=at)


@transaction.atomic
def assign(
    *,
    user: User,
    unit: Unit | int,
    role: Role | str,
    actor: Actor,
    at: datetime,
    ends: datetime | None = None,
    starts: datetime | None = None,
) -> Assignment:
    """Give a user a role in a unit from `starts` (now, if not given) until `ends` or until it is ended.

    Raises Refused when the user has that role there at that time already.
    """
    may_manage(actor)
    unit_id = unit if isinstance(unit, int) else unit.pk
    found = Role.objects.get(code=role) if isinstance(role, str) else role
    begin = starts or at
    if ends is not None and ends <= begin:
        raise Refused("ends", _("结束时间要晚于开始时间。"))
    try:
        with transaction.atomic():
            given = Assignment.objects.create(user=user, unit_id=unit_id, role=found, starts=begin, ends=ends)
    except IntegrityError as error:
        raise Refused("role", _("这个人在这个单位已经有这个岗位了。")) from error
    note("role.assign", actor=actor, user_id=user.pk, at=at, detail=_post(found.pk, unit_id))
    return given


def _post(role_id: int, unit_id: int) -> str:
    return f"{roles()[role_id].code} {units().by_id[unit_id].code}"


@transaction.atomic
def end_assignment(*, assignment_id: int, actor: Actor, at: datetime) -> bool:
    """End a role now; False if it had ended before. One that has not begun yet is taken back.

    Raises Refused where it would leave no administrator, or take the actor's own right to administer.
    """
    may_manage(actor)
    row = Assignment.objects.select_for_update().filter(pk=assignment_id).first()
    if row is None or (row.ends is not None and row.ends <= at):
        return False
    with administrators_stay(actor=actor, at=at):
        if row.starts >= at:
            row.delete()
        else:
            row.ends = at
            row.save(update_fields=["ends"])
    note("role.end", actor=actor, user_id=row.user_id, at=at, detail=_post(row.role_id, row.unit_id))
    return True


@transaction.atomic
def deputise(*, absent: User, deputy: User, starts: datetime, ends: datetime, actor: Actor, at: datetime) -> Deputy:
    """Let the deputy hold the absent one's roles in the same units between two moments; not handed on further.

    One may name a deputy for oneself; for others the right to manage people is needed.
    Raises Refused for oneself as deputy, an account that is not open staff, or overlapping times.
    """
    if actor.user_id != absent.pk:
        may_manage(actor)
    if absent.pk == deputy.pk or deputy.kind != User.Kind.STAFF or not deputy.is_active:
        raise Refused("deputy", _("请选另一位在岗的工作人员。"))
    if ends <= starts or ends <= at:
        raise Refused("ends", _("结束时间要晚于开始时间，也要晚于现在。"))
    try:
        with transaction.atomic():
            row = Deputy.objects.create(absent=absent, deputy=deputy, starts=starts, ends=ends)
    except IntegrityError as error:
        raise Refused("starts", _("这段时间已经由这个人代理了。")) from error
    note("deputy.name", actor=actor, user_id=absent.pk, at=at, detail=f"deputy={deputy.pk}")
    return row


@transaction.atomic
def create_api_key(
    *,
    user: User,
    name: str,
    rights: Collection[str],
    unit: Unit | None,
    actor: Actor,
    at: datetime,
    per_minute: int = 120,
    expires_at: datetime | None = None,
) -> str:
    """Make a key for a program and return it; it is shown this once, only its digest is kept."""
    may_manage(actor)
    if user.kind != User.Kind.PROGRAM:
        raise Refused("user", _("密钥只发给程序账号。"))
    plaintext = KEY_PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        hash=hashlib.sha256(plaintext.encode()).digest(),
        prefix=plaintext[:SHOWN],
        name=name,
        user=user,
        unit=unit,
        rights=sorted({str(right) for right in rights}),
        per_minute=per_minute,
        created_at=at,
        expires_at=expires_at,
    )
    note("key.create", actor=actor, user_id=user.pk, at=at, detail=f"key={key.pk}")
    return plaintext


@transaction.atomic
def switch_off_api_key(*, key_id: int, actor: Actor, at: datetime) -> bool:
    """Switch a key off at once; False if it was off."""
    may_manage(actor)
    changed = ApiKey.objects.filter(pk=key_id, active=True).update(active=False)
    if changed:
        note("key.off", actor=actor, user_id=None, at=at, detail=f"key={key_id}")
    return bool(changed)


def save_profile(
    *,
    user_id: int,
    language: str,
    mode: str,
    text_step: int,
    contrast: str,
    single_keys: bool,
) -> None:
    """Remember how this person reads, for every device they sign in on."""
    User.objects.filter(pk=user_id).update(
        language=language, mode=mode, text_step=text_step, contrast=contrast, single_keys=single_keys
    )


def link_person(*, user_id: int, person_id: int) -> None:
    """Write down which person in parties this resident's account belongs to; the first one stays."""
    User.objects.filter(pk=user_id, person_id=None).update(person_id=person_id)
