"""The demonstration's accounts and keys.

They follow from the installation's secret: no two installations share a password, and one shows the same ones again.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher, make_password

from gongjian.domains.hotline.access import HotlineRight, ProgramRight
from gongjian.identity.actions import create_user
from gongjian.identity.actions.people import KEY_PREFIX, SHOWN
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import ApiKey, User
from gongjian.identity.queries import demonstration, roles, units
from gongjian.identity.rights import Right
from gongjian.testing.cast import CAST, NEIGHBOURS

# No sign that is taken for another one; three groups of four make 59 bits.
SIGNS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
GROUPS, GROUP = 3, 4
KEY_SIGNS: Final = 43
# What the page of keys says that they are for.
PURPOSES: Final = {"open311_key": "演示：用 Open311 的程序", "api_key": "演示：用 /api/v1 的程序"}
QUICK_ROUNDS: Final = 20_000


class NoDemonstrationError(RuntimeError):
    """Raised in a real installation, which has no invented people and no known passwords."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody to sign in as; residents sign in with a code to their phone instead of a password."""

    role: str
    role_zh: str
    role_en: str
    username: str
    password: str
    name: str
    name_en: str
    unit: str
    unit_en: str


@dataclass(frozen=True, slots=True)
class Key:
    """A program's key, sent in the header X-Api-Key."""

    name: str
    key: str
    username: str
    rights: tuple[str, ...]


def require_demonstration() -> None:
    """Refuse in a real installation. Raises NoDemonstrationError."""
    if not demonstration():
        raise NoDemonstrationError("GONGJIAN_MODE is not demonstration: no invented people, cases or keys here")


def password_of(username: str) -> str:
    """Return the password of an account of the cast, as three groups: k7mn-p2qr-x9tz."""
    require_demonstration()
    number = int(settings.INSTALLATION.text(f"demo:{username}"), 16)
    signs = [SIGNS[number // len(SIGNS) ** i % len(SIGNS)] for i in range(GROUPS * GROUP)]
    return "-".join("".join(signs[i : i + GROUP]) for i in range(0, len(signs), GROUP))


def quick_hash(password: str) -> str:
    """Hash a password that has 59 random bits, which need no stretching; the first sign-in hashes it in full.

    Hashing the whole cast in full would take half of the time of the first start.
    """
    hasher = get_hasher()
    if isinstance(hasher, PBKDF2PasswordHasher):
        return hasher.encode(password, hasher.salt(), QUICK_ROUNDS)
    return make_password(password)


def accounts() -> tuple[Account, ...]:
    """Return the cast with their passwords, desk by desk. Raises NoDemonstrationError."""
    require_demonstration()
    book = {unit.code: unit for unit in units()}
    desks = {role.code: role for role in roles().values()}
    staff = (
        Account(
            role=m.role,
            role_zh=desks[m.role].name_zh,
            role_en=desks[m.role].name_en,
            username=m.username,
            password=password_of(m.username),
            name=m.name,
            name_en=m.name_en,
            unit=book[m.unit].short_zh,
            unit_en=book[m.unit].short_en,
        )
        for m in CAST
    )
    residents = (Account("resident", "居民", "Resident", n.phone, "", n.name, n.name_en, "", "") for n in NEIGHBOURS)
    return (*staff, *residents)


def keys() -> tuple[Key, ...]:
    """Return the keys of the two programs. Raises NoDemonstrationError."""
    require_demonstration()
    return (
        _key("open311_key", "demo-open311", HotlineRight.CASE_INTAKE, ProgramRight.OPEN311_REPORT),
        _key("api_key", "demo-api", HotlineRight.CASE_INTAKE, HotlineRight.CASE_READ_ALL),
    )


def _key(name: str, username: str, *rights: Right) -> Key:
    plain = KEY_PREFIX + settings.INSTALLATION.text(f"demo:{name}")[:KEY_SIGNS]
    return Key(name, plain, username, tuple(sorted(str(right) for right in rights)))


def overview() -> dict[str, Any]:
    """Return everything a program needs to try the demonstration, as one JSON object. Raises NoDemonstrationError.

    {"address", "accounts": {role: [{"username", "password", "name", "unit"}]}, "residents": [{"phone", "name"}],
    "open311_key", "api_key"}
    """
    by_role: dict[str, list[dict[str, str]]] = {}
    shown = ("username", "password", "name", "unit")
    for account in accounts():
        if account.password:
            by_role.setdefault(account.role, []).append({name: getattr(account, name) for name in shown})
    return {
        "address": settings.PUBLIC_URL,
        "accounts": by_role,
        "residents": [{"phone": n.phone, "name": n.name} for n in NEIGHBOURS],
        **{key.name: key.key for key in keys()},
    }


def ensure_keys(*, at: datetime) -> None:
    """Make the programs' accounts and keys as `keys` shows them; one that somebody switched off stays off.

    Raises NoDemonstrationError.
    """
    for key in keys():
        user = User.objects.filter(username=key.username).first() or create_user(
            username=key.username, name=key.username, kind=User.Kind.PROGRAM, actor=SYSTEM, at=at
        )
        row, created = ApiKey.objects.get_or_create(
            hash=hashlib.sha256(key.key.encode()).digest(),
            defaults={
                "prefix": key.key[:SHOWN],
                "name": PURPOSES[key.name],
                "user": user,
                "rights": list(key.rights),
                "created_at": at,
            },
        )
        if not created and row.rights != list(key.rights):  # of an edition that asked for less
            ApiKey.objects.filter(pk=row.pk).update(rights=list(key.rights))
