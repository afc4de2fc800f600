"""Loading units, roles and rights from the files beside this room."""

import tomllib
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from gongjian.identity.models import ReferenceVersion, Role, RoleRight, Unit
from gongjian.identity.reference import forget
from gongjian.places.models import Subdistrict
from gongjian.places.spelling import spell

DATA = Path(__file__).parents[1] / "data"
UNIT_COLUMNS = (
    "name_zh", "name_en", "short_zh", "short_en", "kind", "backstop", "active", "order", "subdistrict", "pinyin",
)  # fmt: skip


def load_reference(*, at: datetime) -> None:  # noqa: ARG001 - every room's loader is called alike
    """Bring units, roles and rights to what the files say, matched by code; other rows stay. Twice does no harm."""
    with transaction.atomic():
        _load_units(_read("units.toml", "unit"))
        _load_roles(_read("roles.toml", "role"))
        changed()


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
    subdistricts = {found.code: found for found in Subdistrict.objects.all()}
    Unit.objects.bulk_create(
        [
            Unit(
                **{name: row[name] for name in ("code", *UNIT_COLUMNS[:5])},
                backstop=row.get("backstop", False),
                active=row.get("active", True),
                subdistrict=subdistricts.get(row.get("subdistrict", "")),
                order=place,
                pinyin=spellings(row["name_zh"], row["short_zh"]),
            )
            for place, row in enumerate(rows)
        ],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=UNIT_COLUMNS,
    )
    ids = dict(Unit.objects.values_list("code", "id"))
    for row in rows:
        parent = ids[row["parent"]] if "parent" in row else None
        Unit.objects.filter(code=row["code"]).exclude(parent_id=parent).update(parent_id=parent)


def _load_roles(rows: list[dict[str, Any]]) -> None:
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
        ],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name_zh", "name_en", "second_factor", "order"],
    )
    ids = dict(Role.objects.values_list("code", "id"))
    RoleRight.objects.bulk_create(
        [RoleRight(role_id=ids[row["code"]], right=right) for row in rows for right in row["rights"]],
        ignore_conflicts=True,
    )
    for row in rows:
        RoleRight.objects.filter(Q(role_id=ids[row["code"]]) & ~Q(right__in=row["rights"])).delete()
