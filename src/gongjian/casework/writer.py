"""One data-modifying statement for many rows.

Opening or moving a case writes a dozen rows in eight tables. Sent as one statement they cost one round trip, are one
transaction, and a third of the ORM's time. The SQL is composed from the models' own columns; values are always
parameters. PostgreSQL runs the parts of such a statement on one snapshot: a part sees another's rows only through
RETURNING, which is what `Ref` stands for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper


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
        database = connections[DEFAULT_DB_ALIAS]
        composer = _Composer(database)
        bodies = [f"{_quote(p.part)} as ({composer.sql(p)})" for p in self.parts]
        picked = ", ".join(f"{_quote(answer)}.{_quote(c)}" for c in columns)
        sql = f"with {', '.join(bodies)} select {picked} from {_quote(answer)}"
        with database.cursor() as cursor:
            cursor.execute(sql, composer.params)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row


@dataclass(slots=True)
class _Composer:
    """Writes the parts of one statement and gathers their parameters in order."""

    database: BaseDatabaseWrapper
    params: list[Any] = field(default_factory=list)

    def sql(self, part: Insert | Update) -> str:
        return self.insert(part) if isinstance(part, Insert) else self.update(part)

    def insert(self, part: Insert) -> str:
        columns = [_column(part.model, name) for name in part.rows[0]]
        refs = {v.part for row in part.rows for v in row.values() if isinstance(v, Ref)} | {part.after} - {""}
        source = _source(refs)
        selects = []
        for row in part.rows:
            if len(row) != len(columns):
                raise ValueError(f"rows of {part.part} name different columns")
            values = ", ".join([self.value(c, v) for c, v in zip(columns, row.values(), strict=True)])
            selects.append(f"select {values}{source}")
        names = ", ".join([c.sql for c in columns])
        return f"insert into {_table(part.model)} ({names}) {' union all '.join(selects)}{_returning(part)}"

    def update(self, part: Update) -> str:
        refs = {v.part for v in (*part.values.values(), *part.guard.values()) if isinstance(v, Ref)}
        table = _table(part.model)
        sets = ", ".join(
            f"{_column(part.model, name).sql} = {self.value(_column(part.model, name), value)}"
            for name, value in part.values.items()
        )
        where = " and ".join(
            f"{table}.{_column(part.model, name).sql} is null"
            if value is None
            else f"{table}.{_column(part.model, name).sql} = {self.value(_column(part.model, name), value)}"
            for name, value in part.guard.items()
        )
        return f"update {table} set {sets}{_source(refs | {part.after} - {''})} where {where}{_returning(part)}"

    def value(self, column: "_Column", value: Any) -> str:
        if isinstance(value, Ref):
            return f"{_quote(value.part)}.{_quote(value.column)}"
        if isinstance(value, Sql):
            self.params.extend(value.params)
            return value.text
        self.params.append(column.field.get_db_prep_save(value, self.database))
        return column.placeholder


@dataclass(frozen=True, slots=True)
class _Column:
    field: "models.Field[Any, Any]"
    sql: str
    placeholder: str


@cache
def _column(model: type[models.Model], name: str) -> _Column:
    """Return a column with the placeholder of its values, which carries the type so that it also holds below UNION.

    Not varchar(n): an explicit cast to it would cut a long text silently, where the assignment refuses it.
    """
    column: models.Field[Any, Any] = model._meta.get_field(name)  # type: ignore[assignment]
    if isinstance(column, models.CharField):
        kind = "text"
    elif column.is_relation:
        kind = str(column.rel_db_type(connections[DEFAULT_DB_ALIAS]))
    else:
        kind = str(column.cast_db_type(connections[DEFAULT_DB_ALIAS]))
    return _Column(column, _quote(str(column.column)), f"%s::{kind}")


def _source(parts: set[str]) -> str:
    return f" from {', '.join(_quote(p) for p in sorted(parts))}" if parts else ""


def _returning(part: Insert | Update) -> str:
    if not part.returning:
        return ""
    table = _table(part.model)
    return " returning " + ", ".join([f"{table}.{_quote(c)}" for c in part.returning])


def _table(model: type[models.Model]) -> str:
    return _quote(model._meta.db_table)


def _quote(name: str) -> str:
    return f'"{name}"'
