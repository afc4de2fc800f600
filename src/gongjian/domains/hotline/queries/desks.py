"""The lists staff work through, all day long: written as SQL and read as plain rows, for they are the busiest pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection

from gongjian.casework.queries import COUNT_CAP, DUE_CLOCK, OVER, Desk, unrestricted_sql
from gongjian.domains.hotline.queries.found import Part

OPEN: Final = "closed_at is null and due_at is not null"
# Units and sizes stand in the statement itself: a plan for any units at all would walk through every open case.
HELPED: Final = (
    "exists (select 1 from casework_caseshare s where s.case_id = casework_case.id"
    " and s.unit_id = any('{{{units}}}'::bigint[]))"
)
ASKED: Final = (
    "exists (select 1 from hotline_extension e where e.case_id = casework_case.id"
    " and e.decided_at is null and e.number = {number})"
)
UNREAD: Final = "select 1 from notify_message where recipient_user_id = %s and channel = 'site' and read_at is null"


@dataclass(frozen=True, slots=True)
class NarrowDesk(Desk):
    """A desk narrowed further: cases nobody has taken yet, or those whose first or second extension waits."""

    free: bool = False
    asked: int = 0


# Several desks are one list of cases that stand in one of them each; None is the list of cases units help with.
type Desks = Desk | tuple[Desk, ...] | None


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
    due_clock: str | None  # the clock that ends at due_at

    @property
    def pk(self) -> int:
        return self.id


def listed(case: str) -> str:
    """Return the columns of `Listed` as a statement selects them from `case`."""
    columns = (f"{case}.{name}" for name in Listed._fields[:-1])
    return ", ".join((*columns, DUE_CLOCK.format(case=case)))


def on_list(
    desk: Desks, *, helping: frozenset[int], after: tuple[datetime, int] | None = None, size: int = 50
) -> list[Listed]:
    """Return open cases, nearest deadline first, one more than `size`: one statement.

    Without a desk those the units `helping` assist with but need not hold.
    """
    rows, values = rows_of(desk, helping)
    if after is not None:
        rows, values = f"{rows} and (due_at, id) > (%s, %s)", [*values, *after]
    sql = f"select {listed('casework_case')} {rows} order by due_at, id limit {size + 1}"
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(map(Listed._make, cursor.fetchall()))


def sizes(
    desks: Sequence[Desks], *, helping: frozenset[int], user_id: int | None, beside: Part | None = None
) -> tuple[Any, ...]:
    """Return how many cases each list has, then how many notices are unread, up to the cap + 1, and what is `beside`.

    One statement.
    """
    parts: list[str] = []
    params: list[Any] = []
    for desk in desks:
        rows, values = rows_of(desk, helping)
        parts.append(f"(select count(*) from (select 1 {rows} limit {COUNT_CAP + 1}) counted)")
        params += values
    parts.append(f"(select count(*) from ({UNREAD} limit {COUNT_CAP + 1}) counted)")
    params.append(user_id)
    if beside is not None:
        parts.append(beside.sql)
        params += beside.values
    with connection.cursor() as cursor:
        cursor.execute("select " + ", ".join(parts), params)
        return tuple(cursor.fetchone() or ())


def rows_of(desk: Desks, helping: frozenset[int]) -> tuple[str, list[Any]]:
    """Return `from … where …` of a list, and the values of it.

    Several desks are united, not joined by "or": each reads its own range of an index, in order.
    """
    if not isinstance(desk, tuple):
        where, values = _conditions(desk, helping)
        return f"from casework_case where {where}", values
    parts = [_conditions(one, helping) for one in desk] or [("false", [])]
    union = " union all ".join(f"select * from casework_case where {where}" for where, _values in parts)
    return f"from ({union}) casework_case where true", [value for _where, values in parts for value in values]


def _conditions(desk: Desk | None, helping: frozenset[int]) -> tuple[str, list[Any]]:
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
        parts.append(OVER.format(case="casework_case", at="%s"))
        values.append(desk.late_at)
    if isinstance(desk, NarrowDesk):
        parts += ["holder_id is null"] * desk.free
        parts += [ASKED.format(number=desk.asked)] * bool(desk.asked)
    return " and ".join(parts), values


def _one_of(column: str, of: str, wanted: Any, values: list[Any]) -> str:
    """Return the condition; a single value lets an index also give the order."""
    if len(wanted) == 1:
        values.append(next(iter(wanted)))
        return f"{column} = %s"
    values.append(list(wanted))
    return f"{column} = any(%s::{of}[])"
