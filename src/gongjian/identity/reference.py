"""Units, roles and rights in the memory of the process; read again when their version row changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from gongjian.identity.models import Installation, ReferenceVersion, Role, SetupLink, Unit, UnitName
from gongjian.memory import Memory

RESIDENT = "resident"


@dataclass(frozen=True)
class UnitRef:
    id: int
    code: str
    name_zh: str
    name_en: str
    short_zh: str
    pinyin: str
    short_en: str
    kind: str
    parent_id: int | None
    subdistrict_id: int | None
    backstop: bool
    active: bool
    successor_id: int | None
    order: int

    def name(self, language: str) -> str:
        """Return the full name in the reader's language."""
        return self.name_zh if language.startswith("zh") else self.name_en

    def short(self, language: str) -> str:
        """Return the name people use, in the reader's language."""
        return self.short_zh if language.startswith("zh") else self.short_en


@dataclass(frozen=True)
class RoleRef:
    id: int
    code: str
    name_zh: str
    name_en: str
    second_factor: bool
    rights: frozenset[str]

    def name(self, language: str) -> str:
        """Return the role's name in the reader's language."""
        return self.name_zh if language.startswith("zh") else self.name_en


@dataclass(frozen=True)
class UnitBook:
    """All units, the closed ones included, for they stand in old cases."""

    by_id: Mapping[int, UnitRef] = field(default_factory=dict)
    by_code: Mapping[str, UnitRef] = field(default_factory=dict)

    def __iter__(self) -> Iterator[UnitRef]:
        return iter(self.by_id.values())

    def __len__(self) -> int:
        return len(self.by_id)

    @property
    def all(self) -> tuple[UnitRef, ...]:
        return tuple(self)

    @property
    def active(self) -> tuple[UnitRef, ...]:
        return tuple(unit for unit in self if unit.active)

    def heir(self, unit_id: int | None) -> UnitRef | None:
        """Return the unit itself, or for a merged one the unit its matters went to; None for no or a closed unit."""
        unit = self.by_id.get(unit_id) if unit_id else None
        for _step in self.by_id:
            if unit is None or unit.active:
                return unit
            unit = self.by_id.get(unit.successor_id) if unit.successor_id else None
        return None

    @property
    def backstop(self) -> UnitRef | None:
        """Return the unit that takes what nobody else must."""
        return next((unit for unit in self if unit.backstop), None)


@dataclass(frozen=True)
class Former:
    """A name a unit bore until a moment."""

    name_zh: str
    name_en: str
    short_zh: str
    short_en: str
    until: datetime

    def short(self, language: str) -> str:
        """Return the short name in the reader's language."""
        return self.short_zh if language.startswith("zh") else self.short_en


@dataclass(frozen=True)
class Reference:
    units: UnitBook
    roles: Mapping[int, RoleRef]
    resident: frozenset[str]  # what every resident may do: the rights of the role of that name
    former: Mapping[int, tuple[Former, ...]]  # by unit, the newest first
    real: bool  # the demonstration was left, or the first administrator came in by the set-up link


_memory = Memory[Reference]()
forget = _memory.forget


def reference(version: UUID | None = None) -> Reference:
    """Return what is held; `version` is the one in force, which every signed-in request brings along for nothing."""
    if version is not None:
        _memory.compare(version)
    return _memory.get(_read, _version)


def _version() -> UUID | None:
    return ReferenceVersion.objects.values_list("version", flat=True).first()


def _read() -> Reference:
    units = [UnitRef(*row) for row in Unit.objects.order_by("order", "code").values_list(*UnitRef.__match_args__)]
    roles = Role.objects.order_by("order", "code").annotate(
        words=ArrayAgg("rights__right", filter=Q(rights__isnull=False), default=[])
    )
    book = {
        role.pk: RoleRef(role.pk, role.code, role.name_zh, role.name_en, role.second_factor, frozenset(role.words))
        for role in roles
    }
    former: dict[int, tuple[Former, ...]] = {}
    for unit_id, *words in UnitName.objects.order_by("-until").values_list("unit_id", *Former.__match_args__):
        former[unit_id] = (*former.get(unit_id, ()), Former(*words))
    return Reference(
        former=former,
        real=_is_real(),
        units=UnitBook({unit.id: unit for unit in units}, {unit.code: unit for unit in units}),
        roles=book,
        resident=next((role.rights for role in book.values() if role.code == RESIDENT), frozenset()),
    )


def _is_real() -> bool:
    left = Installation.objects.exclude(demonstration_left_at=None).exists()
    return left or SetupLink.objects.exclude(used_at=None).exists()
