"""Tables that people keep in spreadsheets: read with every fault told by row and column, written, and explained.

A room says once what its table holds:

    PEOPLE = Table("people", columns=(
        Column("username", "工号", "User name", required=True, example="li.na", parse=text(30)),
        Column("role", "岗位", "Role", choices=(Choice("handler", "经办人", "Handler"),)),
        Column("phone", "手机号", "Phone", narrow=True),
    ))

    look = look_at(path, PEOPLE, mapping)     # titles found, columns missing, the first rows, for a preview
    for row in read(path, PEOPLE, mapping):   # streams; row.values by key, row.errors where a cell is wrong
        ...
    plan = compare(read(path, PEOPLE), present, key="username")   # small tables: new, changed, same, wrong
    write_template(target, PEOPLE, language)  # head, drop-down lists, example row, notes
    write_rows(target, PEOPLE, rows, language)
    write_errors(target, path, look.places, errors, language)     # the same columns, red cells, 错误原因

Files may be xlsx, csv or csv.gz; a csv may be UTF-8 with or without a mark, or GB18030. A column is found by its
Chinese or English title or its key, or by what `mapping` (key -> title in the file) says. Nothing here touches the
database; a parser raises `WrongCell(message)` and the row goes on to the next column.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import override

from gongjian.documents.limits import unfit_words
from gongjian.documents.rules import FORMULA_SIGNS
from gongjian.documents.sheets import Cell, Notes, UnreadableSheet, Wrong, numbered_rows, write_xlsx
from gongjian.documents.sheets import Column as SheetColumn
from gongjian.text import Unfit, checked
from gongjian.workdays.rules import written_day

__all__ = [
    "Choice", "Column", "Look", "MissingColumns", "Plan", "Row", "RowError", "Table", "UnreadableSheet", "WrongCell",
    "compare", "day", "decimal", "look_at", "moment", "read", "text", "whole", "write_errors", "write_rows",
    "write_template", "yes_no",
]  # fmt: skip

type Source = Path | IO[bytes]
type Parse = Callable[[Cell], Any]

PREVIEW_ROWS: Final = 20
REASON_WIDTH: Final = 48
# Signs of full width as Chinese input methods write them, and the wide blank.
NARROW: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
WIDE: Final = re.compile("[！-～\u3000]")
LOOSE: Final = str.maketrans("", "", " \t\r\n_-*＊　")
YES: Final = frozenset({"是", "y", "yes", "true", "1", "√", "对"})
NO: Final = frozenset({"否", "n", "no", "false", "0", "×", "错"})
DATES: Final = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")
ISO: Final = DATES[0]  # stands for every ISO form, with or without a time
MOMENTS: Final = (*DATES, "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日 %H:%M")


class WrongCell(ValueError):
    """A cell that cannot be taken; `message` says what would do."""

    def __init__(self, message: object) -> None:
        super().__init__(str(message))
        self.message = str(message)


class MissingColumns(ValueError):
    """The file lacks columns that must be there."""

    def __init__(self, columns: "Sequence[Column]") -> None:
        self.columns = tuple(columns)
        names = "、".join(column.title() for column in columns)
        super().__init__(str(format_lazy(_("文件里没有这些列：{names}。请用模板，或指定哪一列对应。"), names=names)))


class Choice(NamedTuple):
    """One of the values a column may hold."""

    value: Any
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Without `parse` it is one of `choices`, or text."""

    key: str
    zh: str
    en: str
    required: bool = False
    choices: Sequence[Choice] = ()
    example: Cell = None
    parse: Parse | None = None  # raises WrongCell; never called for an empty cell
    narrow: bool = False  # signs of full width are read as narrow ones
    note_zh: str = ""  # for the notes sheet
    note_en: str = ""
    width: int = 16
    empty: Any = None  # what an empty cell means

    def title(self, language: str | None = None) -> str:
        """Return the title in a language, Chinese where none is said."""
        return self.en if (language or "zh").startswith("en") else self.zh

    def reader(self) -> Parse:
        """Return what turns a filled cell into a value."""
        return self.parse or (one_of(self.choices) if self.choices else text())


class RowError(NamedTuple):
    """What is wrong with a row, at the cell of a column or, with an empty `field`, as a whole."""

    row: int  # as a spreadsheet program counts, the head is row 1
    field: str
    message: str


class Row(NamedTuple):
    """A row as it was read; `values` holds the keys of all columns of the table, None where the file has none."""

    number: int
    cells: list[Cell]
    values: dict[str, Any]
    errors: tuple[RowError, ...]


@dataclass(frozen=True)
class Table:
    """A table that goes in and out as a spreadsheet."""

    name: str
    columns: Sequence[Column]

    @cached_property
    def by_key(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}


@dataclass(frozen=True, slots=True)
class Look:
    """A first look into a file: how it maps, and its first rows."""

    titles: Sequence[str]
    places: Mapping[str, int]  # key -> column of the file
    missing: Sequence[Column]  # required, and not there
    unused: Sequence[str]  # titles that nothing was made of
    first: Sequence[Row] = field(default_factory=tuple)


def look_at(source: Source, table: Table, mapping: Mapping[str, str] | None = None, rows: int = PREVIEW_ROWS) -> Look:
    """Return how a file maps on a table and its first rows, read with what is there. Raises UnreadableSheet."""
    lines = numbered_rows(source)
    titles, places = _head(lines, table, mapping)
    first: list[Row] = []
    for row in _rows(lines, table, places):
        first.append(row)
        if len(first) == rows:
            break
    missing = [column for column in table.columns if column.required and column.key not in places]
    used = set(places.values())
    return Look(titles, places, missing, [t for place, t in enumerate(titles) if t and place not in used], first)


def read(source: Source, table: Table, mapping: Mapping[str, str] | None = None) -> Iterator[Row]:
    """Yield every row below the head; the example of the template is left out where it still is the first one.

    A value is None, or the column's `empty`, where the cell is empty or wrong. Raises UnreadableSheet and
    MissingColumns before the first row.
    """
    lines = numbered_rows(source)
    _titles, places = _head(lines, table, mapping)
    missing = [column for column in table.columns if column.required and column.key not in places]
    if missing:
        raise MissingColumns(missing)
    return _rows(lines, table, places)


def _head(
    lines: Iterator[tuple[int, list[Cell]]], table: Table, mapping: Mapping[str, str] | None
) -> tuple[list[str], dict[str, int]]:
    """Read the titles; return them and where each column stands: where two have one title, the first."""
    _number, cells = next(lines, (0, []))
    if not cells:
        raise UnreadableSheet("empty")
    titles = ["" if cell is None else str(cell) for cell in cells]
    at: dict[str, int] = {}
    for place, title in enumerate(titles):
        at.setdefault(_loose(title), place)
    places = {}
    for column in table.columns:
        if mapping and column.key in mapping:
            names: Sequence[str] = [mapping[column.key]]
        else:
            names = (column.zh, column.en, column.key)
        found = next((at[name] for name in map(_loose, names) if name and name in at), None)
        if found is not None:
            places[column.key] = found
    return titles, places


def _loose(title: str) -> str:
    """Return a title without what people write one way or another: blanks, case, the star of required columns."""
    return title.translate(LOOSE).casefold()


def _rows(lines: Iterator[tuple[int, list[Cell]]], table: Table, places: Mapping[str, int]) -> Iterator[Row]:
    wanted = [(column, column.reader(), places[column.key]) for column in table.columns if column.key in places]
    blank = {column.key: column.empty for column in table.columns}
    example = {places.get(c.key, -1): _shown(c) for c in table.columns if c.example is not None}
    first = -1 not in example and bool(example)
    for number, cells in lines:
        was_first, first = first, False
        if was_first and all(place < len(cells) and str(cells[place]) in shown for place, shown in example.items()):
            continue
        values, errors = blank.copy(), []
        for column, reader, place in wanted:
            cell = _plain(cells[place], narrow=column.narrow) if place < len(cells) else None
            if cell is None:
                if column.required:
                    errors.append(RowError(number, column.key, _("这一格必须填写。")))
                continue
            try:
                values[column.key] = reader(cell)
            except WrongCell as wrong:
                errors.append(RowError(number, column.key, wrong.message))
        yield Row(number, cells, values, tuple(errors))


def _plain(cell: Cell, *, narrow: bool) -> Cell:
    """Return a cell without the apostrophe we write before a formula sign, narrow where the column wants it so."""
    if not isinstance(cell, str):
        return cell
    if cell.startswith("'") and cell[1:2] in FORMULA_SIGNS:
        cell = cell[1:]
    # Looking for wide signs is much faster than folding them.
    return (cell.translate(NARROW).strip() or None) if narrow and WIDE.search(cell) else cell


def _shown(column: Column) -> set[str]:
    """Return the forms in which the example of a column may stand in a file."""
    return {str(_label(column, column.example, language)) for language in ("zh", "en")}


# Parsers: made with what they allow, called with a filled cell.


def text(most: int = 0) -> Parse:
    """Return a parser of text, of at most so many signs where said; a number becomes the text a person typed."""

    def parse(cell: Cell) -> str:
        try:
            found = checked(cell if isinstance(cell, str) else _typed(cell))
        except Unfit as unfit:
            raise WrongCell(unfit_words(unfit)) from unfit
        if most and len(found) > most:
            raise WrongCell(_("最多 {most} 个字，这里有 {length} 个。").format(most=most, length=len(found)))
        return found

    return parse


def _typed(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes")
    return str(cell)


def whole(least: int | None = None, most: int | None = None) -> Parse:
    """Return a parser of whole numbers between two."""
    inner = decimal(least, most)

    def parse(cell: Cell) -> int:
        found = inner(cell)
        if found != int(found):
            raise WrongCell(_("“{cell}”不是整数。").format(cell=cell))
        return int(found)

    return parse


def decimal(least: float | None = None, most: float | None = None) -> Parse:
    """Return a parser of numbers between two, as float."""

    def parse(cell: Cell) -> float:
        try:
            found = float(cell) if isinstance(cell, str | int | float) else float("nan")
        except ValueError:
            found = float("nan")
        if found - found != 0:  # neither text nor infinity
            raise WrongCell(_("“{cell}”不是数字。").format(cell=cell))
        if (least is not None and found < least) or (most is not None and found > most):
            raise WrongCell(
                _("“{cell}”超出范围，应在 {least} 到 {most} 之间。").format(cell=cell, least=least, most=most)
            )
        return found

    return parse


def yes_no(cell: Cell) -> bool:
    """Parse 是 and 否 as people write them."""
    if isinstance(cell, bool):
        return cell
    said = str(cell).strip().casefold()
    if said not in YES | NO:
        raise WrongCell(_("请写“是”或“否”，不能写“{cell}”。").format(cell=cell))
    return said in YES


def one_of(choices: Sequence[Choice]) -> Parse:
    """Return a parser of a choice, by its value or its name in either language."""
    known = {_loose(str(name)): choice.value for choice in choices for name in (choice.value, choice.zh, choice.en)}

    def parse(cell: Cell) -> Any:
        try:
            return known[_loose(str(cell))]
        except KeyError:
            names = "、".join(choice.zh for choice in choices[:12]) + ("……" if len(choices) > 12 else "")  # noqa: PLR2004
            raise WrongCell(_("没有“{cell}”。可以写：{names}").format(cell=cell, names=names)) from None

    return parse


def day(formats: Sequence[str] = DATES) -> Parse:
    """Return a parser of dates, from a date cell or text in one of the formats."""
    inner = moment(None, formats)

    def parse(cell: Cell) -> date:
        found: datetime = inner(cell)
        return written_day(found)

    return parse


def moment(zone: tzinfo | None, formats: Sequence[str] = MOMENTS) -> Parse:
    """Return a parser of moments, aware in `zone` where one is given; a date alone is its midnight."""

    def parse(cell: Cell) -> datetime:
        found = _moment(cell, formats)
        return found if zone is None or found.tzinfo is not None else found.replace(tzinfo=zone)

    return parse


def _moment(cell: Cell, formats: Sequence[str]) -> datetime:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    said = str(cell)
    for form in formats:
        try:
            # ISO is what most files hold, and is read ten times as fast.
            return datetime.fromisoformat(said) if form == ISO else datetime.strptime(said, form)  # noqa: DTZ007
        except ValueError:
            continue
    raise WrongCell(_("“{cell}”不是日期或时间。可以写 2026-11-23 或 2026-11-23 09:30。").format(cell=cell))


# Comparing with what is there, for tables of some hundred rows.


@dataclass(frozen=True, slots=True)
class Plan:
    """What taking in a file would do; nothing is written yet."""

    new: list[dict[str, Any]]
    changed: list[dict[str, Any]]
    same: list[dict[str, Any]]
    wrong: list[RowError]
    rows: int  # read, the wrong ones included


def compare(rows: Iterable[Row], present: Mapping[Any, Mapping[str, Any]], *, key: str) -> Plan:
    """Return what is new, changed or the same against `present` (key value -> values), and what is wrong.

    A row is changed when one of the keys that both hold differs. A key that comes twice is wrong the second time.
    """
    plan, read_rows = Plan([], [], [], [], 0), 0
    seen: dict[Any, int] = {}
    for row in rows:
        read_rows += 1
        own, errors = row.values[key], list(row.errors)
        if own in seen and own is not None:
            errors.append(RowError(row.number, key, _("和第 {row} 行重复。").format(row=seen[own])))
        if errors:
            plan.wrong.extend(errors)
            continue
        seen[own] = row.number
        there = present.get(own)
        if there is None:
            plan.new.append(row.values)
        elif any(there[name] != value for name, value in row.values.items() if name in there):
            plan.changed.append(row.values)
        else:
            plan.same.append(row.values)
    return Plan(plan.new, plan.changed, plan.same, plan.wrong, read_rows)


# Writing.


def write_template(target: Source, table: Table, language: str) -> None:
    """Write the empty table: head with a star on required columns, drop-down lists, an example row, notes."""
    with override(language):
        notes = Notes(_("填写说明"), [[_("列"), _("必填"), _("怎么填"), _("可选的值")], *_explained(table, language)])
        example = [_label(column, column.example, language) for column in table.columns]
        rows = [example] if any(cell is not None for cell in example) else []
        write_xlsx(target, _columns(table, language, star=True), rows, notes)


def _explained(table: Table, language: str) -> Iterator[list[str]]:
    for column in table.columns:
        note = column.note_en if language.startswith("en") else column.note_zh
        names = "、".join(_named(choice, language) for choice in column.choices)
        yield [column.title(language), "√" if column.required else "", note, names]


def _named(choice: Choice, language: str) -> str:
    return choice.en if language.startswith("en") else choice.zh


def _columns(table: Table, language: str, *, star: bool = False) -> list[SheetColumn]:
    return [
        SheetColumn(
            column.title(language) + ("*" if star and column.required else ""),
            column.width,
            [_named(choice, language) for choice in column.choices],
        )
        for column in table.columns
    ]


def _label(column: Column, value: Any, language: str) -> Cell:
    """Return a value as a person reads it, and as the column reads it again."""
    if column.choices:
        return next((_named(choice, language) for choice in column.choices if choice.value == value), value)
    if isinstance(value, bool):
        return ("Yes" if value else "No") if language.startswith("en") else ("是" if value else "否")
    return value  # type: ignore[no-any-return]


def write_rows(target: Source, table: Table, rows: Iterable[Mapping[str, Any]], language: str) -> None:
    """Write rows by key, with the titles and names that `read` understands again."""
    with override(language):
        cells = ([_label(column, row.get(column.key), language) for column in table.columns] for row in rows)
        write_xlsx(target, _columns(table, language), cells)


def write_errors(
    target: Source,
    source: Source,
    places: Mapping[str, int],
    errors: Mapping[int, Sequence[RowError]],
    language: str,
    *,
    all_rows: bool = False,
) -> None:
    """Write the wrong rows of a file again, or all: its own columns, wrong cells red, and why in one more column.

    `errors` are by row number. Mended, the file can be read once more as it is.
    """
    with override(language):
        lines = numbered_rows(source)
        _number, head = next(lines, (0, []))
        reason = _("错误原因")
        kept = [place for place, title in enumerate(head) if title not in {"错误原因", reason}]
        columns = [SheetColumn("" if head[place] is None else str(head[place])) for place in kept]
        rows = (
            _with_reason(cells, kept, places, errors.get(number, ()))
            for number, cells in lines
            if all_rows or number in errors
        )
        write_xlsx(target, [*columns, SheetColumn(reason, REASON_WIDTH)], rows)


def _with_reason(
    cells: list[Cell], kept: Sequence[int], places: Mapping[str, int], errors: Sequence[RowError]
) -> list[Cell | Wrong]:
    red = {places[error.field] for error in errors if error.field in places}
    plain: Iterator[tuple[int, Cell]] = (
        (place, _plain(cells[place], narrow=False) if place < len(cells) else None) for place in kept
    )
    return [*(Wrong(cell) if place in red else cell for place, cell in plain), "；".join(e.message for e in errors)]
