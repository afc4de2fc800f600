"""The working calendar as administrators keep it: the yearly notice, single days, office hours, and what it moves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongjian.audit.actions import record
from gongjian.audit.dated import LONGEST_DETAIL, Refused, Stale, fingerprint, told_change
from gongjian.casework import limits
from gongjian.casework.limits import NoTermError
from gongjian.casework.models import CaseClock
from gongjian.casework.queries import unrestricted
from gongjian.console.access import ConsoleRight
from gongjian.identity.actor import Actor
from gongjian.identity.rights import require
from gongjian.web.catalogues import CatalogueForm, DayField, Entry, TextField, Write
from gongjian.web.forms import Form
from gongjian.workdays import actions, queries
from gongjian.workdays.actions import NamedDay
from gongjian.workdays.models import DayException, OfficeHours, YearNotice
from gongjian.workdays.rules import Calendar, due, local_day

FIRST_YEAR, LAST_YEAR = 2012, 2099
RESTS, WORKS = 9, 12  # rows of the form; no notice so far had more than seven rests and nine make-up days
MOST_DAYS: Final = 20  # of one rest
ONE_DAY: Final = timedelta(days=1)
REST, WORK, NORMAL = "rest", "work", "normal"


class YearForm(Form):
    """The notice of a year: where it stands, its rests and its make-up days."""

    status = forms.ChoiceField(
        label=gettext_lazy("状态"), choices=YearNotice.Status.choices, widget=forms.RadioSelect,
        help_text=gettext_lazy("国务院办公厅的通知发布后选“已公布”"),
    )  # fmt: skip
    source_title = TextField(label=gettext_lazy("文件名"), max_length=120)
    source_number = TextField(label=gettext_lazy("文号"), max_length=60)
    published = DayField(label=gettext_lazy("发布日期"), required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.year = year
        for n in range(RESTS):
            self._add(f"rest{n}_zh", TextField(label=_("节日"), max_length=40, required=False))
            self._add(f"rest{n}_en", TextField(label=_("节日（英文）"), max_length=80, required=False))
            self._add(f"rest{n}_from", DayField(label=_("从"), required=False))
            self._add(f"rest{n}_to", DayField(label=_("到"), required=False))
        for n in range(WORKS):
            self._add(f"work{n}_day", DayField(label=_("上班日"), required=False))
            self._add(f"work{n}_zh", TextField(label=_("为哪个节日调休"), max_length=40, required=False))
            self._add(f"work{n}_en", TextField(label=_("为哪个节日调休（英文）"), max_length=80, required=False))

    def _add(self, name: str, field: forms.Field) -> None:
        self.fields[name] = field

    @property
    def rests(self) -> list[list[Any]]:
        """Return the fields of the rests, row by row."""
        return [[self[f"rest{n}_{part}"] for part in ("zh", "en", "from", "to")] for n in range(RESTS)]

    @property
    def works(self) -> list[list[Any]]:
        """Return the fields of the make-up days, row by row."""
        return [[self[f"work{n}_{part}"] for part in ("day", "zh", "en")] for n in range(WORKS)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        days: dict[date, str] = {}
        for n in range(RESTS):
            self._clean_rest(n, cleaned, days)
        for n in range(WORKS):
            self._clean_work(n, cleaned, days)
        return cleaned

    def _clean_rest(self, n: int, cleaned: dict[str, Any], days: dict[date, str]) -> None:
        first, last, name = (cleaned.get(f"rest{n}_{part}") for part in ("from", "to", "zh"))
        if not first and not last and not name:
            return
        if not first or not last or not name:
            self.add_error(f"rest{n}_zh", ValidationError(_("这一行要写全：节日、从哪天、到哪天。")))
        elif last < first or (last - first).days >= MOST_DAYS or first.year not in {self.year, self.year - 1}:
            self.add_error(f"rest{n}_to", ValidationError(_("日期不对：一段假最多 20 天，要在这一年里。")))
        else:
            for step in range((last - first).days + 1):
                self._claim(f"rest{n}_from", first + ONE_DAY * step, days)

    def _clean_work(self, n: int, cleaned: dict[str, Any], days: dict[date, str]) -> None:
        day = cleaned.get(f"work{n}_day")
        if day is None:
            return
        if day.weekday() < 5 or day.year not in {self.year, self.year - 1}:  # noqa: PLR2004 - Saturday
            self.add_error(f"work{n}_day", ValidationError(_("调休上班日是这一年的周六或周日。")))
        else:
            self._claim(f"work{n}_day", day, days)

    def _claim(self, field: str, day: date, days: dict[date, str]) -> None:
        if day in days:
            self.add_error(field, ValidationError(_("%(day)s 写了两次。") % {"day": day}))
        days[day] = field

    @property
    def named_days(self) -> list[NamedDay]:
        """Return the days the form speaks of, once it is valid."""
        found, cleaned = [], self.cleaned_data
        for n in range(RESTS):
            first, last = cleaned.get(f"rest{n}_from"), cleaned.get(f"rest{n}_to")
            if first and last:
                names = cleaned[f"rest{n}_zh"], cleaned[f"rest{n}_en"] or cleaned[f"rest{n}_zh"]
                found += [NamedDay(first + ONE_DAY * step, False, *names) for step in range((last - first).days + 1)]
        for n in range(WORKS):
            day = cleaned.get(f"work{n}_day")
            if day:
                zh = cleaned[f"work{n}_zh"] or _("调休上班")
                found.append(NamedDay(day, True, zh, cleaned[f"work{n}_en"] or "Make-up day"))
        return found


def initial_of(notice: YearNotice | None) -> dict[str, Any]:
    """Return what stands in the form of a notice: spans of free days of one name, and make-up days."""
    if notice is None:
        return {"status": YearNotice.Status.PROVISIONAL}
    found: dict[str, Any] = {
        name: getattr(notice, name) for name in ("status", "source_title", "source_number", "published")
    }
    found["seen"] = seen_of(notice)
    rests = [day for day in notice.days.all() if not day.working]
    for n, span in enumerate(_spans(rests)[:RESTS]):
        head = {f"rest{n}_zh": span[0].name_zh, f"rest{n}_en": span[0].name_en}
        found |= head | {f"rest{n}_from": span[0].day, f"rest{n}_to": span[-1].day}
    for n, day in enumerate([day for day in notice.days.all() if day.working][:WORKS]):
        found |= {f"work{n}_day": day.day, f"work{n}_zh": day.name_zh, f"work{n}_en": day.name_en}
    return found


def _spans(days: Sequence[DayException]) -> list[list[DayException]]:
    """Gather free days that follow each other under one name."""
    ordered = sorted(days, key=lambda day: day.day)
    keyed = groupby(enumerate(ordered), key=lambda pair: (pair[1].day - ONE_DAY * pair[0], pair[1].name_zh))
    return [[day for _n, day in group] for _key, group in keyed]


def seen_of(notice: YearNotice | None) -> str:
    """Return what tells whether a notice is still the one that was read."""
    return "" if notice is None else fingerprint(notice) + "".join(fingerprint(day)[:4] for day in notice.days.all())


@transaction.atomic
def record_year(*, year: int, form: YearForm, actor: Actor, at: datetime) -> YearNotice:
    """Put a year's notice in the place of what was known of the year. Raises Forbidden, Refused, Stale."""
    require(actor, ConsoleRight.CALENDAR_MANAGE)
    standing = YearNotice.objects.select_for_update().filter(year=year).prefetch_related("days").first()
    if seen_of(standing) != form.cleaned_data["seen"]:
        raise Stale
    facts = {name: form.cleaned_data[name] for name in ("status", "source_title", "source_number", "published")}
    days = form.named_days
    before = _told(standing)
    try:
        with transaction.atomic():
            notice = actions.record_notice(year=year, days=days, at=at, **facts)
    except IntegrityError as error:
        raise Refused("", _("有一天已经写在另一年的通知里了。")) from error
    after = {**{name: str(value or "") for name, value in facts.items()}, "days": str(len(days))}
    _note("workdays.notice.record", "year_notice", str(year), told_change(before, after), actor, at)
    return notice


def _told(notice: YearNotice | None) -> dict[str, str]:
    if notice is None:
        return {}
    names = ("status", "source_title", "source_number", "published")
    return {**{name: str(getattr(notice, name) or "") for name in names}, "days": str(notice.days.count())}


def _note(action: str, kind: str, name: str, detail: str, actor: Actor, at: datetime) -> None:
    record(
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        unit_id=actor.unit_id,
        object_kind=kind,
        object_id=name,
        detail=detail[:LONGEST_DETAIL],
        at=at,
    )


# What a notice moves.


@dataclass(frozen=True, slots=True)
class Moving:
    """A provisional deadline that another calendar puts elsewhere."""

    number: str
    clock: str
    before: datetime
    after: datetime


@dataclass(frozen=True, slots=True)
class Effect:
    """What a calendar does to the deadlines that wait for it."""

    provisional: int  # running clocks whose end is provisional now
    settled: int  # of these, so many are settled by it
    moving: Sequence[Moving]
    later: int  # paused or extended: their end was granted or counted on, nobody recounts it


def with_days(known: Calendar, year: int, form: YearForm) -> Calendar:
    """Return the calendar as it would be with this notice."""
    others = dict(DayException.objects.exclude(notice__year=year).values_list("day", "working"))
    confirmed = known.confirmed - {year}
    if form.cleaned_data["status"] == YearNotice.Status.CONFIRMED:
        confirmed |= {year}
    exceptions = {**others, **{day.day: day.working for day in form.named_days}}
    return replace(known, exceptions=exceptions, confirmed=frozenset(confirmed))


def effect(calendar: Calendar) -> Effect:
    """Work out which provisional deadlines would move; those of paused or extended clocks stay as they are."""
    rows = list(
        CaseClock.objects.filter(unrestricted(path="case__"), stopped_at=None, provisional=True)
        .select_related("case", "case__request")
        .prefetch_related("pauses")
    )
    book, moving, settled, later = limits.book(), list[Moving](), 0, 0
    for row in rows:
        if row.pauses.all() or (row.name == "answer" and row.case.request.extensions):
            later += 1
            continue
        day = local_day(row.started_at)
        try:
            term = book.term(key=row.limit_key, urgency=row.case.urgency, day=day).term
        except NoTermError:
            continue
        end = due(term, row.started_at, calendar)
        settled += not end.provisional
        if end.at != row.due_at:
            moving.append(Moving(row.case.number, row.name, row.due_at, end.at))
    return Effect(len(rows), settled, moving, later)


# Single days, and office hours, as tables.


class DayForm(CatalogueForm):
    """One day that is free or worked against its weekday."""

    identity = ("day",)
    day = DayField(label=gettext_lazy("日期"))
    kind = forms.ChoiceField(
        label=gettext_lazy("怎么算"),
        choices=((REST, gettext_lazy("放假")), (WORK, gettext_lazy("上班")), (NORMAL, gettext_lazy("照平常，不写"))),
    )
    name_zh = TextField(label=gettext_lazy("为什么"), max_length=40)
    name_en = TextField(label=gettext_lazy("为什么（英文）"), max_length=80)


def day_entries() -> list[Entry]:
    """Return every day a notice speaks of, the newest year first."""
    rows = DayException.objects.order_by("-day")
    return [Entry(row.pk, row.day.isoformat(), day_values(row), fingerprint(row)) for row in rows]


def day_values(row: DayException) -> dict[str, Any]:
    """Return a day as its form shows it."""
    kind = WORK if row.working else REST
    return {"day": row.day, "kind": kind, "name_zh": row.name_zh, "name_en": row.name_en}


@transaction.atomic
def write_day(write: Write) -> None:
    """Let a notice speak of one day, or speak of it no more. Raises Forbidden and Refused."""
    require(write.actor, ConsoleRight.CALENDAR_MANAGE)
    day: date = write.values["day"]
    standing = DayException.objects.select_for_update().filter(day=day).first()
    if write.entry is not None and (standing is None or fingerprint(standing) != (write.seen or write.entry.seen)):
        raise Stale
    if write.entry is None and standing is not None:
        raise Refused("day", _("这一天已经写了，改那一条就行。"))
    notice = standing.notice if standing else YearNotice.objects.filter(year=day.year).first()
    if notice is None:
        raise Refused("day", _("还没有 %(year)s 年的通知。先录那一年的通知。") % {"year": day.year})
    working = {REST: False, WORK: True, NORMAL: None}[write.values["kind"]]
    names = {"name_zh": write.values["name_zh"], "name_en": write.values["name_en"]}
    actions.record_day(notice=notice, day=day, working=working, **names)
    before = day_values(standing) if standing else {}
    detail = told_change(before, dict(write.values))
    _note(
        "workdays.day.change" if before else "workdays.day.add",
        "calendar_day",
        day.isoformat(),
        detail,
        write.actor,
        write.at,
    )


class HoursForm(CatalogueForm):
    """Office hours from a day on: morning, and afternoon where there is one."""

    identity = ("begins",)
    begins = DayField(label=gettext_lazy("从哪天起"))
    opens = forms.TimeField(
        label=gettext_lazy("上午从"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    pauses = forms.TimeField(
        label=gettext_lazy("上午到"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    resumes = forms.TimeField(
        label=gettext_lazy("下午从"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    closes = forms.TimeField(
        label=gettext_lazy("下午到"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    source = TextField(label=gettext_lazy("依据"), max_length=120)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        moments = [cleaned.get(name) for name in ("opens", "pauses", "resumes", "closes")]
        if bool(moments[2]) != bool(moments[3]):
            self.add_error("closes", ValidationError(_("下午的两个时间都写，或都不写。")))
        told: list[time] = [moment for moment in moments if moment is not None]
        if told != sorted(set(told)):
            self.add_error("opens", ValidationError(_("时间要一个比一个晚。")))
        return cleaned


def hours_entries() -> list[Entry]:
    """Return the office hours, the newest first."""
    spans: dict[date, list[OfficeHours]] = {}
    for row in OfficeHours.objects.order_by("-since", "starts"):
        spans.setdefault(row.since, []).append(row)
    return [
        Entry(since.toordinal(), since.isoformat(), hours_values(rows), "".join(fingerprint(r) for r in rows))
        for since, rows in spans.items()
    ]


def hours_values(rows: Sequence[OfficeHours]) -> dict[str, Any]:
    """Return the spans of one day of beginning as the form shows them."""
    first, last = rows[0], rows[1] if len(rows) > 1 else None
    return {
        "begins": first.since,
        "opens": first.starts,
        "pauses": first.ends,
        "resumes": last.starts if last else None,
        "closes": last.ends if last else None,
        "source": first.source,
    }


@transaction.atomic
def write_hours(write: Write) -> None:
    """Let office hours hold from a day on; what has begun stays as it was. Raises Forbidden and Refused."""
    require(write.actor, ConsoleRight.CALENDAR_MANAGE)
    begins: date = write.values["begins"]
    if begins <= local_day(write.at):
        raise Refused("begins" if write.entry is None else "", _("最早从明天起：已经开始的办公时间不改，写新的一版。"))
    standing = next((one for one in hours_entries() if one.key == begins.toordinal()), None)
    if (standing.seen if standing else "") != (write.seen or (write.entry.seen if write.entry else "")):
        raise Stale if write.entry else Refused("begins", _("这一天已经有一版了，改那一版。"))
    values: Mapping[str, Any] = write.values
    spans = [(values["opens"], values["pauses"])]
    spans += [(values["resumes"], values["closes"])] if values["resumes"] else []
    actions.record_hours(since=begins, spans=spans, source=values["source"])
    detail = told_change(standing.values if standing else {}, dict(values))
    act = "workdays.hours.change" if standing else "workdays.hours.add"
    _note(act, "office_hours", begins.isoformat(), detail, write.actor, write.at)


def missing_years(notices: Iterable[YearNotice], at: datetime) -> list[int]:
    """Return the years the page offers beside those it knows: as far as the year after next."""
    known = {notice.year for notice in notices}
    this = local_day(at).year
    return [year for year in range(this, this + 3) if year not in known]


def notice_of(year: int) -> YearNotice | None:
    """Return the notice of a year with its days."""
    return next((notice for notice in queries.notices() if notice.year == year), None)
