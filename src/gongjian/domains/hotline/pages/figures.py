"""The leader's dashboard: six figures, where matters come from, what they are about, who is on time, what is stuck."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gongjian.casework.access import CaseworkRight
from gongjian.casework.queries import Desk, by_deadline
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.indicators import (
    BREACHED,
    CLOSED,
    ON_TIME,
    RECEIVED,
    REPEATED,
    RESPONSE,
    RETURNED,
    SATISFIED,
    SIGNED_ON_TIME,
    SOLVED,
)
from gongjian.domains.hotline.pages.common import chinese, desk_nav, named, rows
from gongjian.domains.hotline.pages.figures_charts import Topics, line_chart, map_chart, topic_chart
from gongjian.domains.hotline.pages.figures_tiles import Words, change, parts, rate, target_words, tiles
from gongjian.domains.hotline.pages.search import link_to, may_search
from gongjian.domains.hotline.queries import catalogue
from gongjian.domains.hotline.queries.figures import (
    BEFORE,
    DAYS_A_WEEK,
    MAP_DAYS,
    NOW,
    THIS,
    Now,
    Readings,
    Span,
    Sums,
    Week,
    due_now,
    readings,
    weekly,
)
from gongjian.figures.specs import IndicatorSpec, Measure, spec_of
from gongjian.identity.actor import Actor
from gongjian.identity.guard import guarded
from gongjian.identity.queries import units
from gongjian.identity.reference import UnitRef
from gongjian.identity.requests import ActorRequest
from gongjian.web.charts import Chart
from gongjian.web.downloads import csv_response
from gongjian.web.parts import Option, StateBadge, Trend
from gongjian.web.words import ago_words, day_words
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day

# Periods in whole days: what they and the time before them are called.
PERIODS: Final = {
    "week": (7, gettext_lazy("近 7 天"), gettext_lazy("前 7 天")),
    "month": (30, gettext_lazy("近 30 天"), gettext_lazy("前 30 天")),
    "quarter": (84, gettext_lazy("近 12 周"), gettext_lazy("前 12 周")),
}
# Counted every five minutes; three counts missed is a fault the reader must see.
STALE: Final = timedelta(minutes=15)
STUCK: Final = 5
UNITS: Final = 12  # rows of the table before all are asked for
RATES: Final = (ON_TIME, SIGNED_ON_TIME, RESPONSE, SOLVED, SATISFIED, RETURNED)
# A source is quoted as the specification has it; these are the words of it that can be said in English.
SOURCES: Final = {ON_TIME.source: gettext_lazy("GB/T 33358-2016：限时办理；95% 由本区设定")}
SHOWN: Final = (RECEIVED, CLOSED, *RATES, REPEATED, BREACHED)
KEYS: Final = tuple(spec.key for spec in SHOWN)
LINES: Final = tuple(spec.key for spec in (RECEIVED, CLOSED, ON_TIME, SATISFIED, SOLVED, REPEATED, BREACHED))


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose figures: one unit, or the whole district (None); and the units one may choose from."""

    unit: UnitRef | None
    choices: Sequence[UnitRef]
    whole: bool  # the district is a choice

    @property
    def ids(self) -> frozenset[int] | None:
        return None if self.unit is None else frozenset({self.unit.id})

    def query(self, **facts: str) -> str:
        """Return the address's query for this scope and these facts."""
        own = {"unit": self.unit.code} if self.unit and (self.whole or len(self.choices) > 1) else {}
        return urlencode({**own, **facts})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for."""

    scope: Scope
    period: str
    every_unit: bool  # in the table


@dataclass(frozen=True, slots=True)
class Cell:
    """One rate of a unit and what it was made of."""

    rate: str
    parts: str


@dataclass(frozen=True, slots=True)
class UnitLine:
    name: str
    url: str
    cells: Sequence[Cell]
    open: int
    late: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of a single unit with its target and the span before."""

    name: str
    value: str
    parts: str
    target: str
    before: str
    change: Trend | None


@dataclass(frozen=True, slots=True)
class Meaning:
    name: str
    formula: str
    target: str
    source: str


def scope_of(actor: Actor, code: str) -> Scope:
    """Return whose figures are wanted; raises Http404 for a unit that does not exist or is out of reach.

    Who reads all cases reads the whole district; others the units in which they may read figures, the first unless
    they choose another.
    """
    book = units()
    whole = actor.can(HotlineRight.CASE_READ_ALL)
    reach = book.active if whole else _own(actor)
    if code:
        unit = book.by_code.get(code)
        if unit is None or (not whole and unit not in reach):
            raise Http404(code)
        return Scope(unit, reach, whole)
    if whole:
        return Scope(None, reach, whole)
    if not reach:
        raise Http404
    return Scope(reach[0], reach, whole)


def _own(actor: Actor) -> tuple[UnitRef, ...]:
    held = actor.units_with(CaseworkRight.FIGURES_READ)
    first = sorted(held, key=lambda unit_id: unit_id != actor.unit_id)
    return tuple(units().by_id[unit_id] for unit_id in first if unit_id in units().by_id)


@guarded(CaseworkRight.FIGURES_READ)
@require_safe
def figures(request: ActorRequest) -> HttpResponse:
    """Show the dashboard of the district or of one unit, for one of three periods."""
    at = now()
    scope = scope_of(request.actor, request.GET.get("unit", ""))
    period = request.GET.get("period", "")
    if period not in PERIODS:
        period = "week"
    wanted = Wanted(scope, period, every_unit=bool(request.GET.get("all")))
    return render(request, "hotline/figures.html", _context(request.actor, wanted, at))


def _context(actor: Actor, wanted: Wanted, at: datetime) -> dict[str, object]:
    scope, period = wanted.scope, wanted.period
    days, name, before = PERIODS[period]
    words = Words(str(name), str(before))
    span = Span.until(at, days)
    read = readings(keys=KEYS, lines=LINES, span=span, units=scope.ids, topics=catalogue(at).topics.keys(), at=at)
    found = read.sums
    standing = due_now(at=at, units=scope.ids, known=[u.id for u in units()], user_id=actor.user_id)
    stuck = rows(by_deadline(Desk(units=scope.ids, late_at=at), size=STUCK)[:STUCK], at)
    links = _links(actor, scope, span)
    late = sum(standing.late.values())
    return {
        "desk": desk_nav(actor, "figures"),
        "unread": standing.unread,
        "scope": scope,
        "heading": named(scope.unit) if scope.unit else "",
        "periods": _periods(scope, period),
        "unit_options": _unit_options(scope),
        "period": period,
        "days": _days(span, at),
        "words": words,
        "stamp": stamp(found.written_at, at),
        "written_at": found.written_at,
        "today": found.of(RECEIVED.key, NOW),
        "tiles": tiles(readings=read, now=standing, words=words, links=links),
        "stuck": stuck,
        "late": f"{late:,}" + ("+" if standing.capped else ""),
        "late_url": links.get("late", ""),
        "data_url": f"{reverse('hotline:figures_data')}?{scope.query()}",
        "denominators": _denominators(found),
        "meanings": list(_meanings()),
        "empty": found.first_day is None and not read.held,
        **(
            _unit_parts(found, words)
            if scope.unit
            else _district_parts(read, standing, wanted, at, linked=may_search(actor))
        ),
    }


def _district_parts(read: Readings, standing: Now, wanted: Wanted, at: datetime, *, linked: bool) -> dict[str, object]:
    places, topics = _drawings(read, at, linked=linked)
    busy = _busy(read)
    shown = busy if wanted.every_unit else busy[:UNITS]
    return {
        "map": places,
        "topics": topics.chart,
        "others": topics.others,
        "rise": topics.rise,
        "unit_lines": [_unit_line(unit, read, standing, wanted) for unit in shown],
        "unit_total": len(busy) if len(shown) < len(busy) else 0,
        "unit_all_url": f"?{wanted.scope.query(period=wanted.period, all='1')}#units",
        "rate_names": [str(spec.label) for spec in RATES],
    }


def _drawings(read: Readings, at: datetime, *, linked: bool) -> tuple[Chart | None, Topics]:
    """Return map and topics, drawn once for each language and as long as the readings hold."""
    key = (get_language(), linked)
    last = read.sums.span.last
    found: tuple[Chart | None, Topics] | None = read.drawn.get(key)
    if found is None:
        month, week = ((Span(n, last).first, last) if linked else None for n in (MAP_DAYS, DAYS_A_WEEK))
        topics = topic_chart(read.opened.topics, catalogue(at).topics, week)
        found = read.drawn[key] = (map_chart(read.opened.places, month), topics)
    return found


def _unit_parts(found: Sums, words: Words) -> dict[str, object]:
    return {
        "line": line_chart({spec: found.weeks[spec.key] for spec in (ON_TIME, SATISFIED, SOLVED)}, found.span.last),
        "measures": [_measured(spec, found) for spec in (RECEIVED, CLOSED, *RATES, REPEATED)],
        "before": words.before,
    }


def _measured(spec: IndicatorSpec, found: Sums) -> Measured:
    figure, before = found.of(spec.key), found.of(spec.key, BEFORE)
    return Measured(
        str(spec.label), rate(figure), parts(figure), target_words(spec), rate(before), change(figure, before)
    )


def _busy(read: Readings) -> list[UnitRef]:
    """Return every unit that has or had something to do, most in hand first: where the work is, not who is best."""
    book = units().by_id
    busy = {unit for _key, unit, when in read.sums.by_unit if when == THIS} | set(read.held)
    known = [book[unit] for unit in busy if unit is not None and unit in book]
    return sorted(known, key=lambda unit: (-read.held.get(unit.id, 0), unit.order))


def _unit_line(unit: UnitRef, read: Readings, standing: Now, wanted: Wanted) -> UnitLine:
    made = [read.sums.of(spec.key, unit_id=unit.id) for spec in RATES]
    return UnitLine(
        name=unit.short_zh if chinese() else unit.short_en,
        url="?" + replace(wanted.scope, unit=unit).query(period=wanted.period),
        cells=[Cell(rate(figure), parts(figure)) for figure in made],
        open=read.held.get(unit.id, 0),
        late=standing.late.get(unit.id, 0),
    )


def _links(actor: Actor, scope: Scope, span: Span) -> dict[str, str]:
    """Return the list behind each figure, as far as this actor may open it; the rates lead to the table of units.

    A list holds exactly what its figure counts. What a unit received is written down day by day, under the unit that
    held it then; no list of today can show that, so this figure of a unit has no link.
    """
    found = {spec.key: "#units" for spec in (ON_TIME, SATISFIED, REPEATED)} | {"late": "#stuck"}
    if may_search(actor):
        unit = {"unit": scope.unit.code, "leads": "1"} if scope.unit else {}
        found["open"] = link_to(unit | {"state": "open"})
        found["late"] = link_to(unit | {"late": "1"})
        if not scope.unit:
            found[RECEIVED.key] = link_to({}, (span.first, span.last))
    if actor.can(HotlineRight.CASE_SUPERVISE):
        found["late"] = reverse("hotline:supervise") + (f"?unit={scope.unit.id}" if scope.unit else "")
    return found


def _periods(scope: Scope, current: str) -> list[tuple[str, str, bool]]:
    return [
        ("?" + scope.query(period=key), str(words), key == current) for key, (_days, words, _before) in PERIODS.items()
    ]


def _unit_options(scope: Scope) -> list[Option]:
    """Return the choices of the unit filter; none where there is nothing to choose."""
    if not scope.whole and len(scope.choices) < 2:  # noqa: PLR2004 - one is no choice
        return []
    whole = [Option("", _("全区"), selected=scope.unit is None)] if scope.whole else []
    return whole + [Option(u.code, named(u), selected=u == scope.unit) for u in scope.choices]


def _days(span: Span, at: datetime) -> str:
    today = local_day(at)
    first, last = (day_words(day, today, with_weekday=False) for day in (span.first, span.last))
    return _("%(first)s至%(last)s") % {"first": first, "last": last}


def stamp(written_at: datetime | None, at: datetime) -> StateBadge:
    """Return how old the counted figures are; grey when counting has stopped."""
    if written_at is None:
        return StateBadge("hold", _("还没有统计过"), "hourglass")
    ago = ago_words(written_at, at)
    if at - written_at > STALE:
        return StateBadge("hold", _("数停在%(ago)s") % {"ago": ago}, "hourglass")
    return StateBadge("ok", _("%(ago)s更新") % {"ago": ago}, "check-circle")


def _denominators(found: Sums) -> list[tuple[str, str]]:
    """Return the rates of the tiles with what they were made of."""
    pairs = ((str(spec.label), found.of(spec.key)) for spec in (ON_TIME, SATISFIED, REPEATED))
    return [(name, parts(figure)) for name, figure in pairs if figure is not None and figure.denominator]


def _meanings() -> Iterator[Meaning]:
    for spec in SHOWN:
        yield Meaning(str(spec.label), str(spec.formula), target_words(spec) or "—", _target_source(spec))
    yield Meaning(_("正在超时"), _("此刻已过最近一个期限、还没有办结的件"), "—", "")
    yield Meaning(_("在办"), _("此刻还没有办结的件"), "—", "")


def _target_source(spec: IndicatorSpec) -> str:
    if spec.target is None:
        return ""
    return str(SOURCES.get(spec.source, spec.source)) or _("由本区设定")


@guarded(CaseworkRight.FIGURES_READ)
@require_safe
def figures_data(request: ActorRequest) -> HttpResponseBase:
    """Hand out the figures of 12 weeks by unit as CSV, with numerators and denominators."""
    at = now()
    scope = scope_of(request.actor, request.GET.get("unit", ""))
    found = weekly(keys=KEYS, last=Span.until(at, 1).last, units=scope.ids)
    return csv_response(
        name=_("运行看板 %(day)s") % {"day": local_day(at).isoformat()},
        columns=[
            _("一周的第一天"),
            _("单位"),
            _("指标"),
            _("怎么算"),
            pgettext("统计", "分子"),
            pgettext("统计", "分母"),
        ],
        rows=(_record(week) for week in found),
    )


def _record(week: Week) -> list[object]:
    spec, unit = spec_of(week.indicator), units().by_id.get(week.unit_id or 0)
    bottom = week.denominator if spec.measure is Measure.RATE else ""
    return [
        week.first.isoformat(),
        named(unit) or "12349",
        str(spec.label),
        str(spec.formula),
        week.numerator,
        bottom,
    ]


routes: list[URLPattern] = [
    path("desk/figures/", figures, name="figures"),
    path("desk/figures/data.csv", figures_data, name="figures_data"),
]
