"""Reading a table: which sheet, which row holds the titles, what each row says, and what was not read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from gongjian.documents.cells import Cell, Damaged, Note, Page, RawRow, UnreadableSheet, damage
from gongjian.documents.decoding import Source
from gongjian.documents.delimited import Delimited
from gongjian.documents.rules import FORMULA_SIGNS
from gongjian.documents.tablefiles import pages_of
from gongjian.documents.tables.parsers import loose, reader_of
from gongjian.documents.tables.spec import (
    Column,
    How,
    MissingColumns,
    Parse,
    Row,
    RowError,
    Table,
    WrongCell,
    at_line,
    shown_as,
)
from gongjian.documents.tables.torn import refused, without_torn
from gongjian.documents.workbooks import letters

PREVIEW_ROWS: Final = 20
CERTAIN: Final = 2  # titles that make a row the head though it is not the first
# Signs of full width as Chinese input methods write them, and the wide blank.
NARROW: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
WIDE: Final = re.compile("[！-～\u3000]")
# Error values that were saved as text, and what Excel saves of a column that is too narrow.
ERROR_TEXT: Final = re.compile(r"#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|#{3,})")


@dataclass(frozen=True, slots=True)
class Look:
    """A first look into a file: how it maps, its first rows, and what is to be said of it."""

    titles: Sequence[str]
    places: Mapping[str, int]  # key -> column of the file
    missing: Sequence[Column]  # required, and not there
    first: Sequence[Row]
    notes: Sequence[Note]
    head: int
    sheet: str
    sheets: Sequence[str]  # all of the file; none of a text file
    encoding: str  # of a text file


@dataclass
class Reading:
    """A file opened for one table: sheet and titles are found, the rows can be read as often as need be."""

    table: Table
    page: Page
    head: RawRow
    titles: list[str]
    places: dict[str, int]
    sheets: Sequence[str]
    above: Sequence[str] = ()  # what stands above the titles
    example: int = 0  # the row of the template's example, once it was met
    _untitled: set[int] = field(default_factory=set)

    @property
    def missing(self) -> list[Column]:
        return [column for column in self.table.columns if column.required and column.key not in self.places]

    def rows(self, most: int | None = None) -> Iterator[Row]:
        """Return the rows below the titles, as many as there are or at most so many. Raises MissingColumns at once.

        The example of the template is left out where it still is the first one. A value is None, or the column's
        `empty`, where the cell is empty or wrong.
        """
        if self.missing:
            sheet = self.page.name if len(self.sheets) > 1 else ""
            raise MissingColumns(self.missing, self.head.number, self.titles, sheet)
        return self.all_rows(most)

    def all_rows(self, most: int | None = None) -> Iterator[Row]:
        """Yield the same rows, with the columns that are there."""
        wanted = [(c, reader_of(c), self.places[c.key]) for c in self.table.columns if c.key in self.places]
        blank = {column.key: column.empty for column in self.table.columns}
        rows = self._each(wanted, blank, most)
        yield from without_torn(rows, len(self.titles), blank) if isinstance(self.page, Delimited) else rows

    def _each(
        self, wanted: Sequence[tuple[Column, Parse, int]], blank: Mapping[str, Any], most: int | None
    ) -> Iterator[Row]:
        untitled = [place for place, title in enumerate(self.titles) if not title]
        for raw in self.raw_rows(most):
            if raw.fault is not None:
                yield refused(raw.number, raw.cells, blank, _line(raw), raw.fault)
                continue
            if untitled or len(raw.cells) > len(self.titles):
                self._look_beside(raw.cells, untitled)
            yield _row(raw, wanted, blank)

    def raw_rows(self, most: int | None = None) -> Iterator[RawRow]:
        """Yield the rows below the titles as the file holds them, without the template's example."""
        shown = {self.places.get(c.key, -1): shown_as(c) for c in self.table.columns if c.example is not None}
        asked = most and most + self.head.number + 1
        below = (raw for raw in self.page.rows(asked) if raw.number > self.head.number)
        for n, raw in enumerate(below):
            if n == 0 and shown and -1 not in shown and _is_example(raw.cells, shown):
                self.example = raw.number
                continue
            if most is None or n < most:
                yield raw

    def notes(self) -> list[Note]:
        """Return what is to be said of the file; whole once its rows were read to the end."""
        return [*self._of_titles(), *self.page.notes(), *self._of_columns()]

    def _of_titles(self) -> Iterator[Note]:
        if self.above:
            yield Note("head", {"number": self.head.number, "above": list(self.above)})
        if self.example:
            yield Note("example", {"number": self.example})

    def _of_columns(self) -> Iterator[Note]:
        used = set(self.places.values())
        twice = [title for n, title in enumerate(self.titles) if title and title in self.titles[:n]]
        unused = [one for n, one in enumerate(self.titles) if one and n not in used and one not in self.titles[:n]]
        if unused:
            yield Note("unused", {"titles": unused})
        if twice:
            yield Note("twice", {"titles": list(dict.fromkeys(twice))})
        if self._untitled:
            yield Note("untitled", {"columns": [letters(place) for place in sorted(self._untitled)]})

    def _look_beside(self, cells: Sequence[Cell], untitled: Sequence[int]) -> None:
        for place in (*untitled, *range(len(self.titles), len(cells))):
            if place < len(cells) and cells[place] is not None and not isinstance(cells[place], Damaged):
                self._untitled.add(place)


def open_table(
    source: Source, table: Table, mapping: Mapping[str, str] | None = None, how: How | None = None
) -> Reading:
    """Open a file for a table and find its titles. Raises UnreadableSheet.

    Of the sheets of a workbook and their first rows that one holds the titles which names most columns; where none
    names any, it is the first row of the first sheet in which two cells stand, or any.
    """
    how = how or How()
    pages = pages_of(source, how.encoding)
    known = [page.name for page in pages]
    if how.sheet:
        pages = [page for page in pages if page.name == how.sheet] or _by_place(pages, how.sheet)
        if not pages:
            raise UnreadableSheet("no_sheet", name=how.sheet, known=known)
    page, head, places = _best(pages, table, mapping, how.head)
    if head.fault is not None:
        raise UnreadableSheet("torn_head", number=head.number, fault=head.fault)
    page.expect(len(head.cells))
    titles = _titles(head)
    above = [" ".join(title for title in _titles(raw) if title) for raw in page.first if raw.number < head.number]
    return Reading(table, page, head, titles, places, known if page.name else (), [words for words in above if words])


def look_at(
    source: Source,
    table: Table,
    mapping: Mapping[str, str] | None = None,
    rows: int = PREVIEW_ROWS,
    how: How | None = None,
) -> Look:
    """Return how a file maps on a table and its first rows, read with what is there. Raises UnreadableSheet."""
    reading = open_table(source, table, mapping, how)
    first = list(reading.all_rows(rows))
    page = reading.page
    return Look(
        titles=reading.titles, places=reading.places, missing=reading.missing, first=first, notes=reading.notes(),
        head=reading.head.number, sheet=page.name, sheets=reading.sheets,
        encoding=page.encoding if isinstance(page, Delimited) else "",
    )  # fmt: skip


def read(
    source: Source, table: Table, mapping: Mapping[str, str] | None = None, how: How | None = None
) -> Iterator[Row]:
    """Return every row below the titles. Raises UnreadableSheet and MissingColumns before the first row."""
    return open_table(source, table, mapping, how).rows()


def _by_place(pages: Sequence[Page], said: str) -> list[Page]:
    """Return the page that a number means: 1 is the first one."""
    place = int(said) if said.isdecimal() else 0
    return list(pages[place - 1 : place]) if place else []


def _best(
    pages: Sequence[Page], table: Table, mapping: Mapping[str, str] | None, chosen: int
) -> tuple[Page, RawRow, dict[str, int]]:
    """Return the page and the row that holds the titles, and where each column stands."""
    found: tuple[Page, RawRow, dict[str, int]] | None = None
    for page in sorted(pages, key=lambda page: page.hidden):
        for raw in page.first:
            places = _places(_titles(raw), table, mapping)
            if chosen:
                better = raw.number == chosen and found is None
            elif found is None:
                better = len(places) >= min(CERTAIN, len(table.columns))
            else:
                better = len(places) > len(found[2])
            if better:
                found = page, raw, places
    if found is None and chosen:
        raise UnreadableSheet("no_head", number=chosen)
    return found or _first(pages, table, mapping)


def _first(
    pages: Sequence[Page], table: Table, mapping: Mapping[str, str] | None
) -> tuple[Page, RawRow, dict[str, int]]:
    """Return the first row in which two cells stand, or any: the titles of a file that names nothing we know."""
    rows = [(page, raw) for page in pages for raw in page.first]
    if not rows:
        raise UnreadableSheet("empty")
    several = (one for one in rows if sum(bool(title) for title in _titles(one[1])) > 1)
    page, raw = next(several, rows[0])
    return page, raw, _places(_titles(raw), table, mapping)


def _titles(raw: RawRow) -> list[str]:
    return ["" if cell is None or isinstance(cell, Damaged) else str(cell) for cell in raw.cells]


def _places(titles: Sequence[str], table: Table, mapping: Mapping[str, str] | None) -> dict[str, int]:
    """Return where each column stands: where two have one title, the first."""
    at: dict[str, int] = {}
    for place, title in enumerate(titles):
        at.setdefault(loose(title), place)
    places = {}
    for column in table.columns:
        said = mapping and column.key in mapping
        names = [mapping[column.key]] if mapping and said else [column.zh, column.en, column.key]
        found = next((at[name] for name in map(loose, names) if name and name in at), None)
        if found is not None:
            places[column.key] = found
    return places


def _is_example(cells: Sequence[Cell], shown: Mapping[int, set[str]]) -> bool:
    return all(place < len(cells) and str(cells[place]) in forms for place, forms in shown.items())


def _line(raw: RawRow) -> int:
    return raw.line if raw.line != raw.number else 0


def _row(raw: RawRow, wanted: Sequence[tuple[Column, Parse, int]], blank: Mapping[str, Any]) -> Row:
    """Return what a row says."""
    cells, values, wrong = raw.cells, {**blank}, []
    many = len(cells)
    for column, reader, place in wanted:
        cell = cells[place] if place < many else None
        if isinstance(cell, str):
            cell = _plain(cell, narrow=column.narrow)
        if cell is None:
            if column.required:
                wrong.append((column.key, _("这一格必须填写。")))
            continue
        if isinstance(cell, Damaged):
            wrong.append((column.key, damage(cell)))
            continue
        try:
            values[column.key] = reader(cell)
        except WrongCell as error:
            wrong.append((column.key, error.message))
    line = _line(raw)
    errors = tuple(RowError(raw.number, key, message + at_line(line)) for key, message in wrong)
    return Row(raw.number, cells, values, errors, line)


def _plain(cell: str, *, narrow: bool) -> Cell:
    """Return a cell without the apostrophe we write before a formula sign, narrow where the column wants it so."""
    if cell.startswith("'") and (cell[1:2] in FORMULA_SIGNS or narrow):
        cell = cell[1:]
    if cell.startswith("#") and ERROR_TEXT.fullmatch(cell):
        return Damaged("error", cell)
    # Looking for wide signs is much faster than folding them.
    return (cell.translate(NARROW).strip() or None) if narrow and WIDE.search(cell) else cell
