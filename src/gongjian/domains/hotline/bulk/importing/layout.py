"""Which column of a file means what: a mapping file in TOML, and the table it makes.

`program` whose numbers these are; `time_zone` of moments without an offset; `dates`, formats besides what people
write; `coordinates`, wgs84 or gcj02; `language` of the people who asked. `sheet`, `head`, `encoding`: the sheet's name,
the row of the titles and one of ENCODINGS, where they are not to be found out. `[columns]` our field = title in the
file; `[fixed]` our field = what an empty cell or a missing column means; `[compose]` title, description or address from
several columns, "{Street}, {ZIP}"; `[values.status]` and its like: what stands in the file = what it means here.
docs/import.md shows a whole one.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from gongjian.casework.models import Case
from gongjian.documents.cells import Cell, Damaged, Plain
from gongjian.documents.delimited import LOOKED_AT
from gongjian.documents.limits import unfit_words
from gongjian.documents.tables import (
    ENCODINGS,
    Choice,
    Column,
    How,
    Parse,
    Table,
    WrongCell,
    decimal,
    moment,
    text,
    yes_no,
)
from gongjian.documents.tables.parsers import reader_of
from gongjian.domains.hotline.queries import catalogue
from gongjian.domains.hotline.workflow import KINDS
from gongjian.identity.queries import units
from gongjian.listing import listed
from gongjian.text import Unfit, checked, clean

PROGRAM_LENGTH: Final = 60
STATUS_LENGTH: Final = 60
LONGEST: Final = 4_000
ZONE: Final = "Asia/Shanghai"
COORDINATES: Final = ("wgs84", "gcj02")
COMPOSED: Final = ("title", "description", "address")
OPEN, CLOSED = "open", "closed"
STATUSES: Final = (Choice(OPEN, "在办", "Open"), Choice(CLOSED, "已办结", "Closed"))
LANGUAGES: Final = ("zh-hans", "en")
DEFAULT_CHANNEL: Final = "api"
CHANNELS: Final = (
    Choice("phone", "电话", "Phone"), Choice("web", "网站", "Website"), Choice("sms", "短信", "Text message"),
    Choice("api", "其他系统转来", "Another system"), Choice("counter", "窗口", "Counter"),
)  # fmt: skip
URGENCY: Final = (Choice(0, "普通", "Ordinary"), Choice(1, "紧急", "Urgent"), Choice(2, "危急", "Emergency"))
EXAMPLE: Final = datetime(2026, 11, 23, 9, 30)  # noqa: DTZ001 - to try formats with
_PLACE = re.compile(r"\{([^{}]+)\}")


class LayoutError(ValueError):
    """A mapping file that cannot be used; says which line of it and why, in the language of whoever reads it."""

    def __init__(self, words: str | Promise, **facts: object) -> None:
        super().__init__(words)
        self.words, self.facts = words, facts

    def __str__(self) -> str:
        facts = {name: listed(fact) if isinstance(fact, list) else fact for name, fact in self.facts.items()}
        return str(self.words).format(**facts) if facts else str(self.words)


class Status(NamedTuple):
    """What a row says of its case: the word that stands there, and whether it means the end."""

    original: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """A mapping file, checked."""

    program: str = ""
    time_zone: str = ZONE
    dates: Sequence[str] = ()
    coordinates: str = "wgs84"
    language: str = "zh-hans"
    sheet: str = ""
    head: int = 0
    encoding: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    compose: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def from_toml(cls, said: str) -> "Layout":
        """Return the mapping a file tells. Raises LayoutError."""
        _refuse_unfit("TOML", said)
        try:
            told = tomllib.loads(said)
        except tomllib.TOMLDecodeError as error:
            raise LayoutError(_("对应文件不是 TOML：{why}"), why=error) from error
        unknown = told.keys() - cls.__slots__
        if unknown:
            raise LayoutError(_("对应文件里不认识：{names}"), names=sorted(unknown))
        try:
            layout = cls(**{**told, "dates": tuple(told.get("dates", ()))})
            layout.verify()
        except (TypeError, AttributeError) as error:
            raise LayoutError(_("对应文件的写法不对：{why}"), why=error) from error
        return layout

    def verify(self) -> None:
        """Raise LayoutError for what cannot be meant."""
        if not isinstance(self.program, str) or len(self.program) > PROGRAM_LENGTH:
            raise LayoutError(_("program 是来源系统的名称，最多 60 个字。"))
        _refuse_unfit("program", self.program)
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise LayoutError(_("没有“{zone}”这个时区。"), zone=self.time_zone) from error
        if self.coordinates not in COORDINATES:
            raise LayoutError(_("coordinates 只能是 wgs84 或 gcj02。"))
        if self.language not in LANGUAGES:
            raise LayoutError(_("language 只能是 zh-hans 或 en。"))
        self._verify_reading()
        for part in (self.columns, self.fixed, self.values, self.compose):
            wrong = sorted(set(part) - FIELDS)
            if wrong:
                raise LayoutError(_("没有这些字段：{names}"), names=wrong)
        if set(self.compose) - set(COMPOSED):
            raise LayoutError(_("compose 只能用在 title、description、address。"))

    def _verify_reading(self) -> None:
        """Raise LayoutError for what no file can be read by."""
        if not isinstance(self.sheet, str) or not isinstance(self.head, int) or not 0 <= self.head <= LOOKED_AT:
            raise LayoutError(_("sheet 是工作表的名称，head 是列名在第几行（1 到 {most}）。"), most=LOOKED_AT)
        if self.encoding and self.encoding not in ENCODINGS:
            raise LayoutError(_("encoding 只能是 {known}。"), known=list(ENCODINGS))
        for form in self.dates:
            try:
                datetime.strptime(EXAMPLE.strftime(form), form)  # noqa: DTZ007 - only whether it can be read
            except (ValueError, re.error) as error:
                raise LayoutError(_("dates 里的“{form}”不是日期格式。"), form=form) from error

    @property
    def how(self) -> How:
        """Return how a file is to be read."""
        return How(self.sheet, self.head, self.encoding)

    def to_toml(self) -> str:
        """Return the mapping as a file, to be kept or handed to the command."""
        lines = [f"{name} = {_quoted(getattr(self, name))}" for name in ("program", "time_zone", "language")]
        lines += [f"{name} = {_quoted(getattr(self, name))}" for name in ("coordinates", "sheet", "encoding")]
        lines.append(f"head = {self.head}")
        lines.append(f"dates = [{', '.join(map(_quoted, self.dates))}]")
        for name in ("columns", "fixed", "compose"):
            lines += ["", f"[{name}]", *(f"{key} = {_quoted(value)}" for key, value in getattr(self, name).items())]
        for key, meant in self.values.items():
            lines += ["", f"[values.{key}]", *(f"{_quoted(said)} = {_quoted(value)}" for said, value in meant.items())]
        return "\n".join(lines) + "\n"


def _refuse_unfit(name: str, text: str) -> None:
    try:
        checked(text)
    except Unfit as unfit:
        raise LayoutError(f"{name}: {unfit_words(unfit)}") from unfit


def _quoted(value: str) -> str:
    """Return a basic string of TOML, whose escapes are those of JSON."""
    return json.dumps(value, ensure_ascii=False)


def table_of(layout: Layout, *, at: datetime) -> Table:
    """Return the table of records as this mapping reads it, with the topics and units of today."""
    zone = ZoneInfo(layout.time_zone)
    when = moment(zone, layout.dates)
    columns = [_mapped(column, layout) for column in _columns(when, at)]
    return Table("hotline-import", tuple(columns))


def _columns(when: Parse, at: datetime) -> tuple[Column, ...]:
    return (
        Column(
            "external_number", "原编号", "Original number", required=True, narrow=True, example="A2025-000123",
            parse=text(60), width=18,
            note_zh="原系统里的编号，同一来源里不能重复。再导入一次时靠它认出同一件。",
            note_en="The number in the program it comes from, unique there. It tells a record that comes again.",
        ),
        Column(
            "status", "状态", "Status", required=True, choices=STATUSES, example=CLOSED,
            note_zh="在办的进派件台，已办结的作为历史记录。原来的写法会保留。",
            note_en="Open records go to the dispatch desk, closed ones become history. The original word is kept.",
        ),
        Column(
            "opened_at", "登记时间", "Opened at", required=True, parse=when, example="2025-03-01 09:30", width=18,
            note_zh="写成 2025-03-01 09:30，或只写日期。", note_en="Write 2025-03-01 09:30, or the date alone.",
        ),
        Column(
            "closed_at", "办结时间", "Closed at", parse=when, example="2025-03-04 16:00", width=18,
            note_zh="已办结的必须写。", note_en="Required for closed records.",
        ),
        Column("kind", "类型", "Kind", choices=_kinds(), example="complaint", empty="complaint",
               note_zh="不写就是投诉。", note_en="A complaint where left out."),
        Column("topic", "类别", "Topic", choices=_topics(at), width=22,
               note_zh="从列表里选二级类别；不知道就留空。", note_en="Choose from the list; leave empty if unknown."),
        Column("title", "标题", "Title", parse=text(80), width=30, example="路灯不亮",
               note_zh="不写就用内容的第一句。", note_en="The first sentence of the words where left out."),
        Column("description", "内容", "Description", parse=text(LONGEST), width=50,
               example="海山路 12 号门口的路灯三天不亮。",
               note_zh="标题和内容至少写一个。", note_en="Give a title or a description."),
        Column("answers", "问题与回答", "Questions and answers", parse=text(2 * LONGEST), width=40,
               note_zh="这一类要问的，写成“问题：回答；问题：回答”；回答里的分号写两个。选项写名称，几个之间用顿号。",
               note_en="What the topic asks: “Question: answer; Question: answer”; a semicolon of an answer is written"
                       " twice. Choices by name, several parted by commas."),
        Column("reply", "答复", "Answer", parse=text(LONGEST), width=50, example="已更换灯泡。"),
        Column("address", "地点", "Address", parse=text(120), width=30, example="海山路 12 号"),
        Column("lon", "经度", "Longitude", parse=decimal(-180, 180), example=114.237),
        Column("lat", "纬度", "Latitude", parse=decimal(-90, 90), example=22.557,
               note_zh="没有坐标就两格都留空。", note_en="Leave both empty where there are no coordinates."),
        Column("unit", "承办单位", "Unit", choices=_units(), width=20,
               note_zh="已办结的记在这个单位名下。", note_en="A closed record is counted under this unit."),
        Column("channel", "渠道", "Channel", choices=CHANNELS, empty=DEFAULT_CHANNEL),
        Column("urgency", "紧急程度", "Urgency", choices=URGENCY, empty=int(Case.Urgency.ORDINARY)),
        Column("confidential", "保密", "Confidential", parse=yes_no,
               note_zh="不写就是没有说：新件公开，已经保密的件仍然保密。",
               note_en="Left empty it says nothing: a new case is open, one that is confidential stays so."),
        Column("name", "诉求人", "Name", parse=text(40)),
        Column("phone", "电话", "Phone", parse=text(40), narrow=True),
        Column("email", "邮箱", "Email", parse=text(254), narrow=True),
    )  # fmt: skip


FIELDS: Final = frozenset({
    "external_number", "status", "opened_at", "closed_at", "kind", "topic", "title", "description", "answers", "reply",
    "address", "lon", "lat", "unit", "channel", "urgency", "confidential", "name", "phone", "email",
})  # fmt: skip


def _kinds() -> tuple[Choice, ...]:
    return tuple(Choice(kind.key.partition(".")[2], *_both(kind.label)) for kind in KINDS)


def _topics(at: datetime) -> tuple[Choice, ...]:
    return tuple(Choice(topic.code, topic.name_zh, topic.name_en) for topic in catalogue(at).leaves)


def _units() -> tuple[Choice, ...]:
    known = units()
    return tuple(Choice(unit.code, unit.short_zh, unit.short_en) for unit in known.by_id.values() if unit.active)


def _both(words: Any) -> tuple[str, str]:
    with override("zh-hans"):
        chinese = str(words)
    with override("en"):
        return chinese, str(words)


def _mapped(column: Column, layout: Layout) -> Column:
    """Return a column as the mapping reads it: words of the file first, and what an empty cell means."""
    said = layout.values.get(column.key, {})
    reader = _translated(reader_of(column), said) if said else reader_of(column)
    if column.key == "status":
        reader = _status(reader)
    empty: Any = column.empty
    given = said.get("", layout.fixed.get(column.key))
    if given is not None:
        try:
            empty = reader_of(column)(given)
        except WrongCell as wrong:
            raise LayoutError(f"{column.key}: {wrong.message}") from wrong
        if column.key == "status":
            empty = Status("", empty == CLOSED)
    return Column(
        key=column.key, zh=column.zh, en=column.en, required=column.required and given is None, choices=column.choices,
        example=column.example, parse=reader, narrow=column.narrow, note_zh=column.note_zh, note_en=column.note_en,
        width=column.width, empty=empty,
    )  # fmt: skip


def _translated(inner: Parse, said: Mapping[str, str]) -> Parse:
    """Return a parser that first puts the file's words into ours, then reads; each word is read once."""
    known: dict[Plain, Any] = {}

    def parse(cell: Plain) -> Any:
        if cell not in known:
            known[cell] = inner(said.get(str(cell), cell))
        return known[cell]

    return parse


def _status(inner: Parse) -> Parse:
    """Return a parser that keeps the word of the file beside its meaning."""
    return lambda cell: Status(clean(str(cell))[:STATUS_LENGTH], inner(cell) == CLOSED)


# What `compose` makes of a row: the words between, and the places of the columns.
type Pieces = Sequence[str | int]


def composed(layout: Layout, titles: Sequence[str]) -> dict[str, Pieces]:
    """Return for each composed field its pieces. Raises LayoutError for a title the file does not have."""
    at = {title: place for place, title in enumerate(titles)}
    found: dict[str, Pieces] = {}
    for key, form in layout.compose.items():
        pieces: list[str | int] = []
        for number, piece in enumerate(_PLACE.split(form)):
            if number % 2 and piece not in at:
                raise LayoutError(_("文件里没有“{title}”这一列。"), title=piece)
            pieces.append(at[piece] if number % 2 else piece)
        found[key] = pieces
    return found


def put_together(pieces: Pieces, cells: Sequence[Cell]) -> str:
    """Return a composed text; what is empty leaves no stray punctuation at either end."""
    parts = (piece if isinstance(piece, str) else _cell(cells, piece) for piece in pieces)
    return "".join(parts).strip(" ,，;；:：-")


def _cell(cells: Sequence[Cell], place: int) -> str:
    return str(cells[place]) if place < len(cells) and cells[place] is not None else ""


def damaged_in(pieces: Pieces, cells: Sequence[Cell]) -> Damaged | None:
    """Return the first cell of a composed text that cannot be read."""
    places = (place for place in pieces if isinstance(place, int) and place < len(cells))
    return next((cell for cell in (cells[place] for place in places) if isinstance(cell, Damaged)), None)


__all__ = ["FIELDS", "Layout", "LayoutError", "Status", "composed", "damaged_in", "put_together", "table_of"]
