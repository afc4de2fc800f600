"""The six figures on top of the leader's dashboard, and how a figure is told: number, unit, measure, change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from gongjian.casework.queries import COUNT_CAP
from gongjian.domains.hotline.indicators import BREACHED, CLOSED, ON_TIME, RECEIVED, REPEATED, SATISFIED
from gongjian.domains.hotline.queries.figures import BEFORE, Now, Readings, Sums
from gongjian.figures.queries import Figure
from gongjian.figures.specs import Better, IndicatorSpec, Measure
from gongjian.web.charts import change_words, number, spark
from gongjian.web.parts import NO_LINE, Stat, Trend

SMALL: Final = 0.05  # a change of rate under this many points shows as none


@dataclass(frozen=True, slots=True)
class Words:
    """How a span and the one before it are called: 近 7 天, 前 7 天."""

    span: str
    before: str


def rate(figure: Figure | None) -> str:
    """Return 96.2% of a rate, 1,284 of a count; a dash where nothing was counted or nothing is to be divided."""
    if figure is None or figure.value is None:
        return "—"
    return number(figure.value) + ("%" if figure.spec.measure is Measure.RATE else "")


def parts(figure: Figure | None) -> str:
    """Return numerator / denominator of a rate, so that nobody takes one case of two for a half of the district."""
    if figure is None or figure.spec.measure is Measure.COUNT:
        return ""
    return f"{figure.numerator:,} / {figure.denominator:,}"


def target_words(spec: IndicatorSpec) -> str:
    if spec.target is None:
        return ""
    words = _("目标 %(target)s%%") if spec.better is Better.HIGHER else _("目标 %(target)s%% 以内")
    return words % {"target": number(spec.target)}


def change(figure: Figure | None, before: Figure | None, *, harm: str = "soon") -> Trend | None:
    """Return the change in points or percent; None without something to compare with.

    The colour says good or bad. Where neither direction is better it stays ink.
    """
    if figure is None or before is None or figure.value is None or before.value is None:
        return None
    moved = figure.value - before.value
    if figure.spec.measure is Measure.RATE:
        if abs(moved) < SMALL:
            return Trend("flat", _("持平"))
        return Trend(
            "up" if moved > 0 else "down",
            _("%(n)s 点") % {"n": f"{abs(moved):.1f}"},
            _good_or_bad(figure.spec, moved, harm),
        )
    if not moved:
        return Trend("flat", _("持平"))
    words = change_words(figure.value, before.value).lstrip("+−")
    return Trend("up" if moved > 0 else "down", words, _good_or_bad(figure.spec, moved, harm))


def _good_or_bad(spec: IndicatorSpec, moved: float, harm: str) -> str:
    if spec.better is Better.NEITHER:
        return ""
    better = (moved > 0) == (spec.better is Better.HIGHER)
    return "ok" if better else harm


def line(figures: Sequence[Figure | None], spec: IndicatorSpec, words: str) -> SafeString:
    """Return the line of 12 weeks; weeks that were not counted or had nothing to divide are left out."""
    values = [f.value for f in figures if f is not None and f.value is not None]
    if not values:
        return NO_LINE
    label = _("近 12 周%(name)s，最新 %(value)s") % {"name": words, "value": number(values[-1])}
    if spec.target is not None:
        label = _("%(label)s，%(target)s") % {"label": label, "target": target_words(spec)}
    return spark(values, label=label, target=spec.target)


def tiles(*, readings: Readings, now: Now, words: Words, links: Mapping[str, str]) -> list[Stat]:
    """Return the six tiles in the order of the page."""
    sums = readings.sums
    late, held = sum(now.late.values()), sum(readings.held.values())
    fresh, closed = sums.of(BREACHED.key), sums.of(CLOSED.key)
    return [
        _received(sums, words, links),
        _rate(ON_TIME, sums, words, links),
        _rate(SATISFIED, sums, words, links),
        Stat(
            name=_("正在超时"),
            value=f"{late:,}" + ("+" if now.capped else ""),
            unit=_("件"),
            note="" if fresh is None else _("%(span)s新超时 %(n)s") % {"span": words.span, "n": rate(fresh)},
            trend=change(fresh, sums.of(BREACHED.key, BEFORE), harm="late"),
            spark=line(sums.weeks[BREACHED.key], BREACHED, _("每周新超时")),
            url=links.get("late", ""),
        ),
        Stat(
            name=_("在办"),
            value=f"{held:,}",
            unit=_("件"),
            note=_("今天到期 %(n)s") % {"n": "1,000+" if now.due_today > COUNT_CAP else f"{now.due_today:,}"},
            trend=_flow(sums.of(RECEIVED.key), closed),
            spark=line(sums.weeks[CLOSED.key], CLOSED, _("每周办结量")),
            url=links.get("open", ""),
        ),
        _rate(REPEATED, sums, words, links),
    ]


def _received(sums: Sums, words: Words, links: Mapping[str, str]) -> Stat:
    figure, before = sums.of(RECEIVED.key), sums.of(RECEIVED.key, BEFORE)
    return Stat(
        name=str(RECEIVED.label),
        value=rate(figure),
        unit=_("件") if figure else "",
        note=_before(words, before) if figure else _nothing(figure),
        trend=change(figure, before),
        spark=line(sums.weeks[RECEIVED.key], RECEIVED, str(RECEIVED.label)),
        url=links.get(RECEIVED.key, ""),
    )


def _rate(spec: IndicatorSpec, sums: Sums, words: Words, links: Mapping[str, str]) -> Stat:
    figure, before = sums.of(spec.key), sums.of(spec.key, BEFORE)
    known = figure is not None and figure.value is not None
    return Stat(
        name=str(spec.label),
        value=rate(figure).removesuffix("%"),
        unit="%" if known else "",
        note=(target_words(spec) or _before(words, before)) if known else _nothing(figure),
        trend=change(figure, before),
        spark=line(sums.weeks[spec.key], spec, str(spec.label)),
        url=links.get(spec.key, ""),
    )


def _before(words: Words, before: Figure | None) -> str:
    if before is None or before.value is None:
        return _("还没有可比的")
    return _("%(before)s %(value)s") % {"before": words.before, "value": rate(before)}


def _nothing(figure: Figure | None) -> str:
    return _("还没有统计") if figure is None else pgettext("率", "这段时间没有可算的")


def _flow(received: Figure | None, closed: Figure | None) -> Trend | None:
    """Return how many more came than went in the span."""
    if received is None or closed is None:
        return None
    more = received.numerator - closed.numerator
    if not more:
        return Trend("flat", _("进出相等"))
    words = _("净进 %(n)s") if more > 0 else _("净出 %(n)s")
    return Trend("up" if more > 0 else "down", words % {"n": f"{abs(more):,}"})
