"""Rows of a file as records: what the columns say together, checked."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from gongjian.documents.cells import damage
from gongjian.documents.decoding import Source
from gongjian.documents.limits import unfit_words
from gongjian.documents.tables import Note, Reading, Row, RowError, WrongCell, open_table
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.bulk.importing.answers import Answers, read_answers
from gongjian.domains.hotline.bulk.importing.layout import (
    LONGEST,
    Layout,
    Pieces,
    composed,
    damaged_in,
    put_together,
    table_of,
)
from gongjian.domains.hotline.queries import TopicRef, catalogue
from gongjian.domains.hotline.queries.open311 import Question, offer
from gongjian.identity.queries import units
from gongjian.parties.emails import normalise_email
from gongjian.parties.phones import normalise_phone
from gongjian.parties.refusals import InvalidParty
from gongjian.places.rules import gcj02_to_wgs84, is_point
from gongjian.sealing.masking import hide_contacts
from gongjian.text import Unfit, checked
from gongjian.workdays.rules import written_day

TITLE: Final = 80
ADDRESS: Final = 120
WIDE: Final = re.compile("[０-９Ａ-Ｚａ-ｚ\u3000]")
SLACK: Final = timedelta(days=1)  # clocks of other programs


class Entry(NamedTuple):
    """One record as the file tells it; `errors` say why it cannot be taken."""

    row: int
    external_number: str
    original_status: str
    closed: bool
    opened_at: datetime | None
    closed_at: datetime | None
    kind: str
    topic: TopicRef | None
    title: str
    description: str
    reply: str  # as it stands there
    address: str
    lon: float | None
    lat: float | None
    unit_id: int | None
    channel: str
    urgency: int
    confidential: bool | None  # None: not said
    name: str
    phone: str
    email: str
    answers: Answers | None  # None: not said
    errors: tuple[RowError, ...]


@dataclass(frozen=True)
class Reader:
    """Reads the rows of one file; holds what is looked up once."""

    reading: Reading
    layout: Layout
    at: datetime
    pieces: Mapping[str, Pieces]
    topics: Mapping[str, TopicRef]
    units: Mapping[str, int]
    asked: Mapping[int, Sequence[Question]]
    zone: ZoneInfo
    checked: bool = False

    @classmethod
    def open(cls, source: Source, layout: Layout, *, at: datetime, checked: bool = False) -> "Reader":
        """Look at the head of a file. Raises UnreadableSheet and LayoutError.

        The entries of a file that was `checked` before come without the checks that take long.
        """
        reading = open_table(source, table_of(layout, at=at), layout.columns, layout.how)
        topics = {topic.code: topic for topic in catalogue(at).leaves}
        known = {unit.code: unit.id for unit in units().by_id.values()}
        asked, zone = offer(at).asked, ZoneInfo(layout.time_zone)
        return cls(reading, layout, at, composed(layout, reading.titles), topics, known, asked, zone, checked)

    def entries(self) -> Iterator[Entry]:
        """Yield every row. Raises UnreadableSheet and MissingColumns before the first."""
        return (self._entry(row) for row in self.reading.rows())

    def notes(self) -> list[Note]:
        """Return what is to be said of the file; whole once its entries were read to the end."""
        return self.reading.notes()

    def _entry(self, row: Row) -> Entry:
        values, errors = row.values, list(row.errors)
        self._compose(row, values, errors)
        status, number = values["status"], values["external_number"] or ""
        closed = status is not None and status.closed
        opened_at, closed_at = values["opened_at"], values["closed_at"] if closed else None
        if not errors:
            closed_at = _same_day(opened_at, closed_at)
            self._check_times(row, opened_at, closed_at, errors, closed=closed)
        lon, lat = self._place(row, values, errors)
        title, description = self._words(row, values, errors)
        name, phone, email = self._contact(row, values, errors)
        topic = self.topics.get(values["topic"]) if values["topic"] else None
        unit_id = self.units.get(values["unit"]) if values["unit"] else None
        answers = self._answers(row, topic, values["answers"], errors)
        address = tidy(values["address"] or "")[:ADDRESS]
        return Entry(
            row=row.number, external_number=number, original_status=status.original if status else "", closed=closed,
            opened_at=opened_at, closed_at=closed_at, kind=f"hotline.{values['kind'] or 'complaint'}", topic=topic,
            title=title, description=description, reply=values["reply"] or "", address=address, lon=lon,
            lat=lat, unit_id=unit_id, channel=values["channel"] or "api", urgency=values["urgency"] or 0,
            confidential=values["confidential"], name=name, phone=phone, email=email, answers=answers,
            errors=tuple(errors),
        )  # fmt: skip

    def _answers(self, row: Row, topic: TopicRef | None, cell: str | None, errors: list[RowError]) -> Answers | None:
        if not cell:
            return None
        if topic is None:
            errors.append(row.wrong("answers", _("有回答就要写类别：问题是按类别问的。")))
            return None
        try:
            return read_answers(cell, self.asked.get(topic.id, ()), self.zone)
        except WrongCell as wrong:
            errors.append(row.wrong("answers", str(wrong.message)))
            return None

    def _compose(self, row: Row, values: dict[str, Any], errors: list[RowError]) -> None:
        """Fill in what is put together from several cells."""
        for key, pieces in self.pieces.items():
            broken = damaged_in(pieces, row.cells)
            if broken is not None:
                errors.append(row.wrong(key, damage(broken)))
            try:
                values[key] = checked(put_together(pieces, row.cells)) or values[key]
            except Unfit as unfit:
                errors.append(row.wrong(key, str(unfit_words(unfit))))

    def _check_times(
        self, row: Row, opened_at: datetime, closed_at: datetime | None, errors: list[RowError], *, closed: bool
    ) -> None:
        if opened_at > self.at + SLACK:
            errors.append(row.wrong("opened_at", _("登记时间还没到。")))
        if not closed:
            return
        if closed_at is None:
            errors.append(row.wrong("closed_at", _("已办结的要写办结时间。")))
        elif closed_at < opened_at:
            errors.append(row.wrong("closed_at", _("办结时间早于登记时间。")))
        elif closed_at > self.at + SLACK:
            errors.append(row.wrong("closed_at", _("办结时间还没到。")))

    def _place(self, row: Row, values: Mapping[str, Any], errors: list[RowError]) -> tuple[float | None, float | None]:
        lon, lat = values["lon"], values["lat"]
        if (lon is None) != (lat is None):
            if not errors:
                missing = "lon" if lon is None else "lat"
                errors.append(row.wrong(missing, _("经度和纬度要么都写，要么都不写。")))
            return None, None
        if lon is not None and not is_point(lon, lat):
            errors.append(row.wrong("lon", _("这不是地图上的一点。没有坐标就两格都留空。")))
            return None, None
        if lon is not None and self.layout.coordinates == "gcj02":
            return gcj02_to_wgs84(lon, lat)
        return lon, lat

    def _words(self, row: Row, values: Mapping[str, Any], errors: list[RowError]) -> tuple[str, str]:
        description = tidy(values["description"] or values["title"] or "")[:LONGEST]
        title = tidy(values["title"] or "") or rules.title_of(description)
        if not description and not errors:
            errors.append(row.wrong("description", _("标题和内容至少写一个。")))
        return hide_contacts(title)[:TITLE], description

    def _contact(self, row: Row, values: Mapping[str, Any], errors: list[RowError]) -> tuple[str, str, str]:
        phone, email = values["phone"] or "", values["email"] or ""
        if self.checked:
            return values["name"] or "", phone, email
        for field, said, check in (("phone", phone, normalise_phone), ("email", email, normalise_email)):
            try:
                if said:
                    check(said)
            except InvalidParty as error:
                errors.append(row.wrong(field, str(error)))
        return values["name"] or "", phone, email


def tidy(text: str) -> str:
    """Return somebody's words tidied; few texts hold anything to fold, and looking is much faster than folding."""
    return rules.tidy(text) if WIDE.search(text) else text.strip()


def _same_day(opened_at: datetime, closed_at: datetime | None) -> datetime | None:
    """Return the end; where only its day is known and it began on that day, it cannot have ended before."""
    if closed_at is None or closed_at >= opened_at:
        return closed_at
    day = written_day(closed_at)
    day_alone = closed_at == datetime.combine(day, time(), closed_at.tzinfo)
    return opened_at if day_alone and written_day(opened_at.astimezone(closed_at.tzinfo)) == day else closed_at
