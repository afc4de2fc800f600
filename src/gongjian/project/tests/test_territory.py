"""`gongjian territory`: rehearsed, loaded, noted; cases stay where they are and are counted."""

import argparse
import json
from pathlib import Path

import pytest

from gongjian.audit.models import AuditEntry
from gongjian.casework.models import Case
from gongjian.places import queries
from gongjian.places.models import Community, Territory
from gongjian.project.commands import territory
from gongjian.project.terminal import Refusal
from gongjian.testing.cases import make_request

SHARED = Path(__file__).parents[5] / "shared" / "data" / "yantian-boundary-gcj02.geojson"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("district")]


@pytest.fixture(autouse=True)
def _forget():
    yield
    queries.forget()


def run(*words):
    parser = argparse.ArgumentParser()
    territory.arguments(parser)
    territory.main(parser.parse_args([str(word) for word in words]))


def outline(code, west, south, east, north):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Feature", "properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


@pytest.fixture
def neighbour(tmp_path):
    """A file that gives the ground around a case in Yong'an to the community beside it."""
    one = Community.objects.get(code="440308002003")
    other = Community.objects.exclude(pk=one.pk).filter(code__startswith="440308002").first()
    case = make_request(lon=one.lon, lat=one.lat, community_id=one.pk)
    file = tmp_path / "outlines.geojson"
    shapes = [
        outline(other.code, one.lon - 0.004, one.lat - 0.004, one.lon + 0.004, one.lat + 0.004),
        outline(one.code, one.lon + 0.004, one.lat - 0.004, one.lon + 0.008, one.lat + 0.004),
    ]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": shapes}), "utf-8")
    return file, case, one, other


def test_a_rehearsal_shows_everything_and_writes_nothing(neighbour, capsys):
    file, _case, one, other = neighbour
    before = Territory.objects.get().version
    run("load", file, "--crs", "wgs84", "--dry-run", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["dry_run"]
    assert told["cases"] == {
        "placed": 1,
        "displaced": 1,
        "pairs": [{"from": one.code, "to": other.code, "cases": 1}],
    }
    assert Territory.objects.get().version == before
    assert not Community.objects.filter(synthetic=False).exists()
    assert queries.locate(one.lon, one.lat).community_id == one.pk
    assert not AuditEntry.objects.filter(action="places.territory.load").exists()


def test_loading_is_noted_and_leaves_the_cases_where_they_are(neighbour, capsys):
    file, case, one, other = neighbour
    run("load", file, "--crs", "wgs84")
    out = capsys.readouterr().out
    assert "已载入" in out
    assert case.number in out
    assert Case.objects.get(pk=case.pk).community_id == one.pk
    assert queries.locate(one.lon, one.lat).community_id == other.pk
    assert queries.ground()["synthetic"] is True
    entry = AuditEntry.objects.get(action="places.territory.load")
    assert "displaced=1" in entry.detail


def test_a_faulty_file_is_refused_with_every_fault(tmp_path):
    file = tmp_path / "wrong.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [outline("1", 0, 0, 1, 1)] * 2}), "utf-8")
    with pytest.raises(Refusal, match="Feature 2") as caught:
        run("load", file, "--crs", "wgs84")
    assert "第 1 个图形" in str(caught.value)
    with pytest.raises(Refusal, match="Cannot read"):
        run("load", tmp_path / "absent", "--crs", "wgs84")


def test_what_is_in_use_can_be_written_and_taken_back(tmp_path, capsys):
    file = tmp_path / "out.geojson"
    run("export", file)
    told = json.loads(file.read_text("utf-8"))
    assert told["synthetic"] is True
    assert len(told["features"]) == 25
    with pytest.raises(Refusal, match="no real outline"):
        run("load", file, "--crs", "wgs84")
    for feature in told["features"]:
        feature["properties"]["synthetic"] = False  # as if somebody had surveyed it
    file.write_text(json.dumps(told), "utf-8")
    run("load", file, "--crs", "wgs84", "--without-sea", "--json")
    loaded = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert loaded["synthetic"] is False
    assert loaded["cases"]["displaced"] == 0


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not at hand")
def test_the_real_district_comes_from_gcj02(capsys):
    run("load", SHARED, "--crs", "gcj02")
    out = capsys.readouterr().out
    assert "GCJ-02 移回 58" in out or "GCJ-02 移回 59" in out
    assert "自相交已修" in out
    with pytest.raises(Refusal, match="GCJ-02"):
        run("load", SHARED, "--crs", "wgs84")
