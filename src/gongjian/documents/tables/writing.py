"""Writing tables: the empty one to fill in, the rows that are there, and the wrong rows of a file with the reason."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import override

from gongjian.documents.cells import Cell, Damaged, Plain
from gongjian.documents.rules import FORMULA_SIGNS
from gongjian.documents.sheets import Column as SheetColumn
from gongjian.documents.sheets import Notes, Wrong, write_xlsx
from gongjian.documents.tables.reading import Reading
from gongjian.documents.tables.spec import RowError, Table, label, named
from gongjian.listing import listed

type Target = Path | IO[bytes]

REASON_WIDTH: Final = 48


def write_template(target: Target, table: Table, language: str) -> None:
    """Write the empty table: head with a star on required columns, drop-down lists, an example row, notes."""
    with override(language):
        notes = Notes(_("填写说明"), [[_("列"), _("必填"), _("怎么填"), _("可选的值")], *_explained(table, language)])
        example = [label(column, column.example, language) for column in table.columns]
        rows = [example] if any(cell is not None for cell in example) else []
        write_xlsx(target, _columns(table, language, star=True), rows, notes)


def _explained(table: Table, language: str) -> Iterator[list[str]]:
    for column in table.columns:
        note = column.note_en if language.startswith("en") else column.note_zh
        names = listed(named(choice, language) for choice in column.choices)
        yield [column.title(language), "√" if column.required else "", note, names]


def _columns(table: Table, language: str, *, star: bool = False) -> list[SheetColumn]:
    return [
        SheetColumn(
            column.title(language) + ("*" if star and column.required else ""),
            column.width,
            [named(choice, language) for choice in column.choices],
        )
        for column in table.columns
    ]


def write_rows(target: Target, table: Table, rows: Iterable[Mapping[str, Any]], language: str) -> None:
    """Write rows by key, with the titles and names that `read` understands again."""
    with override(language):
        cells = ([label(column, row.get(column.key), language) for column in table.columns] for row in rows)
        write_xlsx(target, _columns(table, language), cells)


def write_errors(
    target: Target,
    reading: Reading,
    errors: Mapping[int, Sequence[RowError]],
    language: str,
    *,
    all_rows: bool = False,
) -> None:
    """Write the wrong rows of a file again, or all: its own columns, wrong cells red, and why in one more column.

    `errors` are by row number. Mended, the file can be read once more as it is.
    """
    with override(language):
        reason = _("错误原因")
        kept = [place for place, title in enumerate(reading.titles) if title not in {"错误原因", reason}]
        columns = [SheetColumn(reading.titles[place]) for place in kept]
        rows = (
            _with_reason(raw.cells, reading, kept, errors.get(raw.number, ()))
            for raw in reading.raw_rows()
            if all_rows or raw.number in errors
        )
        write_xlsx(target, [*columns, SheetColumn(reason, REASON_WIDTH)], rows)


def _with_reason(
    cells: Sequence[Cell], reading: Reading, kept: Sequence[int], errors: Sequence[RowError]
) -> list[Plain | Wrong]:
    titles, places = reading.titles, reading.places
    red = {places[error.field] for error in errors if error.field in places}
    plain = ((place, _unmarked(cells[place]) if place < len(cells) else None) for place in kept)
    beyond = map(_unmarked, cells[len(titles) :])  # of a row that could not be split: nothing of it is lost
    told = " ".join(error.message for error in errors)
    return [*(Wrong(cell) if place in red else cell for place, cell in plain), told, *beyond]


def _unmarked(cell: Cell) -> Plain:
    """Return a cell as it is written again: without the apostrophe we write before a formula sign."""
    if isinstance(cell, Damaged):
        return cell.shown
    return cell[1:] if isinstance(cell, str) and cell.startswith("'") and cell[1:2] in FORMULA_SIGNS else cell
