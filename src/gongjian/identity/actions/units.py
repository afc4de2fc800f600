"""Units as an administrator changes them; what they hold is moved by `console.handing`.

Every change locks the unit's row, is written down with what was before and after, and reaches every process at once.
"""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gongjian.audit.actions import record
from gongjian.identity.access import IdentityRight
from gongjian.identity.actions.reference import changed, spellings
from gongjian.identity.actor import Actor
from gongjian.identity.models import ApiKey, Assignment, Unit, UnitName
from gongjian.identity.refusals import Refused
from gongjian.identity.rights import require

CODE: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
TAKEN: Final = frozenset({"new", "sheet"})  # pages beside those of the units
NAMES: Final = ("name_zh", "name_en", "short_zh", "short_en")


def may_change_units(actor: Actor) -> None:
    """Let those pass who look after units, and the program itself; raises Forbidden for others."""
    if actor.kind != "system":
        require(actor, IdentityRight.UNITS_MANAGE)


def note_unit(action: str, *, unit: Unit, actor: Actor, at: datetime, detail: str = "") -> None:
    """Record an act on a unit."""
    record(
        action=f"identity.unit.{action}",
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        unit_id=actor.unit_id,
        object_kind="unit",
        object_id=unit.code,
        detail=detail,
        at=at,
    )


@transaction.atomic
def create_unit(
    *,
    code: str,
    name_zh: str,
    short_zh: str,
    kind: str,
    actor: Actor,
    at: datetime,
    name_en: str = "",
    short_en: str = "",
    parent_id: int | None = None,
    subdistrict_id: int | None = None,
) -> Unit:
    """Add a unit. English names fall back to the Chinese ones. Raises Refused for a bad or taken code or name."""
    may_change_units(actor)
    code = code.strip().lower()
    if CODE.fullmatch(code) is None or code in TAKEN:
        raise Refused("code", _("代码用 1 到 40 个小写字母、数字或短横，如 mzj。"))
    names = _names(name_zh, name_en, short_zh, short_en)
    _refuse_taken(names)
    order = Unit.objects.order_by("-order").values_list("order", flat=True).first() or 0
    unit = Unit(
        code=code,
        **names,
        kind=kind,
        parent_id=parent_id,
        subdistrict_id=subdistrict_id,
        order=order + 1,
        pinyin=spellings(names["name_zh"], names["short_zh"]),
    )
    try:
        with transaction.atomic():
            unit.save(force_insert=True)
    except IntegrityError as error:
        raise Refused("code", _("这个代码已经有单位用了。")) from error
    changed()
    note_unit("create", unit=unit, actor=actor, at=at, detail=unit.name_zh)
    return unit


def _names(name_zh: str, name_en: str, short_zh: str, short_en: str) -> dict[str, str]:
    full, short = name_zh.strip(), short_zh.strip()
    if not full:
        raise Refused("name_zh", _("写上单位的全称。"))
    if not short:
        raise Refused("short_zh", _("写上单位的简称。"))
    return {
        "name_zh": full,
        "name_en": name_en.strip() or full,
        "short_zh": short,
        "short_en": short_en.strip() or name_en.strip()[:60] or short,
    }


def _refuse_taken(names: dict[str, str], *, but: int | None = None) -> None:
    """Two active units of one name cannot be told apart in a list."""
    twin = Unit.objects.filter(Q(name_zh=names["name_zh"]) | Q(short_zh=names["short_zh"]), active=True)
    found = twin.exclude(pk=but or 0).first()
    if found is not None:
        field = "name_zh" if found.name_zh == names["name_zh"] else "short_zh"
        raise Refused(field, _("已经有一个单位叫这个名字。"))


def lock(unit_id: int) -> Unit:
    """Return the unit, held until the transaction ends."""
    return Unit.objects.select_for_update(no_key=True).get(pk=unit_id)


@transaction.atomic
def change_unit(*, unit_id: int, actor: Actor, at: datetime, reason: str = "", **fields: Any) -> bool:
    """Rename a unit or change kind, parent or subdistrict; False if nothing differs.

    The old name stays with the time until which it was borne; cases and events point to the unit, not to its name.
    """
    may_change_units(actor)
    unit = lock(unit_id)
    names = _names(*(str(fields.get(name, getattr(unit, name))) for name in NAMES))
    _refuse_taken(names, but=unit.pk)
    _refuse_circle(unit, fields.get("parent_id", unit.parent_id))
    wanted = {**fields, **names}
    before = {name: getattr(unit, name) for name in wanted}
    differs = {name: value for name, value in wanted.items() if before[name] != value}
    if not differs:
        return False
    if any(name in NAMES for name in differs):
        UnitName.objects.create(unit=unit, until=at, **{name: before[name] for name in NAMES})
        differs["pinyin"] = spellings(names["name_zh"], names["short_zh"])
    Unit.objects.filter(pk=unit.pk).update(**differs)
    changed()
    told = "; ".join(f"{name} {before[name]} → {value}" for name, value in differs.items() if name in before)
    note_unit("change", unit=unit, actor=actor, at=at, detail=_told(told, reason))
    return True


def _refuse_circle(unit: Unit, parent_id: int | None) -> None:
    seen = {unit.pk}
    while parent_id is not None:
        if parent_id in seen:
            raise Refused("parent", _("上级不能是它自己或它的下级。"))
        seen.add(parent_id)
        parent_id = Unit.objects.values_list("parent_id", flat=True).get(pk=parent_id)


def _told(what: str, reason: str) -> str:
    return f"{what} ({reason.strip()})"[:500] if reason.strip() else what[:500]


@transaction.atomic
def set_backstop(*, unit_id: int, reason: str, actor: Actor, at: datetime) -> bool:
    """Let another unit take what nobody else must; False if it does already. Raises Refused for a closed one."""
    may_change_units(actor)
    rows = Unit.objects.select_for_update(no_key=True).filter(Q(backstop=True) | Q(pk=unit_id))
    held = {row.pk: row for row in rows.order_by("pk")}
    unit, before = held[unit_id], next((row for row in held.values() if row.backstop), None)
    if not unit.active:
        raise Refused("unit", _("撤销了的单位不能兜底。"))
    if unit.backstop:
        return False
    if before is not None:
        Unit.objects.filter(pk=before.pk).update(backstop=False)
    Unit.objects.filter(pk=unit.pk).update(backstop=True)
    changed()
    note_unit(
        "backstop",
        unit=unit,
        actor=actor,
        at=at,
        detail=_told(f"{before.code if before else '—'} → {unit.code}", reason),
    )
    return True


@transaction.atomic
def close_unit(*, unit_id: int, reason: str, actor: Actor, at: datetime, into_id: int | None = None) -> Unit:
    """Close a unit, or merge it into another: its people, keys and lower units go there, rules lead there.

    Without a successor its people lose their roles there at this moment. Open matters are the caller's to move.
    Raises Refused for the backstop, a closed unit, a closed or lower successor, or without a reason.
    """
    may_change_units(actor)
    if not reason.strip():
        raise Refused("reason", _("写一句为什么撤并，以后查得到。"))
    for number in sorted({unit_id, into_id or unit_id}):  # in one order, so that two merges do not wait in a circle
        lock(number)
    unit, into = Unit.objects.get(pk=unit_id), Unit.objects.get(pk=into_id) if into_id else None
    _refuse_close(unit, into)
    Unit.objects.filter(pk=unit.pk).update(active=False, closed_at=at, successor=into)
    if into is not None:
        move_people(source_id=unit.pk, target_id=into.pk, user_ids=None, actor=actor, at=at)
        ApiKey.objects.filter(unit=unit, active=True).update(unit=into)
        Unit.objects.filter(parent=unit).exclude(pk=into.pk).update(parent=into)
        Unit.objects.filter(pk=into.pk, parent=unit).update(parent=unit.parent)
    else:
        _end_posts(unit.pk, at)
        ApiKey.objects.filter(unit=unit, active=True).update(active=False)
    changed()
    told = f"→ {into.code}" if into else ""
    note_unit("merge" if into else "close", unit=unit, actor=actor, at=at, detail=_told(told, reason))
    return unit


def _refuse_close(unit: Unit, into: Unit | None) -> None:
    if not unit.active:
        raise Refused("", _("这个单位已经撤销了。"))
    if unit.backstop:
        raise Refused("", _("它是兜底单位。先把兜底交给另一个单位。"))
    if into is not None and (into.pk == unit.pk or not into.active):
        raise Refused("into", _("请选另一个在用的单位。"))


@transaction.atomic
def reopen_unit(*, unit_id: int, reason: str, actor: Actor, at: datetime) -> bool:
    """Use a closed unit again; what went to its successor stays there. False if it is in use."""
    may_change_units(actor)
    unit = lock(unit_id)
    if unit.active:
        return False
    _refuse_taken({name: getattr(unit, name) for name in NAMES}, but=unit.pk)
    Unit.objects.filter(pk=unit.pk).update(active=True, closed_at=None, successor=None)
    changed()
    note_unit("reopen", unit=unit, actor=actor, at=at, detail=_told("", reason))
    return True


@transaction.atomic
def move_people(*, source_id: int, target_id: int, user_ids: Collection[int] | None, actor: Actor, at: datetime) -> int:
    """Let people hold in another unit the roles they hold here, from now on; None means everybody. Returns how many.

    A role that has not begun yet begins there on its day. Whoever holds the same role there already just loses it here.
    """
    may_change_units(actor)
    rows = Assignment.objects.select_for_update().filter(Q(ends=None) | Q(ends__gt=at), unit_id=source_id)
    rows = rows if user_ids is None else rows.filter(user_id__in=list(user_ids))
    moved = set[int]()
    for row in list(rows.order_by("pk")):
        begins, ends = max(row.starts, at), row.ends
        _end(row, at)
        there = Assignment.objects.filter(user_id=row.user_id, role_id=row.role_id, unit_id=target_id)
        for held in there.filter(Q(ends=None) | Q(ends__gt=begins)):  # the longer of the two is kept
            begins = min(begins, held.starts)
            ends = None if ends is None or held.ends is None else max(ends, held.ends)
            held.delete()
        Assignment.objects.create(user_id=row.user_id, role_id=row.role_id, unit_id=target_id, starts=begins, ends=ends)
        moved.add(row.user_id)
    if moved:
        source = Unit.objects.get(pk=source_id)
        target = Unit.objects.get(pk=target_id)
        note_unit("people", unit=source, actor=actor, at=at, detail=f"→ {target.code}: {len(moved)}")
    return len(moved)


def _end(row: Assignment, at: datetime) -> None:
    if row.starts >= at:
        row.delete()
    else:
        row.ends = at
        row.save(update_fields=["ends"])


def _end_posts(unit_id: int, at: datetime) -> None:
    for row in Assignment.objects.select_for_update().filter(Q(ends=None) | Q(ends__gt=at), unit_id=unit_id):
        _end(row, at)
