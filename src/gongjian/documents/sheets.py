"""Spreadsheets out."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

from gongjian.documents import engine
from gongjian.documents.cells import Plain
from gongjian.documents.rules import safe_cell
from gongjian.workdays.rules import local_moment

PATIENCE_S = 600


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    width: int = 16  # in characters
    choices: Sequence[str] = ()  # a drop-down list on every row


@dataclass(frozen=True, slots=True)
class Wrong:
    """A cell that is shown red."""

    cell: Plain


@dataclass(frozen=True, slots=True)
class Notes:
    """A second sheet that explains the first; its first row is the head."""

    title: str
    rows: Sequence[Sequence[str]]


def write_xlsx(
    target: Path | IO[bytes],
    columns: Sequence[Column],
    rows: Iterable[Sequence[Plain | Wrong]],
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


def _feed(child: subprocess.Popen[bytes], head: str, rows: Iterable[Sequence[Plain | Wrong]]) -> None:
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


def _outgoing(cell: Plain | Wrong) -> Any:
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
