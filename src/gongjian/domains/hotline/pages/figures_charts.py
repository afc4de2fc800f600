"""The drawings of the leader's dashboard: where matters come from, what they are about, twelve weeks of a unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _

from gongjian.domains.hotline.pages.common import named
from gongjian.domains.hotline.pages.search import link_to
from gongjian.domains.hotline.queries import TopicRef
from gongjian.domains.hotline.queries.figures import DAYS_A_WEEK, WEEKS
from gongjian.figures.queries import Figure
from gongjian.figures.specs import IndicatorSpec
from gongjian.places.queries import CommunityRef, communities, subdistricts
from gongjian.sealing.suppression import FLOOR, suppress
from gongjian.web.charts import MOST_BARS, Bar, Chart, Hex, Series, bars, hexmap, lines, number, shown_count, table_of

# A topic is pointed out when it grew by half and by enough cases not to be chance.
RISE_SHARE: Final = 0.5
RISE_LEAST: Final = 10

type Days = tuple[date, date]  # that were counted, both ends included; None for a reader who may not open the list


@dataclass(frozen=True, slots=True)
class Places:
    """Counts by community that may be shown, and the totals of subdistricts that may be shown beside them."""

    communities: Mapping[int, int | None]
    subdistricts: Mapping[int, int]
    elsewhere: int | None  # without a place, or outside; None where it must not be known


def protect(counts: Mapping[int | None, int]) -> Places:
    """Return what may be shown so that no count under the floor can be worked out, not even with the totals.

    Each subdistrict's total is published where every one of them, and what has no place, reaches the floor; then each
    subdistrict is a line of its own. Otherwise only the district's total is, and the communities are one line.
    """
    known = communities()
    cells: dict[int | None, int] = {c.id: counts.get(c.id, 0) for c in known}
    elsewhere = sum(n for place, n in counts.items() if place not in cells)
    groups: dict[int, dict[int, int]] = {}
    for c in known:
        groups.setdefault(c.subdistrict_id, {})[c.id] = cells[c.id]
    totals = {group: sum(line.values()) for group, line in groups.items()}
    if all(n >= FLOOR for n in totals.values()) and (elsewhere >= FLOOR or not elsewhere):
        shown: dict[int, int | None] = {}
        for line in groups.values():
            shown |= suppress(line)
        return Places(shown, totals, elsewhere)
    whole: dict[int | None, int] = {**cells, None: elsewhere}
    safe = suppress(whole)
    return Places({c.id: safe[c.id] for c in known}, {}, safe[None])


def map_chart(counts: Mapping[int | None, int], days: Days | None) -> Chart | None:
    """Return the map of communities with its table, cells that must not be known hidden in both; None for no case.

    Every hidden cell says the same: which of them are under the floor would help to work them out.
    """
    if not counts:
        return None
    label = _("各社区受理量（30 天）")
    places, known = protect(counts), communities()
    names = {s.id: named(s) for s in subdistricts()}
    cells = [_hex(c, places, names, days) for c in known]
    single = [(cell.name, names[c.subdistrict_id], shown_count(cell)) for cell, c in zip(cells, known, strict=True)]
    totals = [(names[group], _("小计"), number(n)) for group, n in places.subdistricts.items()]
    rest = [(_("没有地点或在区外"), "", number(places.elsewhere))]
    table = table_of((_("社区"), _("街道"), _("件数")), [*single, *totals, *rest], caption=label)
    return replace(hexmap(cells, label=label), table=table)


def _hex(place: CommunityRef, places: Places, names: Mapping[int, str], days: Days | None) -> Hex:
    shown, total = places.communities[place.id], places.subdistricts.get(place.subdistrict_id)
    return Hex(
        code=place.code,
        name=named(place).removesuffix("社区").removesuffix(" Community"),
        value=shown,
        url=link_to({"community": str(place.id)}, days) if days and shown is not None else "",
        group=names[place.subdistrict_id].removesuffix(" Subdistrict") + ("" if total is None else f" {number(total)}"),
        hidden="guard",
    )


@dataclass(frozen=True, slots=True)
class Rise:
    """A topic that grew so much that somebody should look before more people complain."""

    name: str
    n: int
    before: int
    url: str


@dataclass(frozen=True, slots=True)
class Topics:
    """The ten largest topics drawn, what the others add up to, and the one that grew most."""

    chart: Chart
    others: int
    rise: Rise | None


def topic_chart(
    counts: Mapping[int | None, tuple[int, int]], known: Mapping[int, TopicRef], days: Days | None
) -> Topics:
    """Return the topics of 7 days, last week as a tick; all others are a number, for their bar would dwarf the ten."""
    made = [
        (_bar(known[topic], this, before, days), this, before)
        for topic, (this, before) in counts.items()
        if topic is not None and topic in known and this
    ]
    made.sort(key=lambda one: (-one[1], one[0].label))
    chart = bars([bar for bar, *_counts in made[:MOST_BARS]], label=_("十大事项（7 天）"))
    others = sum(this for this, _before in counts.values()) - sum(this for _one, this, _before in made[:MOST_BARS])
    grown = [
        Rise(bar.label, this, before, bar.url)
        for bar, this, before in made
        if this - before >= max(RISE_LEAST, before * RISE_SHARE)
    ]
    return Topics(chart, others, max(grown, key=lambda rise: rise.n - rise.before, default=None))


def _bar(topic: TopicRef, this: int, before: int, days: Days | None) -> Bar:
    return Bar(named(topic), this, before, link_to({"topic": topic.code}, days) if days else "")


def line_chart(series: Mapping[IndicatorSpec, Sequence[Figure | None]], last: date) -> Chart:
    """Return at most three rates of one unit over 12 weeks; each week is named by its last day."""
    days = [last - timedelta(days=DAYS_A_WEEK * back) for back in reversed(range(WEEKS))]
    return lines(
        [Series(str(spec.label), [f.value if f else None for f in values]) for spec, values in series.items()],
        periods=[f"{day.month}/{day.day}" for day in days],
        label=_("12 周（每点是到那天为止的 7 天，%）"),
    )
