"""Rows of comma-separated files, whichever program saved them; no quote swallows the rows behind it.

A quoted cell may run over several lines. Where a quote stands that closes nothing, opens in the middle of a cell, or
closes only after what looks like other records, the row that holds it is not read, and the next line is a row again.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Final, NamedTuple

from gongjian.documents.cells import Cell, Damaged, Fault, Note, RawRow, UnreadableSheet
from gongjian.documents.decoding import BROKEN, ENCODINGS, SHOWN_BROKEN, Source, encoding_of, text_of, unpacked

DELIMITERS: Final = ",;\t|"
QUOTE: Final = '"'
LOOKED_AT: Final = 20  # rows that tell the separator, and among which the titles stand
MOST_SIGNS: Final = 1_000_000  # of one row; a quote open for longer is a stray one
WIDE: Final = 4  # columns from which on one line with as many separators as a record is taken for one
_SEP: Final = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)


class Grammar(NamedTuple):
    """What a line may be, for one separator."""

    record: re.Pattern[str]  # whole
    opens: re.Pattern[str]  # ends inside a quoted cell
    inside: re.Pattern[str]  # a line of a quoted cell that goes on
    closes: re.Pattern[str]  # ends a quoted cell, and the record
    reopens: re.Pattern[str]  # ends a quoted cell, and ends inside another
    cell: re.Pattern[str]


def _grammar(sign: str) -> Grammar:
    at = re.escape(sign)
    blank = "" if sign in " \t" else r"[ \t]*+"
    words = r'(?:[^"]++|"")*+'
    cell = rf'(?:{blank}"{words}"{blank}|[^"{at}\r\n]*+)'
    end = r"(?:\r\n|\r|\n)?"
    more = rf"(?:{at}{cell})*+"
    opening = rf'{blank}"{words}'
    return Grammar(
        record=re.compile(rf"{cell}{more}{end}"),
        opens=re.compile(rf"(?:{cell}{at})*?{opening}"),
        inside=re.compile(words),
        closes=re.compile(rf'{words}"{blank}{more}{end}'),
        reopens=re.compile(rf'{words}"{blank}(?:{at}{cell})*?{at}{opening}'),
        cell=re.compile(rf'{blank}"({words})"{blank}{at}|([^"{at}]*+){at}'),
    )


@dataclass
class Delimited:
    """A csv or csv.gz, read in constant memory. Raises UnreadableSheet when it is opened or read."""

    source: Source
    encoding: str = ""  # as chosen, else as found
    separator: str = ""
    name: str = ""
    hidden: bool = False
    first: list[RawRow] = field(default_factory=list)
    _skipped: int = 0  # lines before the first row: what says the separator
    _width: int = 0

    def __post_init__(self) -> None:
        if self.encoding and self.encoding not in ENCODINGS:
            raise UnreadableSheet("no_encoding", name=self.encoding, known=list(ENCODINGS))
        chosen = bool(self.encoding)
        with unpacked(self.source) as file:
            self.encoding = self.encoding or encoding_of(file)
            with text_of(file, self.encoding) as text:
                lines = list(islice(text, LOOKED_AT))
        said = _SEP.fullmatch(lines[0].removeprefix("\ufeff")) if lines else None
        self._skipped = 1 if said else 0
        self.separator = said[1] if said else _separator(lines)
        self._noted = [Note("encoding", {"encoding": self.encoding, "chosen": chosen})]
        if self.separator != DELIMITERS[0]:
            self._noted.append(Note("separator", {"sign": self.separator, "said": bool(said)}))
        self.first = list(islice(self.rows(), LOOKED_AT))

    def expect(self, width: int) -> None:
        """Say how many cells a record has, once the titles are found."""
        self._width = width

    def notes(self) -> list[Note]:
        return self._noted

    def rows(self, most: int | None = None) -> Iterator[RawRow]:
        """Yield the rows that hold anything, at most so many."""
        return islice(self._rows(), most)

    def _rows(self) -> Iterator[RawRow]:
        with ExitStack() as stack:
            file = stack.enter_context(unpacked(self.source))
            text = stack.enter_context(text_of(file, self.encoding))
            lines = _Lines(islice(text, self._skipped, None), self._skipped)
            grammar, number = _grammar(self.separator), 0
            while (line := lines.take()) is not None:
                for row in self._records(line, lines, grammar):
                    number += 1
                    if row.fault is not None or any(cell is not None for cell in row.cells):
                        yield row._replace(number=number)

    def _records(self, line: str, lines: "_Lines", grammar: Grammar) -> Iterator[RawRow]:
        """Yield the record that begins with a line, or every line of it as a row where it swallows others."""
        at = lines.taken
        if QUOTE not in line:
            cells = line.rstrip("\r\n").split(self.separator)
            yield self._checked(RawRow(0, _cells(cells), at), lines)
            return
        if grammar.record.fullmatch(line):
            yield self._checked(RawRow(0, _cells(self._unquoted(grammar, line)), at), lines)
            return
        if not grammar.opens.fullmatch(line):
            yield self._refused(line, at, "quote")
            return
        more = _rest(lines, grammar, len(line))
        if not more:
            lines.open_quote = lines.open_quote or more is None
            yield self._refused(line, at, "quote" if more is not None else "open")
            return
        lines.skip(len(more))
        cells = self._unquoted(grammar, "".join([line, *more]))
        if self._swallows([line, *more], len(cells)):
            for n, one in enumerate([line, *more]):
                yield self._refused(one, at + n, "swallowed", first=at, last=at + len(more))
        else:
            yield self._checked(RawRow(0, _cells(cells), at), lines)

    def _checked(self, row: RawRow, lines: "_Lines") -> RawRow:
        """Return a row, refused where it does not have the cells that the titles promise."""
        if not self._width:
            return row
        if len(row.cells) > self._width and any(cell is not None for cell in row.cells[self._width :]):
            return row._replace(fault=Fault("shifted", {"cells": len(row.cells), "titles": self._width}))
        if lines.open_quote and len(row.cells) < self._width:
            return row._replace(fault=Fault("short", {"cells": len(row.cells), "titles": self._width}))
        return row

    def _unquoted(self, grammar: Grammar, record: str) -> list[str]:
        """Return the cells of a whole record."""
        pairs = grammar.cell.findall(record.rstrip("\r\n") + self.separator)
        return [inner.replace('""', QUOTE) or plain for inner, plain in pairs]

    def _refused(self, line: str, at: int, why: str, **facts: int) -> RawRow:
        cells = line.rstrip("\r\n").split(self.separator)
        return RawRow(0, _cells(cells), at, Fault(why, facts))

    def _swallows(self, lines: list[str], cells: int) -> bool:
        """Whether the lines of one quoted record look like records of their own.

        A wide table takes one inner line with as many separators as a record for another record, or a first and a last
        line that both have them; either is enough where the cells are not as many as the titles. A narrow one, whose
        lines might be any text, takes only several lines throughout.
        """
        width = self._width or (len(self.first[0].cells) if self.first else cells)
        whole = [line.count(self.separator) == width - 1 for line in lines]
        if cells > width:
            return True
        if width >= WIDE:
            ends = (whole[0] and whole[-1]) if cells == width else (whole[0] or whole[-1])
            return ends or any(whole[1:-1])
        return width > 1 and len(lines) > WIDE and all(whole[1:-1])


class _Lines:
    """Lines of a text that can be looked at before they are taken."""

    def __init__(self, lines: Iterator[str], taken: int) -> None:
        self._lines, self._ahead = lines, list[str]()
        self._next = 0  # of those ahead
        self.taken = taken
        self.open_quote = False  # a quote before was never closed

    def take(self) -> str | None:
        if self._next < len(self._ahead):
            line: str | None = self._ahead[self._next]
            self._next += 1
        else:
            self._ahead, self._next = [], 0
            line = next(self._lines, None)
        if line is not None:
            line = line.removeprefix("\ufeff") if not self.taken else line
            self.taken += 1
        return line

    def peek(self) -> Iterator[str]:
        """Yield the lines that come next; they stay."""
        del self._ahead[: self._next]
        self._next = 0
        ahead = self._ahead

        def fresh() -> Iterator[str]:
            for line in self._lines:
                ahead.append(line)
                yield line

        return chain(list(ahead), fresh())

    def skip(self, lines: int) -> None:
        for _ in range(lines):
            self.take()


def _rest(lines: _Lines, grammar: Grammar, size: int) -> list[str] | None:
    """Return the further lines of a record that is open: none where they cannot belong to it, None without an end."""
    more: list[str] = []
    for line in lines.peek():
        more.append(line)
        size += len(line)
        if size > MOST_SIGNS:
            return None
        if grammar.inside.fullmatch(line):
            continue
        if grammar.closes.fullmatch(line):
            return more
        if not grammar.reopens.fullmatch(line):
            return []
    return None


def _cells(found: list[str]) -> list[Cell]:
    return [_cell(cell) for cell in found]


def _cell(found: str) -> Cell:
    said = found.strip()
    if BROKEN in said:
        return Damaged("bytes", said.replace(BROKEN, SHOWN_BROKEN))
    return said or None


def _separator(lines: list[str]) -> str:
    """Return the sign that separates alike on most lines, outside quotes."""

    def weight(sign: str) -> tuple[int, int]:
        counts = Counter("".join(line.split(QUOTE)[::2]).count(sign) for line in lines)
        counts.pop(0, None)
        return max((n * times for n, times in counts.items()), default=0), lines[0].count(sign) if lines else 0

    return max(DELIMITERS, key=weight)


def check(source: Source) -> None:
    """Read a file to its end as text. Raises UnreadableSheet."""
    with unpacked(source) as file:
        encoding_of(file)
