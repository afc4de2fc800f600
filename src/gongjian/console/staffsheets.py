"""Units and people as spreadsheets: read, compared with what is there, written in one transaction or not at all."""

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from gongjian.console.words import UNIT_KINDS
from gongjian.documents.tables import (
    Choice,
    Column,
    Plan,
    RowError,
    Table,
    WrongCell,
    compare,
    open_table,
    text,
    write_errors,
    write_rows,
    write_template,
)
from gongjian.identity import actions
from gongjian.identity.actor import Actor
from gongjian.identity.models import User
from gongjian.identity.queries import roles, roles_held, units
from gongjian.identity.reference import RESIDENT
from gongjian.identity.refusals import Refused
from gongjian.identity.rules import fold_name, is_username

MOST_BYTES: Final = 600_000
MOST_ROWS: Final = 5_000


@dataclass(frozen=True)
class Sheet:
    """One table that administrators take out and in."""

    name: str
    key: str
    table: Callable[[], Table]
    present: Callable[[datetime], dict[Any, dict[str, Any]]]
    write: Callable[[Mapping[str, Any], bool, Actor, datetime], None]


def _choices(words: Mapping[str, object]) -> list[Choice]:
    def said(language: str) -> dict[str, str]:
        with override(language):
            return {key: str(word) for key, word in words.items()}

    zh, en = said("zh-hans"), said("en")
    return [Choice(key, zh[key], en[key]) for key in words]


def _unit_id(cell: Any) -> int:
    """Read a unit by its code or any of its names."""
    typed = str(cell).strip()
    for unit in units().active:
        if typed.casefold() in {
            unit.code,
            unit.short_zh,
            unit.name_zh,
            unit.short_en.casefold(),
            unit.name_en.casefold(),
        }:
            return unit.id
    raise WrongCell(_("没有“{unit}”这个单位，写代码、简称或全称。").format(unit=typed))


def _username(cell: Any) -> str:
    folded = fold_name(str(cell))
    if not is_username(folded):
        raise WrongCell(_("工号用 3 到 64 个小写字母、数字、点或短横。"))
    return folded


def _email(cell: Any) -> str:
    folded = fold_name(str(cell))
    try:
        validate_email(folded)
    except ValidationError as error:
        raise WrongCell(" ".join(error.messages)) from error
    return folded


def _unit_table() -> Table:
    return Table(
        "units",
        (
            Column("code", "代码", "Code", required=True, example="xinju", parse=lambda c: str(c).strip().lower()),
            Column("name_zh", "全称", "Full name", required=True, example="盐田区新事局", parse=text(60), width=32),
            Column("short_zh", "简称", "Short name", required=True, example="区新事局", parse=text(20)),
            Column("name_en", "英文全称", "Full name in English", parse=text(120), width=32, empty=""),
            Column("short_en", "英文简称", "Short name in English", parse=text(60), empty=""),
            Column("kind", "性质", "Kind", required=True, choices=_choices(UNIT_KINDS)),
            Column("parent_id", "上级", "Above it", parse=_unit_id, note_zh="代码、简称或全称", note_en="code or name"),
        ),
    )


def _units_present(_at: datetime) -> dict[Any, dict[str, Any]]:
    columns = ("code", "name_zh", "short_zh", "name_en", "short_en", "kind", "parent_id")
    return {unit.code: {name: getattr(unit, name) for name in columns} for unit in units().active}


def _write_unit(row: Mapping[str, Any], new: bool, actor: Actor, at: datetime) -> None:
    facts: dict[str, Any] = {name: row[name] or "" for name in ("name_zh", "short_zh", "name_en", "short_en", "kind")}
    if new:
        actions.create_unit(code=row["code"], parent_id=row["parent_id"], actor=actor, at=at, **facts)
        return
    known = units().by_code[row["code"]]
    facts["name_en"], facts["short_en"] = facts["name_en"] or known.name_en, facts["short_en"] or known.short_en
    actions.change_unit(unit_id=known.id, parent_id=row["parent_id"], actor=actor, at=at, **facts)


def _people_table() -> Table:
    desks = [Choice(role.code, role.name_zh, role.name_en) for role in roles().values() if role.code != RESIDENT]
    return Table(
        "people",
        (
            Column("username", "工号", "User name", required=True, example="li.na", parse=_username),
            Column("name", "姓名", "Name", required=True, example="李娜", parse=text(40)),
            Column("name_en", "英文名", "English name", parse=text(60), empty=""),
            Column("email", "政务邮箱", "Work address", parse=_email, width=28, empty=""),
            Column("unit", "单位", "Unit", parse=_unit_id, note_zh="代码、简称或全称", note_en="code or name"),
            Column("role", "岗位", "Role", choices=desks),
        ),
    )


def _people_present(at: datetime) -> dict[Any, dict[str, Any]]:
    staff = User.objects.filter(kind=User.Kind.STAFF, is_active=True).order_by("username")
    rows = list(staff.values_list("pk", "username", "name", "name_en", "email"))
    first: dict[int, tuple[int, str]] = {}
    for held in roles_held(at=at, user_ids=[row[0] for row in rows]):
        first.setdefault(held.user_id, (held.unit_id, roles()[held.role_id].code))
    return {
        username: {
            "username": username,
            "name": name,
            "name_en": name_en,
            "email": email or "",
            "unit": first.get(pk, (None, None))[0],
            "role": first.get(pk, (None, None))[1],
        }
        for pk, username, name, name_en, email in rows
    }


def _write_person(row: Mapping[str, Any], new: bool, actor: Actor, at: datetime) -> None:
    facts = {name: row[name] or "" for name in ("name", "name_en", "email")}
    if new:
        user = actions.create_user(username=row["username"], actor=actor, at=at, **facts)
    else:
        user = User.objects.get(username=row["username"])
        actions.change_user(user=user, actor=actor, at=at, **facts)
    if bool(row["unit"]) != bool(row["role"]):
        raise Refused("role" if row["unit"] else "unit", _("单位和岗位要一起写，或都空着。"))
    if row["unit"] and not _holds(user.pk, row["unit"], row["role"], at):
        actions.assign(user=user, unit=row["unit"], role=row["role"], actor=actor, at=at)


def _holds(user_id: int, unit_id: int, role: str, at: datetime) -> bool:
    held = roles_held(at=at, user_ids=[user_id])
    return any(one.unit_id == unit_id and roles()[one.role_id].code == role for one in held)


UNITS: Final = Sheet("units", "code", _unit_table, _units_present, _write_unit)
PEOPLE: Final = Sheet("people", "username", _people_table, _people_present, _write_person)


def plan_of(sheet: Sheet, content: bytes, at: datetime) -> Plan:
    """Return what a file would change. Raises UnreadableSheet and MissingColumns."""
    reading = open_table(io.BytesIO(content), sheet.table())
    plan = replace(compare(reading.rows(), sheet.present(at), key=sheet.key), notes=reading.notes())
    if plan.rows > MOST_ROWS:
        raise WrongCell(_("一次最多 {n} 行。").format(n=MOST_ROWS))
    return plan


def errors_by_row(wrong: Iterable[RowError]) -> dict[int, list[RowError]]:
    """Return what is wrong by the number of the row."""
    found: dict[int, list[RowError]] = {}
    for error in wrong:
        found.setdefault(error.row, []).append(error)
    return found


@transaction.atomic
def take_in(sheet: Sheet, content: bytes, *, actor: Actor, at: datetime) -> Plan:
    """Write what a file changes, without the rows that are wrong. Raises Refused naming the row: nothing is written."""
    plan = plan_of(sheet, content, at)
    for new, rows in ((True, plan.new), (False, plan.changed)):
        for row in rows:
            try:
                sheet.write(row, new, actor, at)
            except Refused as refused:
                named = _("{key}：{why}").format(key=row[sheet.key], why=refused)
                raise Refused(refused.field, named) from refused
    return plan


def file_of(sheet: Sheet, language: str, at: datetime, *, template: bool = False) -> bytes:
    """Return the table as it stands, or the empty one with an example, as xlsx."""
    buffer = io.BytesIO()
    table = sheet.table()
    if template:
        write_template(buffer, table, language)
    else:
        write_rows(buffer, table, map(_named_units, sheet.present(at).values()), language)
    return buffer.getvalue()


def _named_units(row: Mapping[str, Any]) -> dict[str, Any]:
    book = units().by_id
    names = {key: book[row[key]].short_zh for key in ("unit", "parent_id") if row.get(key) in book}
    return {**row, **names}


def wrong_file(sheet: Sheet, content: bytes, wrong: Iterable[RowError], language: str) -> bytes:
    """Return the wrong rows again, with the reason in a column of its own."""
    buffer = io.BytesIO()
    write_errors(buffer, open_table(io.BytesIO(content), sheet.table()), errors_by_row(wrong), language)
    return buffer.getvalue()


TITLES: Final = {"units": gettext_lazy("单位表格"), "people": gettext_lazy("人员表格")}
