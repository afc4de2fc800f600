"""Rows as lines of PostgreSQL's COPY text format."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import models

from gongjian.casework.models import (
    Case,
    CaseClock,
    CaseEvent,
    CaseParty,
    CaseShare,
    CaseText,
    ClockPause,
    EventText,
)
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.parties.models import Contact

# Parents before children: foreign keys that stay in place are checked row by row.
ORDER: Final[tuple[type[models.Model], ...]] = (
    Contact, Case, ServiceRequest, CaseParty, CaseEvent, EventText, CaseClock, ClockPause, CaseShare, CaseText,
)  # fmt: skip
NULL: Final = r"\N"
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n", "\t": r"\t", "\r": r"\r"})

# The label of a table, its columns and its rows.
type Chunk = tuple[str, tuple[str, ...], bytes]


def plain(text: str) -> str:
    """Return a text with the signs escaped that mean something to COPY; few hold one, so they are looked for first."""
    if "\\" in text or "\n" in text or "\t" in text or "\r" in text:
        return text.translate(_ESCAPES)
    return text


def binary(value: bytes | memoryview) -> str:
    """Return bytes as COPY reads them."""
    return f"\\\\x{value.hex()}"


def cell(value: Any) -> str:
    """Return any value as COPY reads it."""
    if value is None:
        return NULL
    form = _FORMS.get(type(value))
    return form(value) if form is not None else str(value)


_FORMS: Final[dict[type, Callable[[Any], str]]] = {
    str: plain,
    bool: lambda value: "t" if value else "f",
    datetime: datetime.isoformat,
    bytes: binary,
    memoryview: binary,
}


class Moments(dict[datetime | None, str]):
    """Moments as COPY reads them; one case and one day name the same ones again and again."""

    def __init__(self) -> None:
        super().__init__({None: NULL})

    def __missing__(self, at: datetime | None) -> str:
        text = self[at] = cell(at)
        return text


class Tables:
    """Rows for COPY, gathered by table."""

    def __init__(self) -> None:
        self.lines: dict[type[models.Model], list[str]] = {}
        self.columns: dict[type[models.Model], tuple[str, ...]] = {}
        self.moments = Moments()

    def open(self, model: type[models.Model], columns: Sequence[str]) -> list[str]:
        """Return the list that takes the lines of a table, made by whoever knows its columns."""
        self.columns[model] = tuple(columns)
        return self.lines.setdefault(model, [])

    def add(self, model: type[models.Model], row: Mapping[str, Any]) -> None:
        """Add one row; every row of a table names the same columns in the same order."""
        lines = self.lines.get(model)
        if lines is None:
            lines = self.open(model, tuple(row))
        lines.append("\t".join([cell(v) for v in row.values()]))

    def for_copy(self) -> Iterator[Chunk]:
        """Yield the rows of each table, parents before children."""
        rest = [m for m in self.lines if m not in ORDER]
        for model in (*ORDER, *rest):
            lines = self.lines.get(model)
            if lines:
                yield model._meta.label, self.columns[model], ("\n".join(lines) + "\n").encode()
