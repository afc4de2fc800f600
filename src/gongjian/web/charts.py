"""Charts drawn on the server as SVG with classes, no script. Every chart has a table twin."""

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from gongjian.web.words import english

OUR_HEXES = Path(__file__).parent / "data" / "hexes.toml"
MOST_BARS, MOST_LINES, STEPS = 10, 3, 5
THOUSAND = 1000
CHINESE = 0x2E80  # where the square characters begin
FLOOR = 5  # counts below this are not shown
NOTHING = SafeString("")


@dataclass(frozen=True)
class Chart:
    """A drawing, what its colours mean, and the same figures as a table."""

    svg: SafeString
    table: SafeString
    legend: SafeString = NOTHING
    label: str = ""


@dataclass(frozen=True)
class Bar:
    """One bar; `before` is last week's value, drawn as a tick."""

    label: str
    value: float
    before: float | None = None
    url: str = ""


@dataclass(frozen=True)
class Series:
    """One line; None is a gap."""

    label: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Hex:
    """One community. `value` None is not shown: `hidden` is few (under 5) or guard (else another could be computed)."""

    code: str
    name: str
    value: int | None
    url: str = ""
    group: str = ""
    hidden: str = "few"


@dataclass(frozen=True)
class HexLayout:
    """Where the hexagons stand: centres and labels by code, in the units of the drawing."""

    cells: Mapping[str, tuple[float, float]]
    marks: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    width: float = 580
    height: float = 318
    coast: str = ""
    land_edge: str = ""
    sea: Mapping[str, Any] = field(default_factory=dict)


def number(value: float | None) -> str:
    """Return a figure as read by people: 1,284; 96.2; an em dash for nothing."""
    if value is None:
        return "—"
    whole = value == int(value) or abs(value) >= THOUSAND
    return f"{value:,.0f}" if whole else f"{value:.1f}"


def table_of(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, caption: str) -> SafeString:
    """Return the table twin; the first column is the row's head, the others are figures."""
    heads = format_html_join("", '<th scope="col"{}>{}</th>', ((_right(at), name) for at, name in enumerate(columns)))
    body = format_html_join("", "<tr>{}</tr>", ((_cells(row),) for row in rows))
    return format_html(
        '<table class="table"><caption class="vh">{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
        caption,
        heads,
        body,
    )


def _right(at: int) -> SafeString:
    return SafeString(' class="n"') if at else NOTHING


def _cells(row: Sequence[Any]) -> SafeString:
    first = format_html('<th scope="row">{}</th>', row[0])
    return first + format_html_join("", '<td class="n">{}</td>', ((cell,) for cell in row[1:]))


class _Scale:
    """Values to places on an axis; equal values stand in the middle."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self.low, self.high = min(values), max(values)
        self.start, self.end = start, end

    def at(self, value: float) -> float:
        if self.high == self.low:
            return round((self.start + self.end) / 2, 1)
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def spark(values: Sequence[float], *, label: str, target: float | None = None) -> SafeString:
    """Return the line of a tile: target dashed, newest point lit. Nothing for no values."""
    if not values:
        return NOTHING
    down = _Scale([*values, *([] if target is None else [target])], 33, 7)
    step = 190 / max(len(values) - 1, 1)
    points = [(round(192 - step * (len(values) - 1 - at), 1), down.at(value)) for at, value in enumerate(values)]
    dashed = NOTHING
    if target is not None:
        dashed = format_html('<line class="t" x1="0" x2="200" y1="{0}" y2="{0}"/>', down.at(target))
    line = NOTHING
    if len(points) > 1:
        line = format_html('<polyline class="l" points="{}"/>', " ".join(f"{x},{y}" for x, y in points))
    end = format_html('<circle class="e" cx="{}" cy="{}" r="5"/>', *points[-1])
    return format_html(
        '<svg class="spark" viewBox="0 0 200 40" role="img" aria-label="{}">{}{}{}</svg>', label, dashed, line, end
    )


def change_words(value: float, before: float | None) -> str:
    """Return +52%, −6%, ±0% or 新 where there was nothing before."""
    if before is None:
        return ""
    if not before:
        return pgettext("与上期相比", "新") if value else "±0%"
    percent = round((value - before) / before * 100)
    return f"+{percent}%" if percent > 0 else f"−{-percent}%" if percent else "±0%"


def text_width(text: str) -> float:
    """Return the width of a text at 12 px: a full square for Chinese, about half for Latin."""
    return sum(12 if ord(sign) >= CHINESE else 6.8 for sign in text)


def cut(text: str, width: float) -> str:
    """Return the text shortened to a width, with an ellipsis."""
    if text_width(text) <= width:
        return text
    while text and text_width(text) > width - 12:
        text = text[:-1]
    return f"{text.rstrip()}…"


def bars(rows: Sequence[Bar], *, label: str, rest: float = 0) -> Chart:
    """Return horizontal bars from zero, largest first, at most ten and then 其他.

    `rest` is what the rows leave out already. Rows beyond ten are added to it.
    """
    ranked = sorted(rows, key=lambda row: -row.value)
    rest += sum(row.value for row in ranked[MOST_BARS:])
    shown = [*ranked[:MOST_BARS], *([Bar(gettext("其他"), rest)] if rest else [])]
    table = table_of(
        (gettext("事项"), gettext("件数"), gettext("上周"), gettext("比上周")),
        [
            (row.label, number(row.value), number(row.before), change_words(row.value, row.before) or "—")
            for row in shown
        ],
        caption=label,
    )
    if not shown:
        return Chart(NOTHING, table, label=label)
    left = min(max(text_width(row.label) for row in shown), 190) + 10
    most = max([row.value for row in shown] + [row.before or 0 for row in shown]) or 1
    long = (520 - left - 92) / most
    drawn = format_html_join("", "{}", ((_bar(row, at, left, long),) for at, row in enumerate(shown)))
    height = 26 * len(shown) + 8
    svg = format_html(
        '<svg class="chart" viewBox="0 0 520 {0}" role="{4}" aria-label="{1}">{2}'
        '<line class="ax" x1="{3}" x2="{3}" y1="0" y2="{0}"/></svg>',
        height,
        label,
        drawn,
        left,
        _role(row.url for row in shown),
    )
    return Chart(svg, table, label=label)


def _role(urls: Iterable[str]) -> str:
    """A picture hides what is in it, so a drawing with links is a group."""
    return "group" if any(urls) else "img"


def _bar(row: Bar, at: int, left: float, long: float) -> SafeString:
    top, base = 26 * at + 6, 26 * at + 18
    length = round(row.value * long, 1)
    tick, reach = NOTHING, length
    if row.before is not None:
        place = round(left + row.before * long, 1)
        tick = format_html('<line class="pv" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>', place, top - 2, top + 18)
        reach = max(length, row.before * long)
    drawn = format_html(
        '<text x="{}" y="{}" text-anchor="end">{}</text><rect class="b" x="{}" y="{}" width="{}" height="16" rx="2"/>{}'
        '<text class="v" x="{}" y="{}">{}</text><text x="520" y="{}" text-anchor="end">{}</text>',
        left - 10,
        base,
        cut(row.label, left - 10),
        left,
        top,
        length,
        tick,
        round(left + reach + 8, 1),
        base,
        number(row.value),
        base,
        change_words(row.value, row.before),
    )
    return format_html('<a href="{}">{}</a>', row.url, drawn) if row.url else drawn


def nice_step(spread: float, parts: int) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, 50 … that covers the spread in so many parts."""
    least = spread / parts if spread > 0 else 1
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least - power * 1e-9)


def lines(series: Sequence[Series], *, periods: Sequence[str], label: str, target: float | None = None) -> Chart:
    """Return at most three lines, named at their ends; the axis may leave zero. Raises ValueError for a fourth line."""
    if len(series) > MOST_LINES:
        raise ValueError("A line chart holds at most three lines.")
    table = table_of(
        (gettext("时间"), *(one.label for one in series)),
        [(period, *(number(_nth(one.values, at)) for one in series)) for at, period in enumerate(periods)],
        caption=label,
    )
    known = [value for one in series for value in one.values if value is not None]
    if not known:
        return Chart(NOTHING, table, label=label)
    known += [] if target is None else [target]
    step = nice_step(max(known) - min(known), 4)
    ticks = _ticks(min(known), max(known), step)
    down = _Scale(ticks, 190, 14)
    right = 520 - min(max(text_width(one.label) for one in series), 130) - 14
    across = _Scale([0, max(len(periods) - 1, 1)], 40, right)
    grid = format_html_join(
        "",
        '<line class="ax" x1="40" x2="{}" y1="{}" y2="{}"/><text x="34" y="{}" text-anchor="end">{}</text>',
        ((right, down.at(tick), down.at(tick), down.at(tick) + 4, number(tick)) for tick in ticks),
    )
    dashed = NOTHING
    if target is not None:
        dashed = format_html('<line class="t" x1="40" x2="{0}" y1="{1}" y2="{1}"/>', right, down.at(target))
    drawn = format_html_join("", "{}", ((part,) for part in _named_lines(series, across, down, right)))
    feet = format_html_join(
        "",
        '<text x="{}" y="212" text-anchor="middle">{}</text>',
        ((across.at(at), period) for at, period in enumerate(periods) if at % math.ceil(len(periods) / 6) == 0),
    )
    svg = format_html(
        '<svg class="chart" viewBox="0 0 520 220" role="img" aria-label="{}">{}{}{}{}</svg>',
        label,
        grid,
        dashed,
        feet,
        drawn,
    )
    return Chart(svg, table, label=label)


def _nth(values: Sequence[float | None], at: int) -> float | None:
    return values[at] if at < len(values) else None


def _ticks(low: float, high: float, step: float) -> list[float]:
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [round(at * step, 6) for at in range(first, last + 1)]


def _named_lines(series: Sequence[Series], across: _Scale, down: _Scale, right: float) -> list[SafeString]:
    """Draw each line with its end point and name; names that would touch are pushed apart."""
    ends = []
    drawn = []
    for at, one in enumerate(series, start=1):
        points = [(across.at(x), down.at(value)) for x, value in enumerate(one.values) if value is not None]
        if not points:
            continue
        if len(points) > 1:
            path = " ".join(f"{x},{y}" for x, y in points)
            drawn.append(format_html('<polyline class="l l{}" points="{}"/>', at, path))
        drawn.append(format_html('<circle class="e" cx="{}" cy="{}" r="4"/>', *points[-1]))
        ends.append((points[-1][1] + 4, at, one.label))
    last = -math.inf
    for place, at, name in sorted(ends):
        last = max(place, last + 15)
        drawn.append(format_html('<text class="n{}" x="{}" y="{}">{}</text>', at, right + 12, last, cut(name, 130)))
    return drawn


@cache
def _layout(path: Path) -> HexLayout:
    with path.open("rb") as file:
        raw = tomllib.load(file)
    places = {key: {code: (x, y) for code, (x, y) in raw.get(key, {}).items()} for key in ("cells", "marks")}
    return HexLayout(**{**raw, **places})


def district() -> HexLayout:
    """Return the district's own map of counts."""
    return _layout(Path(getattr(settings, "HEXES_FILE", OUR_HEXES)))


def steps(values: Sequence[int], floor: int = FLOOR) -> list[int]:
    """Return the lower bounds of the five steps: round numbers, the last step is open."""
    most = max([*values, floor + STEPS])
    width = max(1, int(nice_step(most - floor, STEPS + 1)))
    return [floor + width * at for at in range(STEPS)]


def hexmap(cells: Sequence[Hex], *, label: str, layout: HexLayout | None = None, floor: int = FLOOR) -> Chart:
    """Return one hexagon for each community with its count inside, five steps of one hue, and the table.

    Cells without a place in the layout stand in the table only. The caller has suppressed small cells already
    (gongjian.sealing.suppression), also the second one where the first could be worked out.
    """
    layout = layout or district()
    rows = [(cell.name, cell.group, shown_count(cell)) for cell in cells]
    table = table_of((gettext("社区"), gettext("街道"), gettext("件数")), rows, caption=label)
    placed = [cell for cell in cells if cell.code in layout.cells]
    if not placed:
        return Chart(NOTHING, table, label=label)
    bounds = steps([cell.value for cell in placed if cell.value is not None], floor)
    drawn = format_html_join("", "{}", ((_hex(cell, layout.cells[cell.code], bounds),) for cell in placed))
    svg = format_html(
        '<svg class="hexes" viewBox="0 0 {} {}" role="{}" aria-label="{}">{}{}{}</svg>',
        layout.width,
        layout.height,
        _role(cell.url for cell in placed),
        label,
        _coast(layout),
        drawn,
        _marks(placed, layout),
    )
    return Chart(svg, table, _hex_legend(bounds), label)


def shown_count(cell: Hex) -> str:
    """Return the count, or why it is not shown."""
    if cell.value is not None:
        return number(cell.value)
    return pgettext("件数", "少于 5") if cell.hidden == "few" else pgettext("件数", "不显示")


# A name a little wider than its cell is drawn closer, one that would then be unreadable is cut.
NAME, LONGEST_NAME = 56, 76
SQUEEZED = SafeString(f' textLength="{NAME}" lengthAdjust="spacingAndGlyphs"')


def _hex(cell: Hex, centre: tuple[float, float], bounds: Sequence[int]) -> SafeString:
    x, y = centre
    corners = ((0, -34), (29.4, -17), (29.4, 17), (0, 34), (-29.4, 17), (-29.4, -17))
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    step = 0 if cell.value is None else max(sum(cell.value >= bound for bound in bounds), 1)
    name = cut(cell.name, LONGEST_NAME)
    drawn = format_html(
        '<title>{}</title><polygon class="q{}" points="{}"/><text x="{}" y="{}"{}>{}</text>'
        '<text class="{}" x="{}" y="{}">{}</text>',
        cell.name,
        step,
        points,
        x,
        y - 3,
        SQUEEZED if text_width(name) > NAME else NOTHING,
        name,
        "lit" if cell.value is None else "big",
        x,
        y + 15,
        shown_count(cell),
    )
    dark = SafeString(' class="on-dark"') if step >= STEPS - 1 else NOTHING
    if cell.url:
        return format_html('<a href="{}"{}>{}</a>', cell.url, dark, drawn)
    return format_html("<g{}>{}</g>", dark, drawn)


def _coast(layout: HexLayout) -> SafeString:
    if not layout.coast:
        return NOTHING
    words = format_html(
        '<text class="sea" x="{}" y="{}">{}</text>',
        layout.sea["x"],
        layout.sea["y"],
        layout.sea["en" if english() else "zh"],
    )
    return format_html(
        '<path class="bay" d="{0} {1}"/><path class="wave" d="{0}"/>'
        '<path class="wave" transform="translate(22 18)" d="{0}"/>{2}',
        layout.coast,
        layout.land_edge,
        words if layout.sea else NOTHING,
    )


def _marks(cells: Sequence[Hex], layout: HexLayout) -> SafeString:
    """Draw the subdistricts' names; a subdistrict is the one whose code begins its communities' codes."""
    groups = {code: cell.group for cell in cells for code in layout.marks if cell.code.startswith(code) and cell.group}
    return format_html_join(
        "", '<text class="st" x="{}" y="{}">{}</text>', ((*layout.marks[code], name) for code, name in groups.items())
    )


def _hex_legend(bounds: Sequence[int]) -> SafeString:
    last = gettext("%(n)s 以上") % {"n": bounds[-1]}
    ranges = [f"{low}–{high - 1}" if high - 1 > low else str(low) for low, high in pairwise(bounds)]
    names = [gettext("少于 5，或为防推算不显示"), *ranges, last]
    items = format_html_join("", '<span><i class="sw q{}"></i>{}</span>', enumerate(names))
    note = gettext("每格一个社区，位置示意，不代表边界。")
    return format_html('<div class="legend">{}</div><p class="tag">{}</p>', items, note)


def snapped(points: Mapping[str, tuple[float, float]]) -> HexLayout:
    """Return a layout made from longitudes and latitudes: each place takes the nearest free cell of a hexagon grid.

    For a district that has drawn none of its own; neighbours stay neighbours, distances do not.
    """
    if not points:
        return HexLayout({})
    west, north = min(x for x, _ in points.values()), max(y for _, y in points.values())
    spread = max(max(x for x, _ in points.values()) - west, north - min(y for _, y in points.values())) or 1
    size = max(1, math.ceil(math.sqrt(len(points)) * 1.6))
    free = {(column, row) for column in range(2 * size) for row in range(2 * size)}
    centres = {}
    for code, (x, y) in sorted(points.items(), key=lambda item: (-item[1][1], item[1][0])):
        wanted = ((x - west) / spread * size * 58.9 + 36, (north - y) / spread * size * 51 + 38)
        cell = min(free, key=lambda one: (math.dist(_centre(one), wanted), one))
        free.remove(cell)
        centres[code] = _centre(cell)
    width, height = (max(place[axis] for place in centres.values()) + 36 for axis in (0, 1))
    return replace(HexLayout(centres), width=round(width), height=round(height))


def _centre(cell: tuple[int, int]) -> tuple[float, float]:
    column, row = cell
    return round(36 + 58.9 * column + 29.45 * (row % 2), 1), 38 + 51 * row
