"""The district's own outlines in place of the drawn ones: read, repaired, moved, all of them or nothing."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import shapely

from gongjian.places import queries
from gongjian.places.actions import load_reference
from gongjian.places.models import Community, GridCell, Territory
from gongjian.places.rules import gcj02_to_wgs84, haversine_m, in_mainland, wgs84_to_gcj02
from gongjian.places.shapes import BadShapes, read_shapes
from gongjian.places.territory import known_codes, load_shapes
from gongjian.places.tests.conftest import AT

SHARED = Path(__file__).parents[5] / "shared" / "data" / "yantian-boundary-gcj02.geojson"
KNOWN = {"440308": "盐田区", "440308002003": "永安社区", "440308001002": "小梅沙社区"}
SQUARE = [[114.23, 22.55], [114.24, 22.55], [114.24, 22.56], [114.23, 22.56], [114.23, 22.55]]
BOW = [[114.23, 22.55], [114.24, 22.56], [114.24, 22.55], [114.23, 22.56], [114.23, 22.55]]
LATER = AT + timedelta(hours=1)


def collection(*features, **more):
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more})


def feature(ring=SQUARE, kind="Polygon", **properties):
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": [ring]}}


def faults_of(text, crs="wgs84"):
    with pytest.raises(BadShapes) as caught:
        read_shapes(text, crs=crs, known=KNOWN)
    return str(caught.value)


class TestReading:
    def test_an_outline_is_known_by_its_code_or_its_name(self):
        shapes = read_shapes(collection(feature(adcode=440308), feature(name="永安社区")), crs="wgs84", known=KNOWN)
        assert [s.code for s in shapes] == ["440308", "440308002003"]
        assert not any(s.repaired or s.moved_m for s in shapes)

    def test_a_ring_that_crosses_itself_is_repaired(self):
        (shape,) = read_shapes(collection(feature(BOW, code="440308")), crs="wgs84", known=KNOWN)
        assert shape.repaired
        assert shape.area.is_valid
        assert shape.area.area == pytest.approx(0.5e-4, rel=1e-3)

    def test_gcj02_is_moved_back(self):
        (shape,) = read_shapes(collection(feature(code="440308")), crs="gcj02", known=KNOWN)
        assert shape.moved_m == pytest.approx(589, abs=3)
        west, south, _east, _north = shape.area.bounds
        assert haversine_m(west, south, *gcj02_to_wgs84(114.23, 22.55)) < 1

    @pytest.mark.parametrize(
        ("text", "crs", "told"),
        [
            ("not json", "wgs84", "no GeoJSON"),
            ("[]", "wgs84", "FeatureCollection"),
            ('{"type": "FeatureCollection", "features": []}', "wgs84", "no features"),
            (collection(feature(code="110101")), "wgs84", "'110101' is unknown"),
            (collection(feature()), "wgs84", "unknown"),
            (collection(feature(kind="LineString", code="440308")), "wgs84", "must be a Polygon"),
            (collection(feature([[114, 22]], code="440308")), "wgs84", "cannot be read"),
            (collection(feature([[5e5, 2e6], [6e5, 2e6], [6e5, 3e6], [5e5, 2e6]], code="440308")), "wgs84", "no degrees"),
            (collection(feature([[y, x] for x, y in SQUARE], code="440308")), "wgs84", "no degrees"),
            (collection(feature([SQUARE[0]] * 4, code="440308")), "wgs84", "encloses nothing"),
            (collection(feature(code="440308"), feature(code="440308")), "wgs84", "two outlines"),
            (collection(feature(code="440308", crs="GCJ-02")), "wgs84", "--crs says wgs84"),
            (collection(feature(code="440308"), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}), "gcj02", "--crs"),
            (collection(feature(code="440308"), crs={"properties": {"name": "EPSG:3857"}}), "wgs84", "3857"),
        ],
    )  # fmt: skip
    def test_every_fault_is_named(self, text, crs, told):
        assert told in faults_of(text, crs)

    def test_all_faults_are_told_at_once(self):
        told = faults_of(collection(feature(code="1"), feature(code="2")))
        assert "Feature 1" in told
        assert "Feature 2" in told


class TestGate:
    def test_the_mainland_is_shifted_its_neighbours_are_not(self):
        yantian, sha_tau_kok, victoria, macao, taipei = (
            (114.237, 22.555), (114.21, 22.53), (114.16, 22.28), (113.55, 22.19), (121.5, 25.03)
        )  # fmt: skip
        assert in_mainland(*yantian)
        assert wgs84_to_gcj02(*yantian) != yantian
        for place in (sha_tau_kok, victoria, macao, taipei):
            assert wgs84_to_gcj02(*place) == place
            assert gcj02_to_wgs84(*place) == place


@pytest.mark.usefixtures("yantian")
class TestLoading:
    def load(self, *features, crs="wgs84", at=LATER, **more):
        return load_shapes(shapes=read_shapes(collection(*features), crs=crs, known=known_codes()), at=at, **more)

    def around(self, code, half=0.004):
        one = Community.objects.get(code=code)
        west, south, east, north = one.lon - half, one.lat - half, one.lon + half, one.lat + half
        return feature([[west, south], [east, south], [east, north], [west, north], [west, south]], code=code)

    def test_a_community_is_replaced_and_its_neighbours_are_cut_anew(self):
        before = queries.ground()
        done = self.load(self.around("440308002003"))
        one = Community.objects.get(code="440308002003")
        assert one.synthetic is False
        after = queries.ground()
        assert after is not before
        assert after["synthetic"] is True
        areas = [shapely.geometry.shape(f["geometry"]) for f in after["communities"]["features"]]
        assert all(area.is_valid for area in areas)
        land = shapely.geometry.shape(after["land"]["geometry"])
        assert shapely.union_all([*areas, land]).area == pytest.approx(shapely.union_all(areas).area, rel=1e-3)
        assert sum(area.area for area in areas) == pytest.approx(shapely.union_all(areas).area, rel=1e-3)
        assert len(done.redrawn) == 22
        assert queries.locate(one.lon, one.lat).community_id == one.pk
        assert Territory.objects.get().version != Territory.objects.get().shipped

    def test_grids_are_spread_over_the_new_ground_under_their_codes(self):
        codes = set(GridCell.objects.values_list("code", flat=True))
        self.load(self.around("440308002003"))
        outline = shapely.geometry.shape(Community.objects.get(code="440308002003").outline)
        cells = GridCell.objects.filter(community__code="440308002003")
        assert all(shapely.intersects_xy(outline, cell.lon, cell.lat) for cell in cells)
        assert set(GridCell.objects.values_list("code", flat=True)) == codes

    def test_with_every_outline_nothing_is_synthetic_any_more(self):
        shapes = queries.ground()
        all_of_them = [
            {**f, "properties": {"code": f["properties"]["code"]}} for f in shapes["communities"]["features"]
        ]
        land = {**shapes["land"], "properties": {"code": "440308"}}
        done = self.load(land, *all_of_them)
        assert (done.synthetic, done.sea_drawn) == (True, True)
        assert queries.ground()["sea"]["properties"]["synthetic"] is True
        sea = {**shapes["sea"], "properties": {"kind": "sea"}}
        assert self.load(sea).synthetic is False
        assert queries.ground()["synthetic"] is False
        self.load(self.around("440308002003"), at=LATER + timedelta(hours=1))
        assert queries.ground()["synthetic"] is False

    def test_an_inland_district_shows_no_sea(self):
        assert self.load(self.around("440308002003"), without_sea=True).sea_drawn is False
        assert queries.ground()["sea"] is None

    def test_another_district_is_refused_and_nothing_changes(self):
        beijing = [[x + 2.2, y + 17.3] for x, y in SQUARE]
        before = Territory.objects.get().version
        with pytest.raises(BadShapes, match="another district"):
            self.load(self.around("440308002003"), feature(beijing, code="440308001002"))
        assert Territory.objects.get().version == before
        assert not Community.objects.filter(synthetic=False).exists()

    def test_what_an_operator_brought_survives_the_next_start(self):
        self.load(self.around("440308002003"))
        outline = Community.objects.get(code="440308002003").outline
        Territory.objects.update(shipped="of an older release")
        load_reference(at=LATER + timedelta(days=1))
        assert Community.objects.get(code="440308002003").outline == outline

    @pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not at hand")
    def test_the_real_outline_crosses_itself_and_lies_589_metres_off(self):
        (shape,) = read_shapes(SHARED.read_text("utf-8"), crs="gcj02", known=known_codes())
        assert shape.repaired
        assert shape.moved_m == pytest.approx(589, abs=3)
        done = load_shapes(shapes=[shape], at=LATER)
        territory = Territory.objects.get()
        assert territory.synthetic is False
        assert done.areas["440308"][1] == pytest.approx(88.9, abs=0.2)  # the file takes in the harbour
        assert done.groundless == []
        assert queries.ground()["synthetic"] is True
