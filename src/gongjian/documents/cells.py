"""What a table file holds, cell by cell and row by row, whatever program saved it, and why it cannot be read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final, NamedTuple, Protocol

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

SHOWN: Final = 40  # signs of a cell that a message quotes


@dataclass(frozen=True, slots=True)
class Damaged:
    """A cell whose content is not there, or not sure: `why` is a key of `WHY_DAMAGED`, `shown` what a person sees."""

    why: str
    shown: str

    def __str__(self) -> str:
        return self.shown


type Plain = str | int | float | bool | date | datetime | time | None
type Cell = Plain | Damaged

WHY_DAMAGED: Final[dict[str, Promise]] = {
    "error": _("这一格是错误值 {shown}。请在表格里改正后再导入。"),
    "formula": _("这一格是公式，文件里没有存算好的结果。请用表格软件打开、重算并保存，或粘贴成数值。"),
    "cut": _("Excel 已截断这个号码（{shown}）：把这一列设为文本格式，重新填写。"),
    "merged": _("这一格和左边的格子合并了，分不清写的是哪一列。请取消合并，各填各的。"),
    "date": _("这一格的日期超出范围，表格里显示为 ####。请重新填写。"),
    "bytes": _("这一格里有坏的字节（{shown}）。请改正这一格；如果很多格都这样，请另选编码。"),
}
WHY_ROW: Final[dict[str, Promise]] = {
    "quote": _('这一行的引号不成对，分不清哪里是一格的结尾。一格里的引号要写两个（""），整格再用引号括起来。'),
    "open": _("这一行打开的引号一直没有闭合。请补上引号，或删去多余的。"),
    "swallowed": _("第 {first} 行打开的引号到第 {last} 行才闭合，中间像是别的记录。这几行都没有读，请改正引号。"),
    "shifted": _("这一行有 {cells} 格，列名只有 {titles} 个：可能有一格里的分隔符没有用引号括起来。"),
    "torn": _("这一行只有 {cells} 格，下一行像是它的后半：可能有一格里换了行，没有用引号括起来。"),
    "short": _("前面有没闭合的引号，这一行又只有 {cells} 格（列名有 {titles} 个），分不清是不是一条记录。"),
}
WHY_UNREADABLE: Final[dict[str, Promise]] = {
    "empty": _("这个文件里没有内容。"),
    "broken": _("这个文件打不开，可能没有传完整。请另存一次再交。"),
    "locked": _("这个文件有密码保护。请去掉密码后再交。"),
    "large": _("这个文件解压后太大。请拆成几个文件再交。"),
    "binary": _("这个文件既不是表格也不是文字。请另存为 xlsx 或 csv。"),
    "encoding": _("这个文件的文字不是 UTF-8、UTF-16、GB18030 或 Big5 编码。请另存为“CSV UTF-8”再交。"),
    "no_encoding": _("没有“{name}”这种编码，可以选 {known}。"),
    "no_sheet": _("文件里没有工作表“{name}”，只有：{known}。"),
    "no_head": _("第 {number} 行没有内容，不能作列名。"),
    "torn_head": _("第 {number} 行是列名，但是：{fault}"),
    "gone": _("这个文件已经不在了。"),
}


class UnreadableSheet(ValueError):
    """Not a table we can read; its words are in the language of whoever reads them."""

    def __init__(self, why: str, **facts: object) -> None:
        super().__init__(why)
        self.why, self.facts = why, facts

    def __str__(self) -> str:
        facts = {name: listed(fact) if isinstance(fact, list) else fact for name, fact in self.facts.items()}
        return str(WHY_UNREADABLE[self.why]).format(**facts)


class Fault(NamedTuple):
    """Why a row as a whole cannot be read."""

    why: str
    facts: dict[str, Any]

    def __str__(self) -> str:
        return str(WHY_ROW[self.why]).format(**self.facts)


class RawRow(NamedTuple):
    """A row as the file holds it; empty rows do not come."""

    number: int  # as a spreadsheet program counts
    cells: list[Cell]
    line: int = 0  # of a text file where it begins; 0 in a workbook
    fault: Fault | None = None


class Note(NamedTuple):
    """Something about a file that its reader ought to know; `gongjian.documents.tables.notes` has the words."""

    code: str
    facts: dict[str, Any]


class Page(Protocol):
    """One sheet of a file, or the whole of a text file."""

    name: str
    hidden: bool
    first: list[RawRow]  # to find the titles in

    def rows(self, most: int | None = None) -> Iterator[RawRow]:
        """Yield the rows from the first on, at most so many."""

    def expect(self, width: int) -> None:
        """Learn how many cells a record has, once the titles are found."""

    def notes(self) -> list[Note]:
        """Return what is to be said of the page; whole once its rows were read to the end."""


def listed(names: Iterable[str], most: int = 12) -> str:
    """Return names one after the other as the reader's language writes them, at most so many."""
    some = [quoted(name) for name in names]
    told = ("、" if _chinese() else ", ").join(some[:most])
    return told + ("……" if _chinese() else " …") * (len(some) > most)


def sentences(*told: str) -> str:
    """Return sentences one after the other as the reader's language writes them."""
    return ("" if _chinese() else " ").join(told)


def _chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def quoted(cell: object) -> str:
    """Return a cell as a message quotes it: the beginning of a long one."""
    said = str(cell)
    return said if len(said) <= SHOWN else f"{said[:SHOWN]}…"


def damage(cell: Damaged) -> str:
    """Return why a cell cannot be read."""
    return str(WHY_DAMAGED[cell.why]).format(shown=quoted(cell.shown))
