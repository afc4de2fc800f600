"""Reading outlines from GeoJSON: what each one is, whether it is sound, and where it truly lies."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import isfinite
from statistics import median
from typing import Any, Final

import shapely
from shapely.geometry.base import BaseGeometry

from gongjian.places.rules import gcj02_to_wgs84, haversine_m

WGS84, GCJ02 = "wgs84", "gcj02"
CODES: Final = ("code", "adcode", "CODE", "ADCODE", "gb", "区划代码", "代码")
NAMES: Final = ("name", "NAME", "name_zh", "名称")
SEA: Final = "sea"
# What other tools call the two; CGCS2000 differs from WGS-84 by centimetres.
SPOKEN: Final = {
    "wgs84": WGS84, "wgs-84": WGS84, "epsg:4326": WGS84, "crs84": WGS84, "cgcs2000": WGS84, "epsg:4490": WGS84,
    "gcj02": GCJ02, "gcj-02": GCJ02,
}  # fmt: skip
SLIVER: Final = 0.001  # a part smaller than this share of the whole is left over from a crossing
OVERLAP: Final = 0.01
DECIMALS: Final = 6


class BadShapes(ValueError):
    """The file cannot be used; every fault in Chinese and English, nothing was written."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__("; ".join(en for _zh, en in faults))
        self.faults = faults


@dataclass(frozen=True)
class Shape:
    """One outline in WGS-84 degrees. `code` is the district's, a community's, or "sea"."""

    code: str
    area: BaseGeometry
    repaired: bool
    moved_m: float  # median distance from where the file drew it


def read_shapes(text: str, *, crs: str, known: Mapping[str, str]) -> list[Shape]:
    """Return the outlines of a GeoJSON text; `known` gives the codes of this territory with their Chinese names.

    A ring that crosses itself is repaired. From GCJ-02 every point that lies on the mainland is moved back to WGS-84.
    Raises BadShapes with every fault found.
    """
    faults: list[tuple[str, str]] = []
    shapes: list[Shape] = []
    for nth, feature in enumerate(_features(text, crs), start=1):
        try:
            shapes.append(_shape(feature, crs, known))
        except BadShapes as bad:
            faults += [(f"第 {nth} 个图形：{zh}", f"Feature {nth}: {en}") for zh, en in bad.faults]
    codes = [shape.code for shape in shapes]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    faults += [(f"{code} 有两个图形。", f"{code} has two outlines.") for code in twice]
    if faults:
        raise BadShapes(*faults)
    return shapes


def overlaps(areas: Mapping[str, BaseGeometry]) -> list[tuple[str, str, float]]:
    """Return pairs of outlines that cover more than a hundredth of the smaller one together, with that share."""
    found = []
    for (one, first), (other, second) in combinations(areas.items(), 2):
        if first.intersects(second):
            share = shapely.intersection(first, second).area / min(first.area, second.area)
            if share > OVERLAP:
                found.append((one, other, share))
    return found


def _features(text: str, crs: str) -> Iterator[dict[str, Any]]:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise BadShapes(("文件不是 GeoJSON。", f"The file is no GeoJSON: {error}")) from error
    kind = data.get("type") if isinstance(data, dict) else None
    if kind not in {"FeatureCollection", "Feature"}:
        raise BadShapes(
            ("最外层要是 FeatureCollection 或 Feature。", "The file must be a FeatureCollection or a Feature.")
        )
    _agree(_spoken(data), crs)
    features = data.get("features") if kind == "FeatureCollection" else [data]
    if not isinstance(features, list) or not features:
        raise BadShapes(("文件里没有图形。", "The file holds no features."))
    yield from (feature if isinstance(feature, dict) else {} for feature in features)


def _spoken(data: Mapping[str, Any]) -> str:
    """Return what an old-style crs member names."""
    member = data.get("crs")
    properties = member.get("properties") if isinstance(member, dict) else None
    return str(properties.get("name", "")) if isinstance(properties, dict) else ""


def _agree(said: str, crs: str) -> None:
    """Refuse a file that says it is drawn in another system than the caller says."""
    if not said:
        return
    folded = said.lower().replace("urn:ogc:def:crs:", "").replace("::", ":")
    found = next((own for name, own in SPOKEN.items() if folded.endswith(name)), "")
    if found != crs:
        raise BadShapes(
            (f"文件说它用的是 {said}，和 --crs {crs} 不一致。", f"The file says {said}, but --crs says {crs}.")
        )


def _shape(feature: Mapping[str, Any], crs: str, known: Mapping[str, str]) -> Shape:
    properties = feature.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    _agree(str(properties.get("crs") or ""), crs)
    if properties.get("synthetic") is True:
        zh, en = (
            "这是我们自己画的示意图形，不能当作真的载入。",
            "This was drawn by us as a sketch and is no real outline.",
        )
        raise BadShapes((zh, en))
    code = _code(properties, known)
    drawn = _polygon(feature.get("geometry"))
    sound = _sound(drawn)
    placed = sound if crs == WGS84 else shapely.transform(sound, _back)
    placed = _sound(shapely.transform(placed, lambda xy: xy.round(DECIMALS)))
    before, after = shapely.get_coordinates(sound), shapely.get_coordinates(shapely.transform(sound, _back))
    moved = 0.0 if crs == WGS84 else median(haversine_m(*a, *b) for a, b in zip(before, after, strict=True))
    return Shape(code, shapely.orient_polygons(placed), repaired=not drawn.is_valid, moved_m=moved)


def _code(properties: Mapping[str, Any], known: Mapping[str, str]) -> str:
    if properties.get("kind") == SEA:
        return SEA
    code = next((str(properties[key]).strip() for key in CODES if properties.get(key)), "")
    if code in known:
        return code
    name = next((str(properties[key]).strip() for key in NAMES if properties.get(key)), "")
    by_name = [known_code for known_code, known_name in known.items() if name and name == known_name]
    if not code and len(by_name) == 1:
        return by_name[0]
    told = code or name or "—"
    zh = f"不认识“{told}”：code 要是区的 6 位或社区的 12 位代码，或者 name 是它的中文名。"
    en = f"{told!r} is unknown: code must be the district's 6 or a community's 12 digits, or name its Chinese name."
    raise BadShapes((zh, en))


def _polygon(geometry: Any) -> BaseGeometry:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in {"Polygon", "MultiPolygon"}:
        raise BadShapes((f"要的是面（Polygon），这是 {kind}。", f"It must be a Polygon or MultiPolygon, not {kind}."))
    try:
        found = shapely.force_2d(shapely.geometry.shape(geometry))
    except (ValueError, TypeError, IndexError, KeyError, shapely.errors.GEOSException) as error:
        raise BadShapes(("坐标读不懂。", f"The coordinates cannot be read: {error}")) from error
    points = shapely.get_coordinates(found)
    if not len(points) or not all(isfinite(number) for number in points.ravel()):
        raise BadShapes(("没有坐标，或坐标不是数。", "There are no coordinates, or some are no numbers."))
    if (abs(points) > (180.0, 90.0)).any():
        zh = "坐标不是经纬度（先经度后纬度）：可能是投影坐标，或经纬度写反了。先转成经纬度。"
        en = "These are no degrees, longitude first: perhaps metres of a projection, or swapped. Convert them first."
        raise BadShapes((zh, en))
    return found


def _sound(area: BaseGeometry) -> BaseGeometry:
    """Return the area without crossings; slivers that a crossing leaves are dropped."""
    whole = area if area.is_valid else shapely.make_valid(area, method="structure", keep_collapsed=False)
    parts = [part for part in shapely.get_parts(whole) if part.geom_type in {"Polygon", "MultiPolygon"}]
    kept = [part for part in parts if part.area > SLIVER * whole.area]
    if not kept:
        raise BadShapes(("图形没有面积。", "The outline encloses nothing."))
    return kept[0] if len(kept) == 1 else shapely.union_all(kept)


def _back(points: Any) -> Any:
    """Return the rows of an array of points moved back."""
    moved = points.copy()
    for row in moved:
        row[:] = gcj02_to_wgs84(*row)
    return moved
