"""Loading units, roles and rights from the files beside this room."""

import tomllib
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from gongjian.identity.models import KnownRight, ReferenceVersion, Role, RoleRight, Unit, User
from gongjian.identity.reference import forget
from gongjian.places.models import Subdistrict
from gongjian.places.spelling import spell

DATA = Path(__file__).parents[1] / "data"
UNIT_COLUMNS = ("code", "name_zh", "name_en", "short_zh", "short_en", "kind")


def load_reference(*, at: datetime) -> None:  # noqa: ARG001 - every room's loader is called alike
    """Add the units, roles and rights of the files that are not there yet; what administrators changed stays.

    A right is given to its roles once, when it is new to this installation.
    """
    with transaction.atomic():
        _load_units(_read("units.toml", "unit"))
        _load_roles(_read("roles.toml", "role"))
        _spell_people()
        changed()


def _spell_people() -> None:
    """Let people of before be found by pinyin too."""
    rows = User.objects.exclude(kind=User.Kind.RESIDENT).filter(pinyin="").exclude(name="").only("pk", "name")
    for user in (found := list(rows)):
        user.pinyin = " ".join(spell(user.name, {}))[:200]
    User.objects.bulk_update(found, ["pinyin"], batch_size=500)


def changed() -> None:
    """Tell every process that units, roles or rights are not what it remembers."""
    ReferenceVersion.objects.update_or_create(pk=1, defaults={"version": uuid.uuid4()})
    forget()
    transaction.on_commit(forget)


def spellings(name: str, short: str) -> str:
    """Return pinyin and initials of a unit's names, and every end of the short initials: jjdd finds 盐田交警大队."""
    known = [*spell(name, {}), *spell(short, {})]
    initials = known[-1]
    ends = [initials[at:] for at in range(1, len(initials) - 1)]
    return " ".join(dict.fromkeys([*known, *ends]))


def _read(name: str, table: str) -> list[dict[str, Any]]:
    with (DATA / name).open("rb") as file:
        rows: list[dict[str, Any]] = tomllib.load(file)[table]
    return rows


def _load_units(rows: list[dict[str, Any]]) -> None:
    known = set(Unit.objects.values_list("code", flat=True))
    subdistricts = {found.code: found for found in Subdistrict.objects.all()}
    has_backstop = Unit.objects.filter(backstop=True).exists()
    Unit.objects.bulk_create(
        [
            Unit(
                **{name: row[name] for name in UNIT_COLUMNS},
                backstop=row.get("backstop", False) and not has_backstop,
                active=row.get("active", True),
                subdistrict=subdistricts.get(row.get("subdistrict", "")),
                order=place,
                pinyin=spellings(row["name_zh"], row["short_zh"]),
            )
            for place, row in enumerate(rows)
            if row["code"] not in known
        ]
    )
    ids = dict(Unit.objects.values_list("code", "id"))
    for row in rows:
        if "parent" in row and row["code"] not in known:
            Unit.objects.filter(code=row["code"]).update(parent_id=ids[row["parent"]])
        if "subdistrict" in row:  # places may have been loaded later than units
            Unit.objects.filter(code=row["code"], subdistrict=None).update(
                subdistrict=subdistricts.get(row["subdistrict"])
            )


def _load_roles(rows: list[dict[str, Any]]) -> None:
    before = set(Role.objects.values_list("code", flat=True))
    Role.objects.bulk_create(
        [
            Role(
                code=row["code"],
                name_zh=row["name_zh"],
                name_en=row["name_en"],
                second_factor=row.get("second_factor", False),
                order=place,
            )
            for place, row in enumerate(rows)
            if row["code"] not in before
        ]
    )
    ids = dict(Role.objects.values_list("code", "id"))
    # An installation from before KnownRight has given what its roles hold.
    given = set(KnownRight.objects.values_list("right", flat=True)) or set(
        RoleRight.objects.values_list("right", flat=True)
    )
    RoleRight.objects.bulk_create(
        [
            RoleRight(role_id=ids[row["code"]], right=right)
            for row in rows
            for right in row["rights"]
            if row["code"] not in before or right not in given
        ],
        ignore_conflicts=True,
    )
    shipped = {right for row in rows for right in row["rights"]}
    KnownRight.objects.bulk_create(
        [KnownRight(right=right) for right in sorted(shipped | given)], ignore_conflicts=True
    )
