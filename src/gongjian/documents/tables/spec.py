"""What a table holds, said once by the room that owns it, and what a row of it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gongjian.documents.cells import Cell, Plain, listed, sentences

type Parse = Callable[[Plain], Any]


class WrongCell(ValueError):
    """A cell that cannot be taken; `message` says what would do."""

    def __init__(self, message: object) -> None:
        super().__init__(str(message))
        self.message = str(message)


class MissingColumns(ValueError):
    """The file lacks columns that must be there; says, in its reader's language, what was read as the titles."""

    def __init__(self, columns: "Sequence[Column]", number: int, titles: Sequence[str], sheet: str = "") -> None:
        super().__init__([column.key for column in columns])
        self.columns, self.number, self.titles, self.sheet = tuple(columns), number, tuple(titles), sheet

    def __str__(self) -> str:
        names = listed([column.title(get_language()) for column in self.columns])
        found = listed([title for title in self.titles if title])
        told = _("文件里没有这些列：{names}。请用模板，或指定哪一列对应。").format(names=names)
        if self.sheet:
            head = _("读作列名的是工作表“{sheet}”的第 {number} 行：{titles}。")
        else:
            head = _("读作列名的是第 {number} 行：{titles}。")
        return sentences(told, head.format(sheet=self.sheet, number=self.number, titles=found))


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
    example: Plain = None
    parse: Parse | None = None  # raises WrongCell; never called for an empty cell
    narrow: bool = False  # signs of full width are read as narrow ones
    note_zh: str = ""  # for the notes sheet
    note_en: str = ""
    width: int = 16
    empty: Any = None  # what an empty cell means

    def title(self, language: str | None = None) -> str:
        """Return the title in a language, Chinese where none is said."""
        return self.en if (language or "zh").startswith("en") else self.zh


class RowError(NamedTuple):
    """What is wrong with a row, at the cell of a column or, with an empty `field`, as a whole."""

    row: int  # as a spreadsheet program counts
    field: str
    message: str


class Row(NamedTuple):
    """A row as it was read; `values` holds the keys of all columns of the table, None where the file has none."""

    number: int
    cells: list[Cell]
    values: dict[str, Any]
    errors: tuple[RowError, ...]
    line: int = 0  # of a text file, where it is not the row's number; else 0

    def wrong(self, field: str, message: str) -> RowError:
        """Return something that is wrong with this row; says the line too where a text file counts otherwise."""
        return RowError(self.number, field, message + at_line(self.line))


def at_line(line: int) -> str:
    """Return the words for a line of a text file, nothing for 0."""
    return _("（文件第 {line} 行）").format(line=line) if line else ""


@dataclass(frozen=True)
class Table:
    """A table that goes in and out as a spreadsheet."""

    name: str
    columns: Sequence[Column]

    @cached_property
    def by_key(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}


@dataclass(frozen=True, slots=True)
class How:
    """How a file is to be read, where whoever hands it in has chosen: nothing said is found out."""

    sheet: str = ""
    head: int = 0  # the row of the titles
    encoding: str = ""


def label(column: Column, value: Any, language: str) -> Plain:
    """Return a value as a person reads it, and as the column reads it again."""
    if column.choices:
        return next((named(choice, language) for choice in column.choices if choice.value == value), value)
    if isinstance(value, bool):
        return ("Yes" if value else "No") if language.startswith("en") else ("是" if value else "否")
    return value  # type: ignore[no-any-return]


def named(choice: Choice, language: str) -> str:
    """Return the name of a choice."""
    return choice.en if language.startswith("en") else choice.zh


def shown_as(column: Column) -> set[str]:
    """Return the forms in which the example of a column may stand in a file."""
    return {str(label(column, column.example, language)) for language in ("zh", "en")}
