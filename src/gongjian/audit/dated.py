"""Rows with days of validity that administrators keep: never rewritten once they hold, only followed, each on record.

A row holds from its first day until its last, which is not in it; days are those of Shenzhen. What has begun may be
ended or followed by another row, from today on at the earliest; what has not begun may still be corrected or withdrawn.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from django.db import IntegrityError, connection, models, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from gongjian.audit.actions import record
from gongjian.workdays.rules import local_day

LONGEST_DETAIL = 500
LONGEST_NAME = 64


class Doer(Protocol):
    """Whoever acts, as the record names him."""

    @property
    def kind(self) -> str: ...
    @property
    def user_id(self) -> int | None: ...
    @property
    def unit_id(self) -> int | None: ...


class Refused(Exception):
    """A change that cannot be made: at which field, and what to do instead."""

    def __init__(self, field: str, message: Any) -> None:
        super().__init__(field, str(message))
        self.field = field
        self.message = message


class Stale(Refused):
    """Somebody else changed the row since it was read."""

    def __init__(self) -> None:
        super().__init__("", _("这一条刚被别人改过。刷新后看看现在的样子，再改。"))


@dataclass(frozen=True)
class Table:
    """What the writer needs to know of a table: which columns name a row, which may change, how the record tells it."""

    model: type[models.Model]
    identity: tuple[str, ...]
    values: tuple[str, ...]
    action: str  # "hotline.rule": the record says hotline.rule.add
    kind: str  # of the object in the record
    name: Callable[[Any], str]  # what the record calls a row; stays the same for all that speak of one thing
    tell: Callable[[Any], Mapping[str, Any]]  # a row as its form shows it
    soonest: int = 0  # days from today at which a change may begin
    in_use: Callable[[Any], bool] = lambda _row: False  # a row that began today and is used already cannot be corrected


def fingerprint(row: models.Model) -> str:
    """Return what tells whether a row is still the one that was read."""
    values = [(field.attname, str(getattr(row, field.attname))) for field in row._meta.concrete_fields]
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def _plain(value: Any) -> str:
    """Return a value as the record keeps it; what parts its pieces becomes a comma."""
    if value is None:
        return ""
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return " ".join(text.split()).replace("; ", "；")


def first_of(row: Any) -> date:
    """Return the first day of a row; the dawn of time where none is written."""
    return row.valid.lower or date.min


def add(
    table: Table, *, values: Mapping[str, Any], first: date, last: date | None, by: Doer, at: datetime
) -> models.Model:
    """Insert a row that speaks of something nobody speaks of in these days. Raises Refused."""
    with _alone(table):
        _check_span(table, first, last, at)
        row = table.model(**values, valid=DateRange(first, last))
        _check_free(table, row)
        row.save(force_insert=True)
        _note(table, row, "add", by, at, _told(table, row))
    return row


def change(
    table: Table,
    *,
    key: int,
    seen: str,
    values: Mapping[str, Any],
    first: date,
    last: date | None,
    by: Doer,
    at: datetime,
) -> models.Model:
    """Let other values hold from a day on: what has begun is followed by a new row, what has not is corrected.

    Without other values only the last day changes. Raises Refused, Stale where the row is not the one that was seen.
    """
    with _alone(table):
        row = _read(table, key, seen)
        different = [name for name in table.values if name in values and getattr(row, name) != values[name]]
        began = first_of(row)
        if began <= local_day(at) and not different:
            return _end(table, row, last, by, at)
        told = _difference(table, row, values)
        if began > local_day(at):
            return _correct_ahead(table, row, values, (first, last), told, by, at)
        if began == first == local_day(at) and not table.soonest and not table.in_use(row):
            return _correct(table, row, values, last, told, by, at)
        return _follow(table, row, values, (first, last), told, by, at)


def end(table: Table, *, key: int, seen: str, last: date | None, by: Doer, at: datetime) -> models.Model:
    """Let a row hold until a day, which is not in it, or without end again. Raises Refused, Stale."""
    with _alone(table):
        return _end(table, _read(table, key, seen), last, by, at)


def withdraw(table: Table, *, key: int, seen: str, by: Doer, at: datetime) -> None:
    """Take back a row that has not begun; the row before it holds on. Raises Refused, Stale."""
    with _alone(table):
        row = _read(table, key, seen)
        began = first_of(row)
        if began <= local_day(at):
            raise Refused("", _("已经生效的不能撤回，只能写到哪天为止。"))
        _note(table, row, "withdraw", by, at, _told(table, row))
        last = row.valid.upper
        before = _before(table, row, began)
        row.delete()
        _hold_until(before, last)


def _end(table: Table, row: Any, last: date | None, by: Doer, at: datetime) -> models.Model:
    if last == row.valid.upper:
        return row  # type: ignore[no-any-return]
    if last is not None and last < max(local_day(at) + timedelta(days=table.soonest), first_of(row)):
        raise Refused("until", _too_early(table, at))
    old = row.valid.upper
    row.valid = DateRange(row.valid.lower, last)
    _check_free(table, row)
    row.save(update_fields=["valid"])
    _note(table, row, "end", by, at, f"until: {old or ''} → {last or ''}")
    return row  # type: ignore[no-any-return]


def _follow(
    table: Table,
    row: Any,
    values: Mapping[str, Any],
    span: tuple[date, date | None],
    told: str,
    by: Doer,
    at: datetime,
) -> models.Model:
    first, last = span[0], span[1] or row.valid.upper
    _check_span(table, first, last, at)
    if first <= first_of(row):
        raise Refused("since", _("这一条今天刚生效，已经用上了，改动从明天起。"))
    if row.valid.upper is not None and first >= row.valid.upper:
        raise Refused("since", format_lazy(_("这一条到 {day} 就停了，改动要在那之前。"), day=row.valid.upper))
    row.valid = DateRange(row.valid.lower, first)
    row.save(update_fields=["valid"])
    known = {name: getattr(row, name) for name in (*table.identity, *table.values)}
    fresh = table.model(**{**known, **values}, valid=DateRange(first, last))
    _check_free(table, fresh)
    fresh.save(force_insert=True)
    _note(table, fresh, "follow", by, at, f"since: {first}; {told}")
    return fresh


def _correct(
    table: Table, row: Any, values: Mapping[str, Any], last: date | None, told: str, by: Doer, at: datetime
) -> models.Model:
    for name, value in values.items():
        setattr(row, name, value)
    row.valid = DateRange(row.valid.lower, last)
    _check_free(table, row)
    row.save()
    _note(table, row, "correct", by, at, told)
    return row  # type: ignore[no-any-return]


def _correct_ahead(
    table: Table,
    row: Any,
    values: Mapping[str, Any],
    span: tuple[date, date | None],
    told: str,
    by: Doer,
    at: datetime,
) -> models.Model:
    first, last = span
    _check_span(table, first, last, at)
    began = first_of(row)
    before = _before(table, row, began)
    if before is not None and first <= first_of(before):
        raise Refused("since", format_lazy(_("前一条从 {day} 起，这一条要在它之后。"), day=before.valid.lower))
    if first < began:  # make room before moving in
        _hold_until(before, first)
    for name, value in values.items():
        setattr(row, name, value)
    row.valid = DateRange(first, last)
    _check_free(table, row)
    row.save()
    if first > began:
        _hold_until(before, first)
    days = "" if first == began else f"since: {began} → {first}; "
    _note(table, row, "correct", by, at, days + told)
    return row  # type: ignore[no-any-return]


def _hold_until(before: Any, day: date | None) -> None:
    """Let the row before hold until a day, where there is one."""
    if before is not None:
        before.valid = DateRange(before.valid.lower, day)
        before.save(update_fields=["valid"])


@contextmanager
def _alone(table: Table) -> Iterator[None]:
    """One transaction, one writer of the table at a time: rows that come later cannot overlap unseen."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", [table.model._meta.label])
            yield
    except IntegrityError as error:
        raise Refused("", _("已经有一条同样的，或者日子重叠了。")) from error


def _read(table: Table, key: int, seen: str) -> Any:
    row = table.model._default_manager.select_for_update().filter(pk=key).first()
    if row is None or fingerprint(row) != seen:
        raise Stale
    return row


def _same(table: Table, row: models.Model) -> models.QuerySet[Any]:
    known = {name: getattr(row, name) for name in table.identity}
    return table.model._default_manager.filter(**known).exclude(pk=row.pk)


def _before(table: Table, row: models.Model, began: date) -> Any:
    """Return the row that ended where this one begins."""
    return _same(table, row).filter(valid__endswith=began).first()


def _check_free(table: Table, row: Any) -> None:
    other: Any = _same(table, row).filter(valid__overlap=row.valid).first()
    if other is None:
        return
    if other.valid.lower is not None and first_of(row) < other.valid.lower:
        raise Refused("until", format_lazy(_("{day} 起已有另一条，写到那天为止。"), day=other.valid.lower))
    raise Refused(
        "since", format_lazy(_("这些日子里已有一条（从 {day} 起），改那一条就行。"), day=other.valid.lower or "")
    )


def _check_span(table: Table, first: date, last: date | None, at: datetime) -> None:
    if first < local_day(at) + timedelta(days=table.soonest):
        raise Refused("since", _too_early(table, at))
    if last is not None and last <= first:
        raise Refused("until", _("停用的日子要在生效的日子之后。"))


def _too_early(table: Table, at: datetime) -> Any:
    day = local_day(at) + timedelta(days=table.soonest)
    return format_lazy(_("最早从 {day} 起：过去的不能改，已经开始的不重算。"), day=day)


def _told(table: Table, row: Any) -> str:
    days = f"since: {row.valid.lower}" + (f"; until: {row.valid.upper}" if row.valid.upper else "")
    return "; ".join([days, *(f"{name}: {_plain(value)}" for name, value in table.tell(row).items() if value)])


def _difference(table: Table, row: models.Model, values: Mapping[str, Any]) -> str:
    """Tell which values change from what to what, as people know them."""
    known = {name: getattr(row, name) for name in (*table.identity, *table.values)}
    before, after = table.tell(row), table.tell(table.model(**{**known, **values}))
    return told_change(before, after)


def told_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return what differs, as the record keeps it: "name: old → new; ..."."""
    pairs = [(name, _plain(before.get(name)), _plain(value)) for name, value in after.items()]
    return "; ".join(f"{name}: {old} → {new}" for name, old, new in pairs if old != new)


def _note(table: Table, row: Any, what: str, by: Doer, at: datetime, detail: str) -> None:
    record(
        action=f"{table.action}.{what}",
        actor_kind=by.kind,
        actor_id=by.user_id,
        unit_id=by.unit_id,
        object_kind=table.kind,
        object_id=table.name(row)[:LONGEST_NAME],
        detail=detail[:LONGEST_DETAIL],
        at=at,
    )
