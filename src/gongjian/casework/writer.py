"""One data-modifying statement for many rows.

Opening or moving a case writes a dozen rows in eight tables. Sent as one statement they cost one round trip, are one
transaction, and a third of the ORM's time. The SQL is composed from the models' own columns; values are always
parameters. PostgreSQL runs the parts of such a statement on one snapshot: a part sees another's rows only through
RETURNING, which is what `Ref` stands for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models


@dataclass(frozen=True, slots=True)
class Ref:
    """A column that another part of the statement returns."""

    part: str
    column: str = "id"


@dataclass(frozen=True, slots=True)
class Sql:
    """An expression written out, with its parameters."""

    text: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows for one table; every row names the same columns."""

    part: str
    model: type[models.Model]
    rows: Sequence[Mapping[str, Any]]
    returning: tuple[str, ...] = ("id",)
    after: str = ""  # a part that must have found its row


@dataclass(frozen=True, slots=True)
class Update:
    """A guarded change; nothing else of the statement happens where `guard` finds no row, if it refers to this part."""

    part: str
    model: type[models.Model]
    values: Mapping[str, Any]
    guard: Mapping[str, Any]
    returning: tuple[str, ...] = ("id",)
    after: str = ""  # a part that must have found its row


@dataclass(slots=True)
class Statement:
    """Parts in order; `run` sends them and returns the row of `answer`, or None where its guard found nothing."""

    parts: list[Insert | Update] = field(default_factory=list)

    def add(self, part: Insert | Update) -> None:
        if isinstance(part, Update) or part.rows:
            self.parts.append(part)

    def run(self, answer: str, columns: Sequence[str]) -> tuple[Any, ...] | None:
        params: list[Any] = []
        bodies = [f"{p.part} as ({_sql(p, params)})" for p in self.parts]
        picked = ", ".join(f"{_quote(answer)}.{_quote(c)}" for c in columns)
        sql = f"with {', '.join(bodies)} select {picked} from {_quote(answer)}"
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def _sql(part: Insert | Update, params: list[Any]) -> str:
    return _insert(part, params) if isinstance(part, Insert) else _update(part, params)


def _insert(part: Insert, params: list[Any]) -> str:
    fields = [_field(part.model, name) for name in part.rows[0]]
    names = ", ".join(_quote(f.column) for f in fields)
    refs = {v.part for row in part.rows for v in row.values() if isinstance(v, Ref)} | {part.after} - {""}
    selects = []
    for row in part.rows:
        if len(row) != len(fields):
            raise ValueError(f"rows of {part.part} name different columns")
        selects.append("select " + ", ".join(_value(f, v, params) for f, v in zip(fields, row.values(), strict=True)))
    source = f" from {', '.join(_quote(r) for r in sorted(refs))}" if refs else ""
    body = " union all ".join(select + source for select in selects)
    return f"insert into {_table(part.model)} ({names}) {body}{_returning(part)}"


def _update(part: Update, params: list[Any]) -> str:
    sets = ", ".join(
        f"{_quote(f.column)} = {_value(f, value, params)}"
        for f, value in ((_field(part.model, name), value) for name, value in part.values.items())
    )
    refs = {v.part for v in (*part.values.values(), *part.guard.values()) if isinstance(v, Ref)} | {part.after} - {""}
    source = f" from {', '.join(_quote(r) for r in sorted(refs))}" if refs else ""
    table = _table(part.model)
    where = " and ".join(
        f"{table}.{_quote(f.column)} = {_value(f, value, params)}"
        for f, value in ((_field(part.model, name), value) for name, value in part.guard.items())
    )
    return f"update {table} set {sets}{source} where {where}{_returning(part)}"


def _value(column: "models.Field[Any, Any]", value: Any, params: list[Any]) -> str:
    if isinstance(value, Ref):
        return f"{_quote(value.part)}.{_quote(value.column)}"
    if isinstance(value, Sql):
        params.extend(value.params)
        return value.text
    params.append(column.get_db_prep_save(value, connection))
    return f"%s::{_type(column)}"


def _type(column: "models.Field[Any, Any]") -> str:
    """Return the type a bare parameter is cast to, so that it also holds below UNION.

    Not varchar(n): an explicit cast to it would cut a long text silently, where the assignment refuses it.
    """
    if isinstance(column, models.CharField):
        return "text"
    return str(column.rel_db_type(connection) if column.is_relation else column.cast_db_type(connection))


def _returning(part: Insert | Update) -> str:
    if not part.returning:
        return ""
    table = _table(part.model)
    return " returning " + ", ".join(f"{table}.{_quote(c)}" for c in part.returning)


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    return model._meta.get_field(name)  # type: ignore[return-value]  # noqa: SLF001


def _table(model: type[models.Model]) -> str:
    return _quote(model._meta.db_table)  # noqa: SLF001


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)
