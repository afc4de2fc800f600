"""Notes of a reading in words: what was found out about a file, and what of it was not read."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gongjian.documents.cells import Note, listed, quoted

SEPARATORS: Final = {"\t": "Tab", ";": ";", "|": "|", ",": ","}


def words_of(note: Note) -> str:
    """Return a note as a sentence in the language of its reader."""
    return _WORDS[note.code](note.facts)


def kept(notes: Iterable[Note]) -> list[dict[str, Any]]:
    """Return notes as JSON keeps them."""
    return [{"code": note.code, **note.facts} for note in notes]


def again(told: Iterable[dict[str, Any]]) -> list[Note]:
    """Return notes that were kept."""
    return [Note(one["code"], {key: value for key, value in one.items() if key != "code"}) for one in told]


def _encoding(facts: dict[str, Any]) -> str:
    name = {"utf-8": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030", "big5": "Big5"}[facts["encoding"]]
    told = _("按您选的 {name} 编码读。") if facts["chosen"] else _("文字按 {name} 编码读；如果是乱码，请另选编码。")
    return told.format(name=name)


def _separator(facts: dict[str, Any]) -> str:
    sign = SEPARATORS.get(facts["sign"], facts["sign"])
    if facts["said"]:
        return _("第一行写着用“{sign}”分隔，照它读；这一行不算在行号里。").format(sign=sign)
    return _("各格用“{sign}”分隔。").format(sign=sign)


def _sheets(facts: dict[str, Any]) -> str:
    others = [_("{name}（{rows} 行）").format(name=quoted(one["name"]), rows=one["rows"]) for one in facts["others"]]
    told = _("读的是工作表“{read}”。另有 {count} 张没有读：{others}。要读别的，请选工作表，各导入一次。")
    return told.format(read=quoted(facts["read"]), count=len(others), others=listed(others))


def _head(facts: dict[str, Any]) -> str:
    told = _("列名取自第 {number} 行；它上面的内容没有读：{above}。")
    return told.format(number=facts["number"], above=listed(facts["above"]))


def _filled(facts: dict[str, Any]) -> str:
    told = ngettext(
        "有 {n} 处上下合并的格子，各行都按合并的内容读：{areas}。",
        "有 {n} 处上下合并的格子，各行都按合并的内容读：{areas}。",
        facts["count"],
    )
    return told.format(n=facts["count"], areas=listed(facts["areas"]))


def _hidden_rows(facts: dict[str, Any]) -> str:
    n = facts["count"]
    return ngettext("有 {n} 行在表格里是隐藏的，也读了。", "有 {n} 行在表格里是隐藏的，也读了。", n).format(n=n)


def _hidden_columns(facts: dict[str, Any]) -> str:
    return _("这些列在表格里是隐藏的，也读了：{names}。").format(names=listed(facts["columns"]))


def _unused(facts: dict[str, Any]) -> str:
    return _("这些列没有用到：{names}。").format(names=listed(facts["titles"]))


def _twice(facts: dict[str, Any]) -> str:
    return _("有同名的列，只读最左边的一列：{names}。").format(names=listed(facts["titles"]))


def _untitled(facts: dict[str, Any]) -> str:
    return _("这些列没有列名，但有内容，没有读：{names}。").format(names=listed(facts["columns"]))


def _example(facts: dict[str, Any]) -> str:
    return _("第 {number} 行是模板里的示例，没有读。").format(number=facts["number"])


def _far(facts: dict[str, Any]) -> str:
    n = facts["count"]
    return ngettext("第 1,000 列以外还有 {n} 格，没有读。", "第 1,000 列以外还有 {n} 格，没有读。", n).format(n=n)


def _blind(_facts: dict[str, Any]) -> str:
    return _("这种旧格式里的错误值、公式和合并的格子看不出来，会当作空格。最好另存为 xlsx 再交。")


_WORDS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "encoding": _encoding, "separator": _separator, "sheets": _sheets, "head": _head, "filled": _filled,
    "hidden_rows": _hidden_rows, "hidden_columns": _hidden_columns, "unused": _unused, "twice": _twice,
    "untitled": _untitled, "example": _example, "far": _far, "blind": _blind,
}  # fmt: skip
