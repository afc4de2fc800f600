"""Tile sources: off, read from a file, and what is wrong named."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from gongjian.project.settings.maps import map_tiles, tile_hosts

GOOD = {
    "url": "https://t{s}.tiles.example.cn/{z}/{x}/{y}.png".replace("t{s}", "{s}"),
    "attribution": "审图号 1",
    "datum": "gcj02",
}


def written(tmp_path, *sources):
    lines = []
    for source in sources:
        lines.append("[[tiles]]")
        lines += [f"{k} = {v!r}" for k, v in source.items()]
    file = tmp_path / "tiles.toml"
    file.write_text("\n".join(lines), "utf-8")
    return str(file)


def test_without_a_file_there_are_no_tiles_and_nothing_is_allowed():
    assert map_tiles("") == []
    assert tile_hosts([]) == []


def test_a_source_is_allowed_by_its_host_alone(tmp_path):
    sources = map_tiles(written(tmp_path, GOOD, GOOD | {"url": "/tiles/{z}/{x}/{y}.png"}))
    assert tile_hosts(sources) == ["https://*.tiles.example.cn"]
    assert sources[0]["max_zoom"] == 18


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"url": "http://tiles.example.cn/{z}/{x}/{y}.png"}, "https://"),
        ({"url": "https://tiles.example.cn/{z}/{x}.png"}, "{y}"),
        ({"url": "https://a.cn; script-src *//{z}/{x}/{y}"}, "https://"),
        ({"url": "https://{h}.example.cn/{z}/{x}/{y}"}, "https://"),
        ({"url": "//a.cn/{z}/{x}/{y}"}, "https://"),
        ({"datum": "bd09"}, "datum"),
        ({"attribution": " "}, "attribution"),
        ({"max_zoom": 99}, "max_zoom"),
        ({"colour": "blue"}, "colour is not known"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, told):
    with pytest.raises(ImproperlyConfigured, match="GONGJIAN_MAP_TILES") as caught:
        map_tiles(written(tmp_path, GOOD | change))
    assert told in str(caught.value)


def test_two_datums_do_not_fit(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="one datum"):
        map_tiles(written(tmp_path, GOOD, GOOD | {"datum": "wgs84"}))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="cannot read"):
        map_tiles(str(tmp_path / "absent.toml"))
