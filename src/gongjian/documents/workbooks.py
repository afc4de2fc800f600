"""Rows of workbooks, read by the engine `spreadsheet`: what it found comes row by row, whatever the file's size."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Final

from gongjian.documents import engine
from gongjian.documents.cells import Cell, Damaged, Note, RawRow, UnreadableSheet
from gongjian.documents.decoding import HeldFile, Source, opened
from gongjian.documents.delimited import LOOKED_AT

ISO_DAY: Final = len("2026-11-23")


@dataclass
class Sheet:
    """One sheet of a workbook."""

    source: Source
    place: int
    name: str
    hidden: bool
    blind: bool  # of a kind whose error cells, formulas and merged cells are not seen
    first: list[RawRow] = field(default_factory=list)
    _noted: list[Note] = field(default_factory=list)

    def expect(self, width: int) -> None:
        """Cells of a workbook stand where they stand."""

    def rows(self, most: int | None = None) -> Iterator[RawRow]:
        """Yield the rows in which anything stands, at most so many. Raises UnreadableSheet."""
        wish = {"sheet": self.place, "rows": most, "count": True}
        asked = _asked(self.source, wish)
        lines = _once(self.source, self.place, asked) if most is None and isinstance(self.source, HeldFile) else asked
        with closing(lines):
            for line in map(_understood, lines):
                if isinstance(line, list):
                    yield from map(_row, line)
                else:
                    self._noted = list(self._told(line))

    def notes(self) -> list[Note]:
        return self._noted

    def _told(self, facts: dict[str, Any]) -> Iterator[Note]:
        if facts["others"]:
            others = [{"name": name, "rows": rows, "hidden": hidden} for name, rows, hidden in facts["others"]]
            yield Note("sheets", {"read": self.name, "others": others})
        if facts.get("filled"):
            yield Note("filled", {"areas": facts["filled"], "count": facts["fills"]})
        if facts.get("hidden_rows"):
            yield Note("hidden_rows", {"count": facts["hidden_rows"]})
        if facts.get("hidden_columns"):
            yield Note("hidden_columns", {"columns": [letters(place) for place in facts["hidden_columns"]]})
        if facts.get("far"):
            yield Note("far", {"count": facts["far"]})
        if self.blind:
            yield Note("blind", {})


def sheets(source: Source) -> list[Sheet]:
    """Return the sheets of a workbook, each with its first rows. Raises UnreadableSheet."""
    with closing(_asked(source, {"look": LOOKED_AT})) as lines:
        told = list(map(_understood, lines))
    return [
        Sheet(source, n, one["name"], one["hidden"], bool(one.get("blind")), list(map(_row, one["first"])))
        for n, one in enumerate(told)
    ]


def letters(place: int) -> str:
    """Return how a spreadsheet program calls a column, the first one being 0: 27 is AB."""
    name, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _row(line: list[Any]) -> RawRow:
    number, cells, moments, damaged = line
    found: list[Cell] = cells
    for place in moments:
        told = cells[place]
        found[place] = date.fromisoformat(told) if len(told) == ISO_DAY else datetime.fromisoformat(told)
    for place, (why, shown) in damaged.items():
        at = int(place)
        found.extend([None] * (at + 1 - len(found)))
        found[at] = Damaged(why, shown)
    return RawRow(number, found)


def _understood(line: bytes) -> Any:
    """Return what a line of the engine says. Raises UnreadableSheet for a refusal."""
    said = json.loads(line)
    if isinstance(said, dict) and "refused" in said:
        raise UnreadableSheet(said["refused"])
    return said


def _once(held: HeldFile, place: int, lines: Generator[bytes]) -> Generator[bytes]:
    """Yield the lines about a sheet, and keep them; the next time they come from there."""
    if place in held.found:
        held.found[place].seek(0)
        for line in held.found[place]:  # not "yield from", which closes the file with whoever stops early
            yield line
        return
    with ExitStack() as stack:
        stack.enter_context(closing(lines))
        kept = stack.enter_context(tempfile.TemporaryFile())
        for line in lines:
            kept.write(line)
            yield line
        stack.pop_all()
        held.found[place] = kept


def _asked(source: Source, wish: dict[str, Any]) -> Generator[bytes]:
    """Yield the lines that the engine answers; one that dies on a file has found it unreadable."""
    with ExitStack() as stack:
        file = stack.enter_context(_copied(source) if not isinstance(source, Path | HeldFile) else opened(source))
        child = subprocess.Popen(  # noqa: S603 - our own program, fixed arguments
            engine.command("spreadsheet", json.dumps(wish)),
            stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=engine.ENVIRONMENT, cwd="/",
        )  # fmt: skip
        stack.callback(_end, child)
        yield from child.stdout or ()
        if child.wait() != 0:
            raise UnreadableSheet("broken")


@contextmanager
def _copied(source: IO[bytes]) -> Iterator[IO[bytes]]:
    """Write what is in memory to a file that another process can read."""
    with tempfile.TemporaryFile() as file, opened(source) as lent:
        shutil.copyfileobj(lent, file)
        file.seek(0)
        yield file


def _end(child: subprocess.Popen[bytes]) -> None:
    """Leave no engine behind, whether its answer was read to the end or not."""
    child.kill()
    child.wait()
    if child.stdout is not None:
        child.stdout.close()
