"""Small parts of larger statements: one row, all rows or a number, read beside something else."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet, Subquery
from django.db.models.functions import JSONObject

from gongjian.casework.queries import COUNT_CAP

# Of a party without contact data.
PARTY: Final = ("id", "contact_id", "anonymous", "consent_contact", "language")


class Part(NamedTuple):
    """One value of a larger statement: an expression and what it is given."""

    sql: str
    values: tuple[Any, ...]


def ids_of(rows: QuerySet[Any], column: str = "pk") -> Part:
    """Return the part of a statement that selects the ids of these rows' cases; none where nothing can be found."""
    try:
        sql, values = rows.order_by().values(column).query.sql_with_params()
    except EmptyResultSet:
        return Part("select null::bigint where false", ())
    return Part(sql, tuple(values))


def counts(*rows: QuerySet[Any], beside: Part | None = None) -> tuple[Any, ...]:
    """Return how many rows each of these has, up to the cap + 1, and last what stands `beside`: one statement."""
    parts: list[str] = []
    params: list[Any] = []
    for one in rows:
        try:
            sql, values = one.order_by().values("pk")[: COUNT_CAP + 1].query.sql_with_params()
        except EmptyResultSet:
            parts.append("0")
            continue
        parts.append(f"(select count(*) from ({sql}) counted)")
        params.extend(values)
    if beside is not None:
        parts.append(beside.sql)
        params.extend(beside.values)
    with connection.cursor() as cursor:
        cursor.execute("select " + ", ".join(parts), params)
        return tuple(cursor.fetchone() or ())


def first_of(rows: QuerySet[Any], *names: str, **paths: str) -> Subquery:
    return Subquery(rows.values(found=JSONObject(**{n: n for n in names}, **paths))[:1])


def all_of(rows: QuerySet[Any], *names: str) -> ArraySubquery:
    return ArraySubquery(rows.values(found=JSONObject(**{n: n for n in names})))


def built[M: Model](model: type[M], found: Mapping[str, Any] | None, **known: Any) -> M | None:
    """Return a row from its JSON, the values read by the model's own columns; names it does not have are left out."""
    if not found:
        return None
    columns = {f.attname: f for f in model._meta.concrete_fields}
    values = {name: columns[name].to_python(value) for name, value in found.items() if name in columns}
    return model(**values, **known)
