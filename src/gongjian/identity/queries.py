"""Reading people, units and what somebody may do now."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import is_password_usable
from django.db import DatabaseError, connection
from django.db.models import Q, QuerySet
from django.utils.crypto import constant_time_compare
from django_otp.plugins.otp_totp.models import TOTPDevice

from gongjian.identity.access import IdentityRight
from gongjian.identity.actor import Actor, Channel
from gongjian.identity.models import ApiKey, Assignment, Deputy, Installation, Session, SetupStep, User
from gongjian.identity.reference import Former, RoleRef, UnitBook, reference
from gongjian.identity.rules import fold_name

# One statement: the user, the roles in force (own first, then of those deputised for), and the reference version.
ACTOR = """
select u.id, u.username, u.name, u.name_en, u.kind, u.password, u.person_id, v.version, g.units, g.roles
from identity_user u
left join identity_referenceversion v on true
cross join lateral (
    select coalesce(array_agg(a.unit_id order by a.user_id <> u.id, a.id), '{}') as units,
           coalesce(array_agg(a.role_id order by a.user_id <> u.id, a.id), '{}') as roles
    from identity_assignment a
    where a.starts <= %(at)s and (a.ends is null or a.ends > %(at)s) and (
        a.user_id = u.id or a.user_id in (
            select d.absent_id from identity_deputy d join identity_user x on x.id = d.absent_id and x.is_active
            where d.deputy_id = u.id and d.starts <= %(at)s and d.ends > %(at)s))) g
where u.id = %(user)s and u.is_active
"""


@dataclass(frozen=True)
class Held:
    """Rights by unit, and those that wait for the second factor."""

    grants: Mapping[int, frozenset[str]]
    withheld: frozenset[str]


@dataclass(frozen=True)
class ProgramKey:
    """A good API key."""

    actor: Actor
    key_id: int
    per_minute: int


def units() -> UnitBook:
    """Return all units, from memory."""
    return reference().units


def roles() -> Mapping[int, RoleRef]:
    """Return all roles by id with their rights, from memory."""
    return reference().roles


def former_names(unit_id: int) -> tuple[Former, ...]:
    """Return the names a unit bore, the newest first, from memory."""
    return reference().former.get(unit_id, ())


def demonstration() -> bool:
    """Whether this is a demonstration: it was started as one, and nobody left it or set a real installation up."""
    if not settings.DEMONSTRATION:
        return False
    try:
        return not reference().real
    except DatabaseError:
        return True  # the page that says the database is away asks too


def installation() -> Installation:
    """Return how far this installation has come."""
    return Installation.objects.filter(pk=1).first() or Installation(pk=1)


def ticked_steps() -> dict[str, datetime]:
    """Return the lines of the set-up list that somebody ticked off, with the moment."""
    return dict(SetupStep.objects.values_list("code", "done_at"))


def keepers(*, at: datetime, right: str = IdentityRight.PEOPLE_MANAGE) -> set[int]:
    """Return who can sign in and holds this right by a role of their own now, for today's roles."""
    desks = [role.id for role in roles().values() if right in role.rights]
    rows = User.objects.filter(is_active=True, kind=User.Kind.STAFF, assignments__role__in=desks)
    rows = rows.filter(Q(assignments__ends=None) | Q(assignments__ends__gt=at), assignments__starts__lte=at)
    return {user_id for user_id, password in rows.values_list("pk", "password") if is_password_usable(password)}


def desks_without_people(rights: Collection[str], *, at: datetime) -> list[RoleRef]:
    """Return for each right that no open account of the staff holds now the first role that gives it."""
    held = Assignment.objects.filter(Q(ends=None) | Q(ends__gt=at), starts__lte=at, user__is_active=True)
    manned = set(held.values_list("role", flat=True).distinct())
    given = frozenset[str]().union(*(role.rights for role in roles().values() if role.id in manned))
    missing = [right for right in rights if right not in given]
    found = (next((role for role in roles().values() if right in role.rights), None) for right in missing)
    return list({role.id: role for role in found if role is not None}.values())


def has_administrator(*, at: datetime) -> bool:
    """Whether somebody who looks after people can sign in."""
    return bool(keepers(at=at))


def actor_of(
    user: User,
    *,
    at: datetime,
    channel: Channel = "web",
    key: str = "",
    second_factor: bool = True,
) -> Actor:
    """Return what this user may do at that moment; raises User.DoesNotExist when the account is closed."""
    actor = actor_by_id(user.pk, at=at, channel=channel, key=key, second_factor=second_factor)
    if actor is None:
        raise User.DoesNotExist(user.username)
    return actor


def actor_by_id(
    user_id: int,
    *,
    at: datetime,
    channel: Channel = "web",
    key: str = "",
    second_factor: bool = True,
    session_hash: str | None = None,
) -> Actor | None:
    """Return the actor in one query, or None for a closed account or a session from before the password changed."""
    with connection.cursor() as cursor:
        cursor.execute(ACTOR, {"user": user_id, "at": at})
        row = cursor.fetchone()
    if row is None:
        return None
    found_id, username, name, name_en, kind, password, person_id, version, unit_ids, role_ids = row
    if session_hash is not None and not _same_password(found_id, password, session_hash):
        return None
    known = reference(version)
    held = _held(zip(unit_ids, role_ids, strict=True), known.roles, second_factor=second_factor)
    standing = known.resident if kind == User.Kind.RESIDENT else frozenset()
    return Actor(
        user_id=found_id,
        username=username,
        name=name,
        name_en=name_en,
        kind=kind,
        unit_id=unit_ids[0] if unit_ids else None,
        units=frozenset(held.grants),
        rights=standing.union(*held.grants.values()),
        channel=channel,
        key=key,
        person_id=person_id,
        grants=held.grants,
        withheld=held.withheld,
    )


def _same_password(user_id: int, password: str, session_hash: str) -> bool:
    return constant_time_compare(User(pk=user_id, password=password).get_session_auth_hash(), session_hash)


def _held(pairs: Iterable[tuple[int, int]], known: Mapping[int, RoleRef], *, second_factor: bool) -> Held:
    enforced = getattr(settings, "SECOND_FACTOR_ENFORCED", False) and not second_factor
    grants: dict[int, frozenset[str]] = {}
    withheld: frozenset[str] = frozenset()
    for unit_id, role_id in pairs:
        role = known[role_id]
        waits = enforced and role.second_factor
        grants[unit_id] = grants.get(unit_id, frozenset()) | (frozenset() if waits else role.rights)
        withheld |= role.rights if waits else frozenset()
    return Held(MappingProxyType(grants), withheld - frozenset().union(*grants.values()))


@dataclass(frozen=True)
class HeldRole:
    """A role somebody has now."""

    assignment_id: int
    user_id: int
    unit_id: int
    role_id: int
    ends: datetime | None


def people(*, text: str = "", closed: bool = False) -> QuerySet[User]:
    """Return staff and programs by name, pinyin, initials or user name; residents are nobody's list.

    `closed` takes closed accounts.
    """
    found = User.objects.exclude(kind=User.Kind.RESIDENT).filter(is_active=not closed).defer("phone", "password")
    if text:
        folded = fold_name(text)
        found = found.filter(
            Q(username__startswith=folded)
            | Q(name__contains=text.strip())
            | Q(pinyin__contains=folded.replace(" ", ""))
        )
    return found


def roles_held(*, at: datetime, user_ids: Collection[int] = (), unit_id: int | None = None) -> list[HeldRole]:
    """Return the roles in force of these users, or of everybody in a unit, the oldest first."""
    rows = Assignment.objects.filter(Q(ends=None) | Q(ends__gt=at), starts__lte=at).order_by("id")
    rows = rows.filter(user_id__in=user_ids) if unit_id is None else rows.filter(unit_id=unit_id, user__is_active=True)
    return [HeldRole(*row) for row in rows.values_list("id", "user_id", "unit_id", "role_id", "ends")]


def people_of(unit_id: int, *, at: datetime) -> frozenset[int]:
    """Return who of the open accounts holds a role in a unit now."""
    return frozenset(one.user_id for one in roles_held(at=at, unit_id=unit_id))


def people_with(right: str, *, unit_id: int, at: datetime) -> frozenset[int]:
    """Return who of the open accounts holds a right in a unit now by a role of their own."""
    desks = {role.id for role in roles().values() if right in role.rights}
    return frozenset(one.user_id for one in roles_held(at=at, unit_id=unit_id) if one.role_id in desks)


@dataclass(frozen=True)
class Standing:
    """Somebody who stands in for another one, now or later."""

    id: int
    absent_id: int
    deputy_id: int
    starts: datetime
    ends: datetime

    def runs(self, at: datetime) -> bool:
        """Whether it is in force."""
        return self.starts <= at < self.ends


def deputies(user_id: int, *, at: datetime) -> list[Standing]:
    """Return who stands in for this person and for whom this person stands in, the ended ones left out."""
    rows = Deputy.objects.filter(Q(absent=user_id) | Q(deputy=user_id), ends__gt=at).order_by("starts", "pk")
    return [Standing(*row) for row in rows.values_list("id", "absent_id", "deputy_id", "starts", "ends")]


def stands_in_for(user_id: int, *, at: datetime) -> dict[int, datetime]:
    """Return for whom this person acts now, with the end: desks say whose matters they show."""
    rows = Deputy.objects.filter(deputy=user_id, starts__lte=at, ends__gt=at, absent__is_active=True)
    return dict(rows.values_list("absent", "ends"))


def sessions_of(user_id: int, *, at: datetime) -> list[Session]:
    """Return somebody's open sessions, the one used last first."""
    return list(Session.objects.filter(user_id=user_id, expire_date__gt=at).order_by("-seen", "session_key"))


def names_of(user_ids: Collection[int]) -> dict[int, str]:
    """Return the names of these users; residents are called by their user name."""
    rows = User.objects.filter(pk__in=user_ids).values_list("id", "name", "username", "kind")
    return {
        user_id: username if kind == User.Kind.RESIDENT else name or username for user_id, name, username, kind in rows
    }


def has_authenticator(user_id: int) -> bool:
    """Whether this person signs in with a one-time code."""
    return bool(TOTPDevice.objects.filter(user_id=user_id, confirmed=True).exists())


def program_key(plaintext: str, *, at: datetime) -> ProgramKey | None:
    """Return the program behind an API key in one query, or None for an unknown, switched-off or expired key."""
    digest = hashlib.sha256(plaintext.encode()).digest()
    found = ApiKey.objects.select_related("user").filter(hash=digest, active=True, user__is_active=True).first()
    if found is None or (found.expires_at is not None and found.expires_at <= at):
        return None
    return ProgramKey(actor=program_actor(found), key_id=found.pk, per_minute=found.per_minute)


def program_actor(key: ApiKey) -> Actor:
    """Return what the program behind a key, read together with its account, may do."""
    granted = frozenset(key.rights)
    grants: dict[int, frozenset[str]] = {key.unit_id: granted} if key.unit_id else {}
    facts: dict[str, Any] = {"user_id": key.user_id, "username": key.user.username, "name": key.name}
    return Actor(
        **facts,
        kind="program",
        unit_id=key.unit_id,
        units=frozenset(grants),
        rights=granted,
        channel="api",
        key=str(key.pk),
        grants=MappingProxyType(grants),
    )
