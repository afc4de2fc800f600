"""Paging by key: the next page starts after the last row seen, so new rows above it move nothing."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet

type Value = str | int | None


class BadCursor(ValueError):
    """The cursor was not made by this list. Pages show the first page, interfaces answer 400."""


@dataclass(frozen=True)
class Page[T]:
    """Rows of one page; `next` is the cursor of the page after it, empty at the end."""

    rows: list[T]
    next: str = ""


def page_of[T](rows: Sequence[T], size: int, cursor_of: Callable[[T], str]) -> Page[T]:
    """Return a page from size+1 fetched rows: the one too many only says that there is more."""
    shown = list(rows[:size])
    return Page(shown, cursor_of(shown[-1]) if len(rows) > size and shown else "")


@dataclass(frozen=True)
class Keyset:
    """The order of a list: `Keyset("-opened_at", "-id")`. The last field must be unique.

    Fields named in `nullable` may be NULL and then stand last, in either direction.
    """

    fields: tuple[str, ...]
    nullable: frozenset[str]

    def __init__(self, *fields: str, nullable: Sequence[str] = ()) -> None:
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "nullable", frozenset(nullable))

    def page[M: Model](self, rows: QuerySet[M], *, size: int, cursor: str = "") -> Page[M]:
        """Return the page after the cursor in one query. Raises BadCursor."""
        ordered = rows.order_by(*(self._order(field) for field in self.fields))
        if cursor:
            try:
                ordered = ordered.filter(self._after(decode(cursor, len(self.fields))))
            except (ValidationError, ValueError, TypeError) as error:
                raise BadCursor from error
        return page_of(list(ordered[: size + 1]), size, self.cursor_of)

    def cursor_of(self, row: Any) -> str:
        """Return the cursor of a row: a model instance, a mapping or an object with the fields' attributes."""
        return encode([_value(row, field.lstrip("-")) for field in self.fields])

    def _order(self, field: str) -> Any:
        name = field.lstrip("-")
        if name not in self.nullable:
            return field
        return F(name).desc(nulls_last=True) if field.startswith("-") else F(name).asc(nulls_last=True)

    def _after(self, values: Sequence[Value]) -> Q:
        condition = Q()
        for field, value in reversed(list(zip(self.fields, values, strict=True))):
            condition = self._step(field, value, condition)
        # The leading column alone bounds the index scan; the OR behind it only filters.
        first, lead = self.fields[0], values[0]
        name = first.lstrip("-")
        if lead is None or name in self.nullable:
            return condition
        return Q((f"{name}__{'lte' if first.startswith('-') else 'gte'}", lead)) & condition

    def _step(self, field: str, value: Value, rest: Q) -> Q:
        name = field.lstrip("-")
        if value is None:
            if name not in self.nullable:
                raise BadCursor
            return Q((f"{name}__isnull", True)) & rest
        beyond = Q((f"{name}__{'lt' if field.startswith('-') else 'gt'}", value))
        if name in self.nullable:
            beyond |= Q((f"{name}__isnull", True))
        return beyond | (Q((name, value)) & rest) if rest else beyond


def encode(values: Sequence[Any]) -> str:
    """Return an opaque cursor; moments and the like travel as text, which the columns read again."""
    plain = [value if value is None or isinstance(value, int | str) else _text(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, ensure_ascii=False).encode()).decode().rstrip("=")


def decode(cursor: str, length: int) -> list[Value]:
    """Return the values of a cursor. Raises BadCursor for anything this program did not write."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise BadCursor from error
    if not isinstance(values, list) or len(values) != length:
        raise BadCursor
    if any(value is not None and not isinstance(value, int | str) for value in values):
        raise BadCursor
    return values


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _value(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = row[part] if isinstance(row, dict) else getattr(row, part)
    return row
