"""Lists as files, streamed row by row."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from django.http import StreamingHttpResponse

# Excel reads UTF-8 only behind this mark; without it Chinese turns into rubbish.
BOM = "\ufeff"
# A cell that begins like this is run as a formula by spreadsheet programs.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def csv_response(*, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """Stream rows as name.csv in UTF-8 with byte order mark; text that looks like a formula is made harmless."""
    return StreamingHttpResponse(
        _lines(columns, rows), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": attachment(name)}
    )


def attachment(name: str, kind: str = "csv") -> str:
    """Return the Content-Disposition of a download whose name may be Chinese (RFC 6266)."""
    return f"attachment; filename=\"download.{kind}\"; filename*=UTF-8''{quote(f'{name}.{kind}')}"


def _lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BOM + writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
