"""Spreadsheets out and in."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

from python_calamine import CalamineError, CalamineWorkbook

from gongjian.documents import engine
from gongjian.documents.delimited import Undecodable, delimited_rows
from gongjian.documents.rules import safe_cell
from gongjian.workdays.rules import local_moment, written_day

MIDNIGHT = time()
PATIENCE_S = 600
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx and its like, xls
# Rows at the end of a sheet that somebody once coloured come as empty ones.
type Cell = str | int | float | bool | date | datetime | time | None


class UnreadableSheet(ValueError):
    """Not a workbook we can read."""


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    width: int = 16  # in characters
    choices: Sequence[str] = ()  # a drop-down list on every row


@dataclass(frozen=True, slots=True)
class Wrong:
    """A cell that is shown red."""

    cell: Cell


@dataclass(frozen=True, slots=True)
class Notes:
    """A second sheet that explains the first; its first row is the head."""

    title: str
    rows: Sequence[Sequence[str]]


def write_xlsx(
    target: Path | IO[bytes],
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell | Wrong]],
    notes: Notes | None = None,
) -> None:
    """Write a workbook of one sheet, and one of notes, in constant memory whatever the number of rows.

    Moments are written in the current time zone. Text that looks like a formula is shown with an apostrophe before
    it. Raises engine.EngineFailed, for instance above 1,048,575 rows.
    """
    if not isinstance(target, Path):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "book.xlsx"
            write_xlsx(path, columns, rows, notes)
            with path.open("rb") as done:
                shutil.copyfileobj(done, target)
        return
    head = json.dumps(
        {
            "columns": [{"title": c.title, "width": c.width, "choices": list(c.choices)} for c in columns],
            "notes": {"title": notes.title, "rows": [list(row) for row in notes.rows]} if notes else None,
        }
    )
    with tempfile.TemporaryFile() as complaints:
        child = subprocess.Popen(  # noqa: S603 - our own program, fixed arguments
            engine.command("workbook", str(target)), stdin=subprocess.PIPE, stderr=complaints, env=engine.ENVIRONMENT
        )
        _feed(child, head, rows)
        if child.wait(PATIENCE_S) != 0:
            complaints.seek(0)
            raise engine.EngineFailed(f"workbook: {complaints.read()[-2000:].decode(errors='replace')}")


def _feed(child: subprocess.Popen[bytes], head: str, rows: Iterable[Sequence[Cell | Wrong]]) -> None:
    """Hand the rows over one by one; a child that has given up tells so by its exit code."""
    pipe = child.stdin
    if pipe is None:
        raise engine.EngineFailed("workbook: no pipe")
    try:
        with pipe:
            pipe.write(head.encode() + b"\n")
            for row in rows:
                pipe.write(json.dumps([_outgoing(cell) for cell in row], ensure_ascii=False).encode() + b"\n")
    except BrokenPipeError:
        return
    except BaseException:
        child.kill()
        child.wait()
        raise


def _outgoing(cell: Cell | Wrong) -> Any:
    if isinstance(cell, Wrong):
        return {"wrong": _outgoing(cell.cell)}
    if isinstance(cell, str):
        return safe_cell(cell)
    if isinstance(cell, datetime):
        return {"moment": (local_moment(cell).replace(tzinfo=None) if cell.tzinfo else cell).isoformat()}
    if isinstance(cell, date):
        return {"date": cell.isoformat()}
    if isinstance(cell, time):
        return cell.isoformat("minutes")
    return cell if cell is None or isinstance(cell, int | float) else str(cell)


def read_rows(file: IO[bytes] | Path, sheet: int = 0) -> Iterator[list[Cell]]:
    """Yield the rows of a sheet, the first one included, without the empty ones.

    Whole numbers come as int (a telephone number is not 13800138000.0), moments at midnight as date, text without
    blanks around it, empty cells as None. Raises UnreadableSheet. The file has passed `store` before.
    """
    for _number, cells in _book_rows(file, sheet):
        yield cells


def numbered_rows(file: IO[bytes] | Path) -> Iterator[tuple[int, list[Cell]]]:
    """Yield the rows of an xlsx, csv or csv.gz with the number a spreadsheet program shows; empty ones are left out.

    What kind of file it is its first bytes tell, never its name. Cells as `read_rows` has them; those of a csv are
    text. A csv takes constant memory, a workbook some 120 MB for 100,000 rows. Raises UnreadableSheet.
    """
    with ExitStack() as stack:
        opened = stack.enter_context(file.open("rb")) if isinstance(file, Path) else file
        opened.seek(0)
        head = opened.read(len(WORKBOOKS[0]))
        opened.seek(0)
        if head in WORKBOOKS:
            yield from _book_rows(opened, 0)
            return
        try:
            for number, row in enumerate(delimited_rows(opened), start=1):
                cells: list[Cell] = [cell.strip() or None for cell in row]
                if any(cell is not None for cell in cells):
                    yield number, cells
        except Undecodable as error:
            raise UnreadableSheet(str(error)) from error


def _book_rows(file: IO[bytes] | Path, sheet: int) -> Iterator[tuple[int, list[Cell]]]:
    try:
        book = CalamineWorkbook.from_object(file)
        page = book.get_sheet_by_index(sheet)
        rows = page.iter_rows()
    except (CalamineError, IndexError) as error:
        raise UnreadableSheet(str(error)) from error
    # The rows above the first filled one come as empty rows, the columns before the first filled one do not come.
    before: list[Cell] = [None] * (page.start[1] if page.start else 0)
    for number, row in enumerate(rows, start=1):
        cells = [_incoming(cell) for cell in row]
        cells = before + cells if before else cells
        if any(cell is not None for cell in cells):
            yield number, cells


def _incoming(cell: Any) -> Cell:
    if isinstance(cell, str):
        return cell.strip() or None
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, datetime) and cell == datetime.combine(written_day(cell), MIDNIGHT):
        return written_day(cell)
    return cell  # type: ignore[no-any-return]
