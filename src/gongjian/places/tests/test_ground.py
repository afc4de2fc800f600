"""The shipped territory as the rest of the house sees it."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from timeit import repeat

import pytest
import shapely
from django.db import connection

from gongjian import memory
from gongjian.places import queries
from gongjian.places.actions import load_reference
from gongjian.places.cells import cell_of
from gongjian.places.models import Address, Community, GridCell, Subdistrict, Territory
from gongjian.places.tests.conftest import AT

SHARED = Path(__file__).parents[5] / "shared" / "data" / "yantian-divisions.json"
YONGAN = (114.2560, 22.5850)

pytestmark = pytest.mark.usefixtures("yantian")


def name_of(located):
    return queries.community(located.community_id).name_zh


class TestReference:
    def test_codes_and_names_are_the_real_ones(self):
        assert Counter(queries.communities()[n].code[:9] for n in range(23)) == {
            "440308001": 4,
            "440308002": 6,
            "440308003": 7,
            "440308004": 6,
        }
        assert [subdistrict.kind for subdistrict in queries.subdistricts()] == ["subdistrict"] * 4 + ["bonded_zone"]

    @pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not here")
    def test_they_agree_with_the_statistics_bureau(self):
        told = json.loads(SHARED.read_text("utf-8"))["streets"]
        streets = {(street["code"], street["name"]) for street in told}
        committees = {
            (item["code"], item["name"].replace("居委会", "社区"))
            for street in told
            for item in street["communities"]
            if not item["statistical_only"]
        }
        assert set(Subdistrict.objects.values_list("code", "name_zh")) == streets
        assert set(Community.objects.values_list("code", "name_zh")) == committees

    def test_how_much_there_is(self):
        assert (Community.objects.count(), GridCell.objects.count()) == (23, 200)
        assert 1_400 < Address.objects.count() < 1_600
        assert GridCell.objects.filter(code="440308001002-01", community__code="440308001002").exists()

    def test_everything_drawn_is_marked_synthetic(self):
        for model in (Territory, Community, Address):
            assert not model.objects.filter(synthetic=False).exists()

    def test_loading_twice_costs_one_query_and_changes_nothing(self, django_assert_num_queries):
        before = list(Address.objects.values_list("pk", "words"))
        with django_assert_num_queries(3):  # the savepoint and its release are the other two
            load_reference(at=AT + timedelta(days=1))
        assert list(Address.objects.values_list("pk", "words")) == before

    def test_new_data_add_what_is_missing_and_leave_what_an_operator_has_changed(self):
        Territory.objects.update(version="older", shipped="older")
        Community.objects.filter(code="440308002003").update(name_zh="新名社区")
        Address.objects.filter(code=Address.objects.first().code).delete()
        count = Address.objects.count()
        load_reference(at=AT)
        assert queries.community(Community.objects.get(code="440308002003").pk).name_zh == "新名社区"
        assert Address.objects.count() == count + 1
        territory = Territory.objects.get()
        assert territory.version != "older"
        load_reference(at=AT)
        assert Territory.objects.get().version == territory.version

    def test_an_operators_territory_is_left_alone(self):
        Territory.objects.update(version="theirs", synthetic=False)
        load_reference(at=AT)
        assert Territory.objects.get().version == "theirs"


class TestGeometry:
    def test_communities_cover_the_land_once(self):
        shapes = queries.ground()
        land = shapely.geometry.shape(shapes["land"]["geometry"])
        areas = [shapely.geometry.shape(feature["geometry"]) for feature in shapes["communities"]["features"]]
        assert all(area.is_valid for area in areas)
        assert sum(area.area for area in areas) == pytest.approx(land.area, rel=1e-4)
        assert shapely.union_all(areas).area == pytest.approx(land.area, rel=1e-4)

    def test_seats_grids_and_addresses_lie_in_their_community(self):
        outlines = {c.pk: shapely.geometry.shape(c.outline) for c in Community.objects.all()}
        for model in (GridCell, Address):
            rows = model.objects.values_list("community_id", "lon", "lat")
            assert all(outlines[pk].intersects(shapely.Point(lon, lat)) for pk, lon, lat in rows)
        assert all(outlines[ref.id].contains(shapely.Point(ref.lon, ref.lat)) for ref in queries.communities())

    def test_the_sea_touches_the_land_along_the_shore_only(self):
        shapes = queries.ground()
        land, sea = (shapely.geometry.shape(shapes[key]["geometry"]) for key in ("land", "sea"))
        assert shapely.intersection(land, sea).area == pytest.approx(0, abs=1e-12)
        assert sea.is_valid
        assert shapely.intersection(land, sea).length > 0.1

    def test_the_map_data_are_geojson_with_the_mark(self):
        shapes = queries.ground()
        assert json.loads(json.dumps(shapes)) == shapes
        assert shapes["synthetic"] is True
        properties = shapes["communities"]["features"][0]["properties"]
        assert (properties["name_zh"], properties["name_en"]) == ("小梅沙社区", "Xiaomeisha Community")
        assert properties["synthetic"] is True
        west, south, east, north = shapes["bbox"]
        assert (west, east) == pytest.approx((114.203, 114.344))
        assert (south, north) == pytest.approx((22.5475, 22.652))
        assert queries.ground() is shapes

    def test_addresses_are_spread_along_their_road(self):
        rows = Address.objects.filter(community__code="440308002003", road="永安北一街").exclude(number="")
        assert len({(row.lon, row.lat) for row in rows}) == len(rows) == 24


class TestLocate:
    def test_a_point_in_yongan(self):
        found = queries.locate(*YONGAN)
        assert name_of(found) == "永安社区"
        assert found.inside
        assert found.cell == cell_of(*YONGAN)
        assert found.grid.startswith("440308002003-")
        assert {s.id: s.name_zh for s in queries.subdistricts()}[found.subdistrict_id] == "盐田街道"

    def test_every_seat_finds_itself(self):
        assert all(queries.locate(ref.lon, ref.lat).community_id == ref.id for ref in queries.communities())

    def test_just_off_the_shore_the_nearest_community_answers(self):
        found = queries.locate(114.3325, 22.5955)
        assert name_of(found) == "小梅沙社区"
        assert not found.inside

    def test_far_away_nobody_answers(self):
        found = queries.locate(116.40, 39.90)
        assert found == (None, None, cell_of(116.40, 39.90), False, "")

    @pytest.mark.parametrize("place", [(181, 0), (0, 91), (float("nan"), 0), (float("inf"), 0)])
    def test_what_is_no_place_is_refused(self, place):
        with pytest.raises(ValueError):
            queries.locate(*place)

    def test_every_address_is_located_in_its_community(self):
        rows = Address.objects.values_list("community_id", "lon", "lat")
        assert all(queries.locate(lon, lat).community_id == pk for pk, lon, lat in rows)

    def test_a_grid_centre_lies_in_its_own_grid(self):
        rows = GridCell.objects.values_list("code", "lon", "lat")
        assert all(queries.locate(lon, lat).grid == code for code, lon, lat in rows)

    def test_it_asks_the_database_nothing(self, django_assert_num_queries):
        queries.locate(*YONGAN)
        with django_assert_num_queries(0):
            queries.locate(*YONGAN)
            queries.communities()
            queries.ground()

    def test_it_takes_less_than_fifty_microseconds(self):
        queries.locate(*YONGAN)
        assert min(repeat(lambda: queries.locate(*YONGAN), number=100, repeat=20)) / 100 < 50e-6

    def test_a_change_made_elsewhere_is_seen_at_the_next_look(self, monkeypatch):
        queries.locate(*YONGAN)
        Community.objects.filter(code="440308002003").update(name_en="Renamed")
        Territory.objects.update(version="newer")
        assert name_en_of_yongan() == "Yong'an Community"
        monkeypatch.setattr(memory, "LOOK_AGAIN_S", 0.0)
        assert name_en_of_yongan() == "Renamed"


def name_en_of_yongan():
    return queries.community(queries.locate(*YONGAN).community_id).name_en


class TestFindAddresses:
    @pytest.mark.parametrize("typed", ["yabyj", "YABYJ", "永安北一街", "永安 北一", "yonganbeiyi", "Yong'an bei yi"])
    def test_a_road_is_found_by_sign_pinyin_and_initials(self, typed):
        found = queries.find_addresses(typed)
        assert found[0].text == "永安北一街"
        assert len(found) == 8
        assert {row.road for row in found} == {"永安北一街"}

    @pytest.mark.parametrize("typed", ["永安北一街12号", "yabyj12h", "yonganbeiyijie12", "永安北一街１２"])
    def test_a_house_number_is_found(self, typed):
        assert queries.find_addresses(typed)[0].text == "永安北一街12号3栋"

    def test_a_place_is_found_by_a_part_of_its_name(self):
        assert [row.name for row in queries.find_addresses("图书馆")] == ["盐田区图书馆", "灯塔图书馆"]
        assert queries.find_addresses("ztgs")[:1] == queries.find_addresses("none")[:0]

    def test_what_begins_so_comes_before_what_contains_it(self):
        texts = [row.text for row in queries.find_addresses("盐田", limit=60)]
        begins = [text.startswith("盐田") for text in texts]
        assert begins == sorted(begins, reverse=True)

    @pytest.mark.parametrize("typed", ["", "  ", "y", "%", "_", "%%", "__", "不存在的路", "'; --", "沙" * 500])
    def test_nothing_found_is_empty(self, typed):
        assert queries.find_addresses(typed) == ()

    def test_a_single_chinese_sign_is_enough(self):
        assert queries.find_addresses("港", limit=3)

    def test_it_costs_one_query(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            queries.find_addresses("yabyj")

    def test_the_index_serves_every_length_in_a_district_of_ten_thousand_addresses(self):
        columns = "community_id, road, number, name, pinyin, initials, lon, lat, synthetic, words, grams"
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO places_address (code, {columns}) SELECT code || '/' || n, {columns} "
                "FROM places_address, generate_series(1, 6) n"
            )
            cursor.execute("ANALYZE places_address")
        for typed in ("永安北", "永安", "警", "yabyj", "jzs"):
            rows = Address.objects.filter(grams__contains=queries.wanted_grams(typed), words__contains=typed)
            assert "Bitmap Index Scan on places_address_grams" in rows.explain(), typed

    def test_what_is_found_is_what_contains_the_text(self):
        words = list(Address.objects.values_list("words", flat=True))
        for typed in ("盐", "路2", "beiyi", "ml", "栋", "12", "沙盐路"):
            assert len(queries.find_addresses(typed, limit=5_000)) == sum(typed in text for text in words)


def test_an_empty_database_answers_empty():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE places_territory, places_subdistrict CASCADE")
    queries.forget()
    assert queries.communities() == ()
    assert queries.locate(*YONGAN) == (None, None, cell_of(*YONGAN), False, "")
    assert queries.ground()["communities"]["features"] == []
    assert queries.find_addresses("沙盐路") == ()
