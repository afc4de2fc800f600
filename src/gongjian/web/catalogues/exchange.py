"""A catalogue as a spreadsheet: what a file would change, tried for real and taken back, then written in one go."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Final

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from gongjian.audit.actions import record
from gongjian.audit.dated import Refused
from gongjian.documents.tables import (
    Choice,
    Column,
    Note,
    Parse,
    Row,
    RowError,
    Table,
    WrongCell,
    day,
    moment,
    open_table,
    text,
    yes_no,
)
from gongjian.identity.actor import Actor
from gongjian.listing import listed
from gongjian.web.catalogues.forms import LOOSE_DATE, CatalogueForm
from gongjian.web.catalogues.spec import PAST, Catalogue, Entry, Write
from gongjian.web.catalogues.views import Difference, differences
from gongjian.web.catalogues.words import Labels, labels_of, name_of, told
from gongjian.web.forms import fold
from gongjian.workdays.rules import local_day

CHINESE: Final = "zh-hans"
SEPARATORS: Final = str.maketrans("，；;,", "、、、、")
MOST_ROWS: Final = 5_000
NEW, CHANGED, SAME, ENDED, WRONG = "new", "changed", "same", "ended", "wrong"


@dataclass(frozen=True)
class Planned:
    """One row of a file, or a row of the table that the file leaves out, and what becomes of it."""

    what: str
    number: int  # as the spreadsheet program counts; 0 for one that is left out
    name: str
    write: Write | None = None
    differences: Sequence[Difference] = ()
    errors: Sequence[RowError] = ()


@dataclass(frozen=True)
class Plan:
    """What taking in a file would do."""

    rows: Sequence[Planned] = field(default_factory=tuple)
    notes: Sequence[Note] = ()  # on the file

    def of(self, what: str) -> list[Planned]:
        """Return the rows of one fate."""
        return [row for row in self.rows if row.what == what]

    @cached_property
    def writes(self) -> list[Planned]:
        return [row for row in self.rows if row.what in {NEW, CHANGED, ENDED}]

    @cached_property
    def errors(self) -> dict[int, Sequence[RowError]]:
        return {row.number: row.errors for row in self.rows if row.what == WRONG}


@dataclass(frozen=True)
class Taking:
    """How a file is to be taken: from which day, by whom, and whether what it leaves out ends."""

    since: date
    rest: bool
    actor: Actor
    at: datetime


def table_of(catalogue: Catalogue) -> Table:
    """Return the columns of the spreadsheet: the fields of the form."""
    with override(CHINESE):
        zh = catalogue.form()
        zh_labels, zh_names = labels_of(zh), {name: name_of(zh, name) for name in zh.fields}
    with override("en"):
        en = catalogue.form()
        en_labels, en_names = labels_of(en), {name: name_of(en, name) for name in en.fields}
    names = [*zh.names(), *(name for name in ("since", "until") if name in zh.fields)]
    columns = [
        _column(zh.fields[name], name, (zh_names[name], en_names[name]), (zh_labels, en_labels)) for name in names
    ]
    return Table(catalogue.name, columns)


def _column(field_: forms.Field, name: str, titles: tuple[str, str], labels: tuple[Labels, Labels]) -> Column:
    zh, en = labels[0].get(name, {}), labels[1].get(name, {})
    choices = [Choice(value, zh[value], en.get(value, value)) for value in zh if value]
    many = isinstance(field_, forms.MultipleChoiceField)
    parse = _many(choices) if many else _parse(field_)
    return Column(
        name,
        titles[0],
        titles[1],
        required=field_.required and name != "since" and not isinstance(field_, forms.BooleanField),
        choices=() if many else choices,
        parse=parse if parse or choices else text(),
        width=36 if isinstance(field_.widget, forms.Textarea) else 18,
    )


def _parse(field_: forms.Field) -> Parse | None:
    """Return what reads the cells of a field as people write them; None where its text is enough."""
    if isinstance(field_, forms.BooleanField):
        return yes_no
    if isinstance(field_, forms.DateTimeField):
        return moment(None)
    return day() if isinstance(field_, forms.DateField) else None


def _many(choices: Sequence[Choice]) -> Any:
    known = {name.casefold(): choice.value for choice in choices for name in (choice.value, choice.zh, choice.en)}

    def parse(cell: Any) -> list[str]:
        found = [part.strip().casefold() for part in str(cell).translate(SEPARATORS).split("、") if part.strip()]
        for part in found:
            if part not in known:
                names = listed(choice.zh for choice in choices)
                raise WrongCell(_("没有“{cell}”。可以写：{names}").format(cell=part, names=names))
        return [known[part] for part in found]

    return parse


def rows_of(catalogue: Catalogue, at: datetime, *, past: bool = False) -> list[dict[str, Any]]:
    """Return the rows for a spreadsheet: those that hold or will hold, on wish the past ones too."""
    day = local_day(at)
    form = catalogue.form()
    many = {name for name, one in form.fields.items() if isinstance(one, forms.MultipleChoiceField)}
    labels = labels_of(form)
    return [
        {
            **{
                name: told(labels, name, value) if name in many else value
                for name, value in one.values.items()
                if name in form.fields
            },
            "since": one.first,
            "until": one.last,
        }
        for one in catalogue.entries()
        if past or one.state(day) != PAST
    ]


def plan_of(catalogue: Catalogue, content: bytes, taking: Taking) -> Plan:
    """Work out what a file would do, by trying it in a transaction that is taken back. Raises UnreadableSheet."""
    reading = open_table(io.BytesIO(content), table_of(catalogue))
    planned = _planned(catalogue, reading.rows(), taking)
    if taking.rest and catalogue.dated:
        planned += _left_out(catalogue, planned, taking)
    return Plan(_tried(catalogue, planned), reading.notes())


def apply(catalogue: Catalogue, plan: Plan, taking: Taking, file_name: str) -> int:
    """Write what a plan says, all or nothing, with one entry of its own; return how many rows. Raises Refused."""
    with transaction.atomic():
        for row in plan.writes:
            if row.write is not None:
                catalogue.write(row.write)
        counts = " ".join(f"{what}={len(plan.of(what))}" for what in (NEW, CHANGED, ENDED, SAME, WRONG))
        record(
            action=f"{catalogue.action}.import",
            actor_kind=taking.actor.kind,
            actor_id=taking.actor.user_id,
            unit_id=taking.actor.unit_id,
            object_kind=catalogue.kind,
            object_id="sheet",
            detail=f"{file_name[:120]} {counts} since={taking.since}",
            at=taking.at,
        )
    return len(plan.writes)


def _planned(catalogue: Catalogue, rows: Iterable[Row], taking: Taking) -> list[Planned]:
    standing = _by_identity(catalogue, catalogue.entries())
    labels = labels_of(catalogue.form())
    seen: dict[Any, int] = {}
    found = []
    for count, row in enumerate(rows):
        if count >= MOST_ROWS:
            raise Refused("file", _("一次最多 %(most)s 行。") % {"most": MOST_ROWS})
        found.append(_judge(catalogue, row, standing, labels, seen, taking))
    return found


def _by_identity(catalogue: Catalogue, entries: Sequence[Entry]) -> dict[Any, list[Entry]]:
    found: dict[Any, list[Entry]] = {}
    for one in entries:
        found.setdefault(_identity(catalogue, one.values), []).append(one)
    return found


def _identity(catalogue: Catalogue, values: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_mark(values.get(name)) for name in catalogue.fields.matched())


def _mark(value: Any) -> str:
    """Return a value as it is compared: days and moments alike, however somebody wrote them."""
    text = told({}, "", value) if isinstance(value, date) else fold(str(value or ""))
    found = LOOSE_DATE.match(text)
    if found is None:
        return str(value or "")
    year, month, day = (int(part) for part in found.groups())
    rest = text[found.end() :].replace("T", " ").strip()
    return f"{year:04}-{month:02}-{day:02} {rest[:5]}".strip()


def _judge(
    catalogue: Catalogue,
    row: Row,
    standing: Mapping[Any, Sequence[Entry]],
    labels: Labels,
    seen: dict[Any, int],
    taking: Taking,
) -> Planned:
    start = _start(row, catalogue, taking)
    data = {name: value for name, value in row.values.items() if value is not None}
    identity = _identity(catalogue, data)
    name = " ".join(told(labels, part, data.get(part)) for part in catalogue.fields.matched())
    mark = (identity, start if catalogue.dated else None)
    if row.errors:
        return Planned(WRONG, row.number, name, errors=row.errors)
    if mark in seen:
        twice = RowError(row.number, catalogue.fields.matched()[0], _("和第 {row} 行重复。").format(row=seen[mark]))
        return Planned(WRONG, row.number, name, errors=(twice,))
    seen[mark] = row.number
    entry = _standing(standing.get(identity, ()), start, local_day(taking.at))
    if entry is None and not catalogue.adds:
        unknown = RowError(row.number, catalogue.fields.matched()[0], _("没有这一条，这张表不能新增。"))
        return Planned(WRONG, row.number, name, errors=(unknown,))
    form = catalogue.form({**data, "since": start})
    if not form.is_valid():
        return Planned(WRONG, row.number, name, errors=_faults(form, row.number))
    return _compared(form, entry, labels, row, (name, start), taking)


def _start(row: Row, catalogue: Catalogue, taking: Taking) -> date:
    """Return the first day of a row: its own where that lies ahead, else the day of the whole file."""
    own = str(row.values.get("since") or "")
    field_ = catalogue.form().fields.get("since")
    try:
        day = field_.clean(own) if field_ is not None and own else None
    except forms.ValidationError:
        return taking.since
    soonest = local_day(taking.at) + timedelta(days=catalogue.soonest)
    return day if day is not None and day >= soonest else taking.since


def _standing(entries: Sequence[Entry], start: date, day: date) -> Entry | None:
    """Return the row a line of the file speaks of: the one that holds on its first day."""
    live = [one for one in entries if one.state(day) != PAST]
    on_day = [
        one for one in live if (one.first is None or one.first <= start) and (one.last is None or start < one.last)
    ]
    closed = [one for one in entries if one.first is None]
    return next(iter(on_day or closed), None)


def _faults(form: CatalogueForm, number: int) -> list[RowError]:
    return [
        RowError(number, "" if name == "__all__" else name, str(words))
        for name, errors in form.errors.items()
        for words in errors
    ]


def _compared(
    form: CatalogueForm, entry: Entry | None, labels: Labels, row: Row, said: tuple[str, date], taking: Taking
) -> Planned:
    name, start = said
    values = {key: value for key, value in form.cleaned_data.items() if key not in {"seen", "since", "until"}}
    until = form.cleaned_data.get("until")
    changes = differences(form, entry, labels)
    last = until or (entry.last if entry else None)
    moved = entry is not None and last != entry.last
    if entry is not None and not changes and not moved:
        return Planned(SAME, row.number, name)
    first = start if entry is None or changes else entry.first
    write = Write(entry, values, first, last, entry.seen if entry else "", taking.actor, taking.at)
    if moved and entry is not None:
        changes = [*changes, Difference(name_of(form, "until"), str(entry.last or ""), str(last or ""))]
    return Planned(NEW if entry is None else CHANGED, row.number, name, write, changes)


def _left_out(catalogue: Catalogue, planned: Sequence[Planned], taking: Taking) -> list[Planned]:
    """Return the rows in force on the day that the file does not name: they end that day."""
    named = {_identity(catalogue, row.write.values) for row in planned if row.write is not None}
    kept = {row.name for row in planned}
    labels = labels_of(catalogue.form())
    found = []
    for one in catalogue.entries():
        name = " ".join(told(labels, part, one.values.get(part)) for part in catalogue.fields.matched())
        holds = (one.first is None or one.first < taking.since) and (one.last is None or one.last > taking.since)
        if holds and name not in kept and _identity(catalogue, one.values) not in named:
            write = Write(one, one.values, one.first, taking.since, one.seen, taking.actor, taking.at)
            found.append(Planned(ENDED, 0, name, write))
    return found


def _tried(catalogue: Catalogue, planned: Sequence[Planned]) -> list[Planned]:
    """Write every row for real inside a transaction that is taken back; what is refused is wrong."""
    with transaction.atomic():
        found = [_try(catalogue, row) for row in planned]
        transaction.set_rollback(True)
    catalogue.forget()
    return found


def _try(catalogue: Catalogue, row: Planned) -> Planned:
    if row.write is None:
        return row
    try:
        with transaction.atomic():
            catalogue.write(row.write)
    except Refused as refused:
        fault = RowError(row.number, refused.field, str(refused.message))
        return Planned(WRONG, row.number, row.name, errors=(fault,))
    return row
