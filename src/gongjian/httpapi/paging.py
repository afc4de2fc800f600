"""Pages by key: quick on the thousandth page, and nothing slips when rows come in between."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Field, Schema

from gongjian.httpapi.fields import BIGGEST
from gongjian.httpapi.problems import FieldError, Problem

MOST = 200
KEY_PARAMETER = "api_key"  # of whoever cannot send the header
USUAL = 50


class PageQuery(Schema):
    """Parameters of a list."""

    limit: int = Field(USUAL, ge=1, le=MOST, description="Rows of a page.")
    cursor: str = Field("", max_length=500, description="`next` of the page before; empty for the first.")


class Page[T](Schema):
    """One page of a list; `next` is the cursor of the following one, null on the last."""

    items: list[T]
    next: str | None


@dataclass(frozen=True, slots=True)
class Slice[M: Model]:
    items: Sequence[M]
    next: str | None


def only_known(request: HttpRequest, query: type[Schema]) -> None:
    """Refuse parameters that a list does not have: a mistyped filter must not pass for no filter. Raises Problem."""
    unknown = [name for name in request.GET if name not in query.model_fields and name != KEY_PARAMETER]
    if unknown:
        told = _("没有这一项，请去掉。")
        raise Problem(422, "invalid", errors=[FieldError(name[:60], told) for name in unknown[:20]])


def page_of[T](rows: Sequence[T], limit: int, key_of: Callable[[T], Sequence[Any]]) -> tuple[Sequence[T], str | None]:
    """Return the page and the cursor behind it from limit + 1 fetched rows: the one too many says there is more."""
    shown = rows[:limit]
    return shown, encode(key_of(shown[-1])) if len(rows) > limit else None


def slice_of[M: Model](rows: QuerySet[M], order: Sequence[str], query: PageQuery) -> Slice[M]:
    """Return one page of `rows` in `order` (field names, "-" for falling; the last one unique, none of them null).

    Raises Problem 422 for a cursor that is not ours.
    """
    ordered = rows.order_by(*order)
    if query.cursor:
        ordered = ordered.filter(_after(rows.model, order, decode(query.cursor, len(order))))
    found = list(ordered[: query.limit + 1])
    more = len(found) > query.limit
    items = found[: query.limit]
    return Slice(items, _encode(items[-1], order) if more else None)


def _after(model: type[Model], order: Sequence[str], texts: Sequence[str]) -> Q:
    """Return the condition "behind this row", with a plain bound on the first field for the index to start from."""
    values = [_value(model, name, text) for name, text in zip(order, texts, strict=True)]
    behind = Q()
    for place, name in enumerate(order):
        equal = {key.lstrip("-"): value for key, value in zip(order[:place], values[:place], strict=True)}
        behind |= Q(**equal, **{_compare(name, ""): values[place]})
    return Q(**{_compare(order[0], "e"): values[0]}) & behind


def _compare(name: str, or_equal: str) -> str:
    return f"{name.lstrip('-')}__{'lt' if name.startswith('-') else 'gt'}{or_equal}"


def _value(model: type[Model], name: str, text: str) -> Any:
    try:
        return model._meta.get_field(name.lstrip("-")).to_python(text)  # type: ignore[union-attr]
    except (ValidationError, ValueError) as error:
        raise _refusal() from error


def _encode(row: Model, order: Sequence[str]) -> str:
    return encode([getattr(row, name.lstrip("-")) for name in order])


def encode(values: Sequence[Any]) -> str:
    """Return a cursor of these values."""
    texts = [value.isoformat() if isinstance(value, datetime | date) else str(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(texts).encode()).rstrip(b"=").decode()


def decode_number(cursor: str) -> int | None:
    """Return the one number a cursor holds, None for the first page. Raises Problem 422 for a cursor not ours."""
    if not cursor:
        return None
    (text,) = decode(cursor, 1)
    if not (text.isascii() and text.isdigit()) or int(text) > BIGGEST:
        raise _refusal()
    return int(text)


def decode(cursor: str, length: int) -> list[str]:
    """Return the texts a cursor holds. Raises Problem 422 for a cursor that is not ours."""
    try:
        texts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise _refusal() from error
    if not isinstance(texts, list) or len(texts) != length or not all(isinstance(text, str) for text in texts):
        raise _refusal()
    return texts


def _refusal() -> Problem:
    return Problem(422, "invalid", errors=[FieldError("cursor", _("用上一页给出的 next，不要改动；或从第一页开始。"))])
