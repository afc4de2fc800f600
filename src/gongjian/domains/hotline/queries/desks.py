"""The lists staff work through, all day long: written as SQL and read as plain rows, for they are the busiest pages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection

from gongjian.casework.queries import COUNT_CAP, Desk, unrestricted_sql
from gongjian.domains.hotline.queries.found import Part

OPEN: Final = "closed_at is null and due_at is not null"
# Units and sizes stand in the statement itself: a plan for any units at all would walk through every open case.
HELPED: Final = (
    "exists (select 1 from casework_caseshare s where s.case_id = casework_case.id"
    " and s.unit_id = any('{{{units}}}'::bigint[]))"
)
UNREAD: Final = "select 1 from notify_message where recipient_user_id = %s and channel = 'site' and read_at is null"


class Listed(NamedTuple):
    """One case of a list: its columns by their names, in the order of the statement."""

    id: int
    number: str
    kind: str
    topic_id: int | None
    state: str
    urgency: int
    title: str
    community_id: int | None
    holder_unit_id: int | None
    holder_id: int | None
    restricted: bool
    opened_at: datetime
    due_at: datetime
    version: int

    @property
    def pk(self) -> int:
        return self.id


def on_list(
    desk: Desk | None, *, helping: frozenset[int], after: tuple[datetime, int] | None = None, size: int = 50
) -> list[Listed]:
    """Return open cases, nearest deadline first, one more than `size`: one statement.

    Without a desk those the units `helping` assist with but need not hold.
    """
    where, values = conditions(desk, helping)
    if after is not None:
        where, values = f"{where} and (due_at, id) > (%s, %s)", [*values, *after]
    sql = f"select {', '.join(Listed._fields)} from casework_case where {where} order by due_at, id limit {size + 1}"
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(map(Listed._make, cursor.fetchall()))


def sizes(
    desks: Sequence[Desk | None], *, helping: frozenset[int], user_id: int | None, beside: Part | None = None
) -> tuple[Any, ...]:
    """Return how many cases each list has, then how many notices are unread, up to the cap + 1, and what is `beside`.

    One statement.
    """
    parts: list[str] = []
    params: list[Any] = []
    for desk in desks:
        where, values = conditions(desk, helping)
        parts.append(
            f"(select count(*) from (select 1 from casework_case where {where} limit {COUNT_CAP + 1}) counted)"
        )
        params += values
    parts.append(f"(select count(*) from ({UNREAD} limit {COUNT_CAP + 1}) counted)")
    params.append(user_id)
    if beside is not None:
        parts.append(beside.sql)
        params += beside.values
    with connection.cursor() as cursor:
        cursor.execute("select " + ", ".join(parts), params)
        return tuple(cursor.fetchone() or ())


def conditions(desk: Desk | None, helping: frozenset[int]) -> tuple[str, list[Any]]:
    """Return what a case of this list fulfils, and the values of it."""
    if desk is None:
        helped = HELPED.format(units=",".join(map(str, sorted(helping))))
        return f"{OPEN} and {unrestricted_sql()} and {helped}", []
    lists = (
        ("holder_unit_id", desk.units),
        ("topic_id", desk.topics or None),
        ("community_id", desk.communities or None),
    )
    parts: list[str] = [OPEN, unrestricted_sql(desk.restricted)]
    values: list[Any] = []
    for column, wanted in lists:
        if wanted is not None:
            parts.append(_one_of(column, "bigint", wanted, values))
    if desk.states:
        parts.append(_one_of("state", "text", desk.states, values))
    if desk.holder is not None:
        parts.append("holder_id = %s")
        values.append(desk.holder)
    if desk.late_at is not None:
        parts.append("due_at < %s")
        values.append(desk.late_at)
    return " and ".join(parts), values


def _one_of(column: str, of: str, wanted: Any, values: list[Any]) -> str:
    """Return the condition; a single value lets an index also give the order."""
    if len(wanted) == 1:
        values.append(next(iter(wanted)))
        return f"{column} = %s"
    values.append(list(wanted))
    return f"{column} = any(%s::{of}[])"
