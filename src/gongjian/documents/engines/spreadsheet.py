"""Reads workbooks of unknown origin; runs as its own process, row by row and in little memory.

Takes its wish as one option, JSON, and the file as standard input:

    {"look": 20}                                      the first rows of every sheet, one line of JSON each
    {"sheet": 0, "rows": 20 or null, "count": true}   the rows of one sheet, some in a line; at last what else there is

A row is [number, cells, places of moments, {place: [why, what is shown]}]; a day or moment is ISO text. An xlsx is read
by `xlsx`; older and other kinds by a library, which does not see error cells, formulas without result or merged cells.
"""

import json
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from typing import IO, Any
from xml.parsers import expat

from gongjian.documents.engines.xlsx import (
    FIRST_CUT,
    Line,
    Refused,
    Rows,
    count,
    merged_areas,
    opened,
    sheet_rows,
    words,
)

MOST_TOLD = 20  # areas that are named


# What is asked.


def answer(file: IO[bytes], wish: dict[str, Any]) -> Iterator[Any]:
    """Yield what is written, line by line."""
    book = opened(file)
    if "look" in wish:
        for sheet in book.sheets:
            every = chain.from_iterable(sheet_rows(book, sheet, Rows(book, merged_areas(book, sheet))))
            first = islice(every, wish["look"])
            yield {"name": sheet.name, "hidden": sheet.hidden, "first": list(first)}
        return
    chosen = book.sheets[wish["sheet"]]
    rows = Rows(book, merged_areas(book, chosen))
    most, handed = wish["rows"], 0
    for some in sheet_rows(book, chosen, rows):
        if most is None:
            yield some
        elif handed < most:
            yield some[: most - handed]
            handed += len(some)
    others = [sheet for sheet in book.sheets if sheet is not chosen] if wish["count"] else []
    yield {
        "rows": rows.seen, "hidden_rows": rows.hidden, "hidden_columns": rows.columns, "far": rows.far,
        "filled": list(rows.filled)[:MOST_TOLD], "fills": len(rows.filled),
        "others": [[sheet.name, count(book, sheet), sheet.hidden] for sheet in others],
    }  # fmt: skip


# Kinds that a library reads.


def older(file: IO[bytes], wish: dict[str, Any]) -> Iterator[Any]:
    """Yield the same of a workbook that is no xlsx."""
    import python_calamine as library  # noqa: PLC0415 - for few files only

    try:
        book = library.CalamineWorkbook.from_object(file)
    except library.PasswordError as error:
        raise Refused("locked") from error
    except library.CalamineError as error:
        raise Refused("broken") from error
    known = [
        (n, sheet.name, sheet.visible != library.SheetVisibleEnum.Visible)
        for n, sheet in enumerate(book.sheets_metadata)
        if sheet.typ == library.SheetTypeEnum.WorkSheet
    ]
    pages = [(name, hidden, list(plain_rows(book.get_sheet_by_index(n)))) for n, name, hidden in known]
    if "look" in wish:
        for name, hidden, rows in pages:
            yield {"name": name, "hidden": hidden, "first": rows[: wish["look"]], "blind": True}
        return
    rows = pages[wish["sheet"]][2]
    yield rows if wish["rows"] is None else rows[: wish["rows"]]
    others = [[name, len(rows), hidden] for n, (name, hidden, rows) in enumerate(pages) if n != wish["sheet"]]
    yield {"rows": len(rows), "others": others}


def plain_rows(sheet: Any) -> Iterator[Line]:
    """Yield the rows of a sheet in which anything stands, in the shape that all rows have here."""
    # The rows above the first filled one come as empty rows, the columns before the first filled one do not come.
    before = [None] * (sheet.start[1] if sheet.start else 0)
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells: list[Any] = [*before, *(plain_cell(cell) for cell in row)]
        if any(cell is not None for cell in cells):
            moments = [place for place, cell in enumerate(cells) if isinstance(cell, datetime)]
            cut = {p: ("cut", str(c)) for p, c in enumerate(cells) if isinstance(c, int) and abs(c) >= FIRST_CUT}
            told = [c.isoformat().removesuffix("T00:00:00") if isinstance(c, datetime) else c for c in cells]
            yield [number, told, moments, cut]


def plain_cell(cell: Any) -> Any:
    """Return a cell of the library as one of ours."""
    if isinstance(cell, str):
        return words(cell) or None
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime.combine(cell, time())
    return str(cell) if isinstance(cell, time | timedelta) else cell


def main() -> None:
    """Read the workbook and write what was asked."""
    out, wish = sys.stdout, json.loads(sys.argv[1])
    told = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
    try:
        for line in lines(sys.stdin.buffer, wish):
            out.write(told.encode(line) + "\n")
    except Refused as refused:
        out.write(json.dumps({"refused": str(refused)}) + "\n")
    except BrokenPipeError:
        sys.stderr.close()
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, LookupError, ValueError, EOFError, OSError) as error:
        # Whatever a parser stumbles over, the file cannot be read.
        out.write(json.dumps({"refused": "broken", "detail": type(error).__name__}) + "\n")


def lines(file: IO[bytes], wish: dict[str, Any]) -> Iterator[Any]:
    """Yield the answer, from whoever reads this kind of workbook."""
    is_package = file.read(2) == b"PK"
    file.seek(0)
    if is_package:
        with zipfile.ZipFile(file) as pack:
            is_xlsx = any(name.endswith("workbook.xml") for name in pack.namelist())
        file.seek(0)
        if is_xlsx:
            yield from answer(file, wish)
            return
    yield from older(file, wish)


if __name__ == "__main__":
    main()
