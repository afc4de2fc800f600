import json
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gongjian.places.actions import Plan
from gongjian.places.rules import (
    fold,
    gcj02_to_wgs84,
    grams,
    haversine_m,
    is_point,
    point_in,
    wanted_grams,
    wgs84_to_gcj02,
)

SHARED = Path(__file__).parents[5] / "shared" / "data" / "yantian-boundary-gcj02.geojson"
china_lon, china_lat = st.floats(74, 134), st.floats(4, 53)


def test_a_degree_of_latitude_and_a_known_distance():
    assert haversine_m(114, 22, 114, 23) == pytest.approx(111_195, abs=1)
    assert haversine_m(114.237, 22.555, 114.268, 22.575) == pytest.approx(3_884, abs=5)
    assert haversine_m(114.2, 22.5, 114.2, 22.5) == 0
    assert haversine_m(0, 0, 180, 0) == pytest.approx(20_015_115, abs=1)


def test_the_map_draws_yantian_589_metres_away():
    shifted = wgs84_to_gcj02(114.237, 22.555)
    assert haversine_m(114.237, 22.555, *shifted) == pytest.approx(589, abs=2)
    assert shifted[0] > 114.237
    assert shifted[1] < 22.555


def test_a_published_pair_of_coordinates():
    assert wgs84_to_gcj02(116.404, 39.915) == pytest.approx((116.410244, 39.916404), abs=2e-6)


@pytest.mark.parametrize("place", [(0.0, 0.0), (-73.98, 40.75), (2.35, 48.85), (139.69, 35.69)])
def test_outside_china_nothing_is_shifted(place):
    assert wgs84_to_gcj02(*place) == place
    assert gcj02_to_wgs84(*place) == place


@given(china_lon, china_lat)
def test_there_and_back_is_the_same_place(lon, lat):
    back = gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat))
    assert haversine_m(lon, lat, *back) < 0.001


@given(china_lon, china_lat)
def test_the_shift_stays_under_a_kilometre(lon, lat):
    assert haversine_m(lon, lat, *wgs84_to_gcj02(lon, lat)) < 1_000


@given(st.tuples(china_lon, china_lat), st.tuples(china_lon, china_lat), st.tuples(china_lon, china_lat))
def test_distance_is_a_distance(one, two, three):
    assert haversine_m(*one, *two) == pytest.approx(haversine_m(*two, *one))
    assert haversine_m(*one, *three) <= haversine_m(*one, *two) + haversine_m(*two, *three) + 1e-6


@pytest.mark.parametrize(
    ("typed", "folded"),
    [("Yong'an Bei", "yonganbei"), ("ＹＡＢＹＪ", "yabyj"), (" 永安 北一街 12-3 号 ", "永安北一街123号"), ("", "")],
)
def test_typing_is_folded(typed, folded):
    assert fold(typed) == folded


@given(st.text(min_size=1, max_size=12), st.data())
def test_the_grams_of_a_part_are_among_those_of_the_whole(word, data):
    begin = data.draw(st.integers(0, len(word) - 1))
    part = word[begin : data.draw(st.integers(begin + 1, len(word)))]
    assert set(wanted_grams(part)) <= set(grams([word]))


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not here")
def test_our_outline_lies_where_the_district_is_and_is_our_own():
    drawn = json.loads(SHARED.read_text("utf-8"))["features"][0]["geometry"]
    points = [gcj02_to_wgs84(*point) for point in drawn["coordinates"][0]]
    real = shapely.make_valid(shapely.Polygon(points))
    ours = Plan()._land
    assert shapely.intersection(ours, real).area / shapely.union(ours, real).area > 0.75
    assert len(ours.exterior.coords) < 45 < len(points)
    theirs = shapely.MultiPoint(drawn["coordinates"][0] + points)
    assert shapely.distance(shapely.points(ours.exterior.coords), theirs).min() > 1e-5


@pytest.mark.parametrize(
    ("written", "point"),
    [
        ("114.2401,22.5571", (114.2401, 22.5571)),
        (" -0.1 , +51.5 ", (-0.1, 51.5)),
        ("180,-90", (180, -90)),
        ("0,1", (0, 1)),
    ],
)
def test_a_point_is_two_numbers_on_the_globe(written, point):
    assert point_in(written) == point


@given(
    st.text("0123456789.,-+eEnaif １２．，_", max_size=20)
    | st.tuples(st.floats(), st.floats()).map("{0[0]},{0[1]}".format)
)
def test_whatever_is_written_is_a_point_or_none(written):
    found = point_in(written)
    assert found is None or is_point(*found)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(0, 0), (-0.0, 0.0), (float("nan"), 0), (0, float("inf")), (180.000001, 0), (0, -90.1), (1e300, 1),
     (1e-9, -1e-9), (0.0002, 0.0001)],
)  # fmt: skip
def test_what_lies_nowhere_is_no_point(lon, lat):
    assert not is_point(lon, lat)
    assert point_in(f"{lon},{lat}") is None
