"""Parsers of cells: made with what they allow, called with a filled cell, raising WrongCell with what would do."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, tzinfo
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongjian.documents.cells import Plain, quoted
from gongjian.documents.limits import unfit_words
from gongjian.documents.moments import NotAMoment, Reason
from gongjian.documents.moments import read as read_moment
from gongjian.documents.tables.spec import Choice, Column, Parse, WrongCell
from gongjian.listing import listed
from gongjian.text import Unfit, checked
from gongjian.workdays.rules import written_day

LOOSE: Final = str.maketrans("", "", " \t\r\n_-*＊　")
YES: Final = frozenset({"是", "y", "yes", "true", "1", "√", "对"})
NO: Final = frozenset({"否", "n", "no", "false", "0", "×", "错"})
CHOICES_NAMED: Final = 12
# What Excel writes into a csv in the place of a long number.
SCIENTIFIC: Final = re.compile(r"[+-]?\d(?:\.\d+)?[eE]\+\d{2,}")
WHY_NO_MOMENT: Final[dict[Reason, Promise]] = {
    Reason.UNKNOWN: gettext_lazy("“{cell}”不是日期或时间。可以写 2026-11-23 或 2026-11-23 09:30。"),
    Reason.NO_SUCH_DAY: gettext_lazy("没有“{cell}”这一天。请核对年月日和星期。"),
    Reason.NO_SUCH_TIME: gettext_lazy("“{cell}”里的时间不对。时间写 00:00 到 24:00。"),
    Reason.FAR: gettext_lazy("“{cell}”的年份不对。"),
    Reason.WITHOUT_DAY: gettext_lazy("“{cell}”没有写到哪一天。请写成 2026-11-23。"),
    Reason.SHORT_YEAR: gettext_lazy("“{cell}”的年份要写四位，如 2026-11-23。"),
    Reason.TWO_DAYS: gettext_lazy("“{cell}”分不清几月几日。请写成 2026-11-23，或在对应文件的 dates 里写明格式。"),
    Reason.TWO_TIMES: gettext_lazy("“{cell}”分不清是上午还是下午。请按 24 小时写，如 14:30。"),
    Reason.STAMP: gettext_lazy("“{cell}”像是程序的时间戳。请换成 2026-11-23 09:30 这样的写法。"),
}


def reader_of(column: Column) -> Parse:
    """Return what turns a filled cell of a column into a value."""
    return column.parse or (one_of(column.choices) if column.choices else text())


def loose(title: str) -> str:
    """Return a title without what people write one way or another: blanks, case, the star of required columns."""
    return title.translate(LOOSE).casefold()


def text(most: int = 0) -> Parse:
    """Return a parser of text, of at most so many signs where said; a number becomes the text a person typed."""

    def parse(cell: Plain) -> str:
        try:
            found = checked(cell if isinstance(cell, str) else typed(cell))
        except Unfit as unfit:
            raise WrongCell(unfit_words(unfit)) from unfit
        if most and len(found) > most:
            raise WrongCell(_("最多 {most} 个字，这里有 {length} 个。").format(most=most, length=len(found)))
        if "+" in found and SCIENTIFIC.fullmatch(found):
            told = _("Excel 把这个号码缩写成了 {cell}，后面的数字已经没有：把这一列设为文本格式，重新填写。")
            raise WrongCell(told.format(cell=found))
        return found

    return parse


def typed(cell: Plain) -> str:
    """Return a cell as a person would have typed it."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes")
    return str(cell)


def whole(least: int | None = None, most: int | None = None) -> Parse:
    """Return a parser of whole numbers between two."""
    inner = decimal(least, most)

    def parse(cell: Plain) -> int:
        found = inner(cell)
        if found != int(found):
            raise WrongCell(_("“{cell}”不是整数。").format(cell=quoted(cell)))
        return int(found)

    return parse


def decimal(least: float | None = None, most: float | None = None) -> Parse:
    """Return a parser of numbers between two, as float."""

    def parse(cell: Plain) -> float:
        try:
            found = float(cell) if isinstance(cell, str | int | float) else float("nan")
        except (ValueError, OverflowError):
            found = float("nan")
        if found - found != 0:  # neither text nor infinity
            raise WrongCell(_("“{cell}”不是数字。").format(cell=quoted(cell)))
        if (least is not None and found < least) or (most is not None and found > most):
            raise WrongCell(
                _("“{cell}”超出范围，应在 {least} 到 {most} 之间。").format(cell=quoted(cell), least=least, most=most)
            )
        return found

    return parse


def yes_no(cell: Plain) -> bool:
    """Parse 是 and 否 as people write them."""
    if isinstance(cell, bool):
        return cell
    said = str(cell).strip().casefold()
    if said not in YES | NO:
        raise WrongCell(_("请写“是”或“否”，不能写“{cell}”。").format(cell=quoted(cell)))
    return said in YES


def one_of(choices: Sequence[Choice]) -> Parse:
    """Return a parser of a choice, by its value or its name in either language."""
    known = {loose(str(name)): choice.value for choice in choices for name in (choice.value, choice.zh, choice.en)}

    def parse(cell: Plain) -> Any:
        try:
            return known[loose(str(cell))]
        except KeyError:
            named = listed(choice.zh for choice in choices[:CHOICES_NAMED])
            names = named + ("……" if len(choices) > CHOICES_NAMED else "")
            raise WrongCell(_("没有“{cell}”。可以写：{names}").format(cell=quoted(cell), names=names)) from None

    return parse


def day(formats: Sequence[str] = ()) -> Parse:
    """Return a parser of days, from a date cell or text as people write it, or in one of the formats."""
    inner = moment(None, formats)

    def parse(cell: Plain) -> date:
        found: datetime = inner(cell)
        return written_day(found)

    return parse


def moment(zone: tzinfo | None, formats: Sequence[str] = ()) -> Parse:
    """Return a parser of moments, aware in `zone` where one is given; a day alone is its midnight."""

    def parse(cell: Plain) -> datetime:
        found = _moment(cell, formats)
        return found if zone is None or found.tzinfo is not None else found.replace(tzinfo=zone)

    return parse


def _moment(cell: Plain, formats: Sequence[str]) -> datetime:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    if isinstance(cell, bool | time) or cell is None:
        raise WrongCell(str(WHY_NO_MOMENT[Reason.UNKNOWN]).format(cell=quoted(cell)))
    for form in formats:
        try:
            return datetime.strptime(str(cell), form)  # noqa: DTZ007 - the caller's zone holds
        except ValueError:
            continue
    try:
        return read_moment(cell)
    except NotAMoment as error:
        raise WrongCell(str(WHY_NO_MOMENT[error.reason]).format(cell=quoted(cell))) from error
