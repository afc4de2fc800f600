"""Charts at their edges: nothing, one value, all equal, zero, too many."""

import xml.etree.ElementTree as ET

import pytest
from django.utils import translation

from gongjian.web import charts
from gongjian.web.charts import Bar, Hex, HexLayout, Series


def drawn(svg: str) -> ET.Element:
    assert "style=" not in svg
    return ET.fromstring(svg)


def every(svg: str, tag: str) -> list[ET.Element]:
    return list(drawn(svg).iter(tag))


def test_a_tile_line_runs_to_the_newest_point_with_its_target_dashed():
    svg = charts.spark([1, 3, 2], label="近 3 周", target=2)

    assert drawn(svg).get("aria-label") == "近 3 周"
    assert every(svg, "polyline")[0].get("points") == "2.0,33.0 97.0,7.0 192.0,20.0"
    assert every(svg, "circle")[0].attrib == {"class": "e", "cx": "192.0", "cy": "20.0", "r": "5"}
    assert every(svg, "line")[0].get("y1") == "20.0"


def test_a_tile_line_of_nothing_is_nothing_and_of_one_value_a_point():
    assert charts.spark([], label="x") == ""
    assert every(charts.spark([5], label="x"), "polyline") == []
    assert every(charts.spark([5], label="x"), "circle")[0].get("cy") == "20.0"


def test_equal_values_lie_in_the_middle_and_a_target_outside_stays_inside():
    assert "2.0,20.0 192.0,20.0" in charts.spark([4, 4], label="x")
    assert every(charts.spark([4, 4], label="x", target=9), "line")[0].get("y1") == "7.0"


def test_bars_are_sorted_from_zero_with_last_week_as_a_tick():
    chart = charts.bars([Bar("少", 10), Bar("多", 20, 10, "/cases/")], label="事项")

    first, second = every(chart.svg, "rect")
    assert float(first.get("width")) == 2 * float(second.get("width"))
    tick = next(line for line in every(chart.svg, "line") if line.get("class") == "pv")
    assert float(tick.get("x1")) == float(first.get("x")) + float(second.get("width"))
    assert every(chart.svg, "a")[0].get("href") == "/cases/"
    assert chart.table.index("多") < chart.table.index("少")
    assert "+100%" in chart.table


def test_more_than_ten_bars_become_ten_and_the_rest():
    chart = charts.bars([Bar(f"类 {n}", n) for n in range(1, 13)], label="事项", rest=4)

    assert len(every(chart.svg, "rect")) == 11
    assert "其他" in chart.svg
    assert '<th scope="row">其他</th><td class="n">7</td>' in chart.table


def test_bars_of_zero_and_of_nothing():
    assert every(charts.bars([Bar("零", 0, 0)], label="x").svg, "rect")[0].get("width") == "0.0"
    assert charts.bars([], label="x").svg == ""
    assert "<tbody></tbody>" in charts.bars([], label="x").table


@pytest.mark.parametrize(
    ("value", "before", "words"), [(3, None, ""), (3, 0, "新"), (0, 0, "±0%"), (94, 100, "−6%"), (3, 2, "+50%")]
)
def test_the_change_against_last_week(value, before, words):
    assert charts.change_words(value, before) == words


def test_lines_are_named_at_their_ends_and_names_do_not_touch():
    series = [Series("甲", [1, 2, 3]), Series("乙", [3, 3, 3]), Series("丙", [None, None, None])]
    chart = charts.lines(series, periods=["1周", "2周", "3周"], label="三周", target=2)

    assert len(every(chart.svg, "polyline")) == 2
    places = [float(text.get("y")) for text in every(chart.svg, "text") if text.get("class")]
    assert len(places) == 2
    assert abs(places[0] - places[1]) >= 15
    assert "<td" in chart.table
    assert "—" in chart.table


def test_a_fourth_line_is_refused():
    with pytest.raises(ValueError, match="three"):
        charts.lines([Series(str(n), [1]) for n in range(4)], periods=["1"], label="x")


def test_lines_of_nothing_of_one_value_and_all_equal():
    assert charts.lines([], periods=[], label="x").svg == ""
    assert charts.lines([Series("甲", [None])], periods=["1"], label="x").svg == ""
    assert len(every(charts.lines([Series("甲", [7])], periods=["1"], label="x").svg, "circle")) == 1
    assert len(every(charts.lines([Series("甲", [0, 0])], periods=["1", "2"], label="x").svg, "polyline")) == 1


@pytest.mark.parametrize(
    ("spread", "parts", "step"), [(58, 6, 10), (0, 4, 1), (3, 4, 1), (0.8, 4, 0.2), (1000, 4, 500)]
)
def test_axes_use_round_steps(spread, parts, step):
    assert charts.nice_step(spread, parts) == pytest.approx(step)


LAYOUT = HexLayout({"a1": (40, 40), "a2": (100, 40), "b1": (160, 40)}, {"a": (70, 5), "b": (160, 5)})


def test_the_map_of_counts_shows_numbers_steps_and_why_some_are_missing():
    cells = [
        Hex("a1", "永安", 63, "/c/a1", "盐田街道"),
        Hex("a2", "小梅沙", None, group="盐田街道"),
        Hex("b1", "滨海", None, group="梅沙街道", hidden="guard"),
    ]
    chart = charts.hexmap(cells, label="各社区", layout=LAYOUT)

    assert [cell.get("class") for cell in every(chart.svg, "polygon")] == ["q5", "q0", "q0"]
    assert "少于 5" in chart.svg
    assert "不显示" in chart.svg
    assert "盐田街道" in chart.svg
    assert every(chart.svg, "a")[0].attrib == {"href": "/c/a1", "class": "on-dark"}
    assert chart.table.count("<tr>") == 4
    assert "45 以上" in chart.legend


def test_the_steps_are_round_and_the_smallest_shown_value_is_in_the_first():
    assert charts.steps([5, 63]) == [5, 15, 25, 35, 45]
    assert charts.steps([]) == [5, 6, 7, 8, 9]
    chart = charts.hexmap([Hex("a1", "甲", 5)], label="x", layout=LAYOUT)
    assert every(chart.svg, "polygon")[0].get("class") == "q1"


def test_a_community_without_a_place_stands_in_the_table_only():
    chart = charts.hexmap([Hex("zz", "新村", 9)], label="x", layout=LAYOUT)

    assert chart.svg == ""
    assert "新村" in chart.table
    assert charts.hexmap([], label="x").svg == ""


def test_the_districts_own_map_holds_its_23_communities_apart():
    cells = charts.district().cells

    assert len(cells) == 23
    assert len(set(cells.values())) == 23
    with translation.override("en"):
        svg = charts.hexmap([Hex(code, code[-3:], 9) for code in cells], label="x").svg
        assert "Dapeng Bay" in svg


def test_a_district_without_a_drawing_gets_one_from_its_coordinates():
    points = {str(n): (114 + n % 5 / 100, 22 + n // 5 / 100) for n in range(23)}

    layout = charts.snapped(points)

    assert len(set(layout.cells.values())) == 23
    assert layout.cells["20"][1] < layout.cells["0"][1], "north is up"
    assert layout.cells["0"][0] < layout.cells["4"][0], "east is right"
    assert charts.snapped({}).cells == {}
    assert len(charts.snapped({"a": (1, 1), "b": (1, 1)}).cells) == 2


@pytest.mark.parametrize(
    ("value", "words"), [(1284, "1,284"), (96.2, "96.2"), (3.0, "3"), (0, "0"), (None, "—"), (1284.6, "1,285")]
)
def test_figures_are_written_for_people(value, words):
    assert charts.number(value) == words


def test_long_names_are_cut_with_an_ellipsis():
    assert charts.cut("永安", 30) == "永安"
    assert charts.cut("夜间施工噪声投诉", 60) == "夜间施工…"
