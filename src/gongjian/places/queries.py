"""The ground as every process keeps it, and the look-up of addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians
from typing import Any, NamedTuple

import shapely
from django.db.models import Case, Q, Value, When

from gongjian.memory import Memory
from gongjian.places.cells import cell_of
from gongjian.places.models import Address, Community, GridCell, Subdistrict, Territory
from gongjian.places.rules import METRES_PER_DEGREE, fold, wanted_grams

NEAR_M = 5_000.0
LONGEST_WANTED = 40


class SubdistrictRef(NamedTuple):
    """A subdistrict, or the bonded zone."""

    id: int
    code: str
    kind: str
    name_zh: str
    name_en: str


class CommunityRef(NamedTuple):
    """A community; `lon` and `lat` are its seat, `synthetic` asks for the words 示意边界 beside its shape."""

    id: int
    code: str
    subdistrict_id: int
    name_zh: str
    name_en: str
    pinyin: str
    initials: str
    lon: float
    lat: float
    synthetic: bool


class Located(NamedTuple):
    """Where a point lies; the grid is the code of the community's grid whose centre is nearest."""

    community_id: int | None
    subdistrict_id: int | None
    cell: str
    inside: bool
    grid: str = ""


class AddressRef(NamedTuple):
    """A road, a house number or a named place that was found."""

    id: int
    code: str
    community_id: int
    road: str
    number: str
    name: str
    lon: float
    lat: float

    @property
    def text(self) -> str:
        """The address as one writes it after the community's name."""
        return f"{self.road}{self.number}{self.name}"


@dataclass(frozen=True)
class Ground:
    """What a process keeps of the territory; `squeeze` makes a degree eastwards as long as one northwards."""

    subdistricts: tuple[SubdistrictRef, ...]
    communities: tuple[CommunityRef, ...]
    by_id: Mapping[int, CommunityRef]
    centres: Mapping[int, tuple[tuple[float, float, str], ...]]
    squeeze: float
    tree: shapely.STRtree
    shapes: dict[str, Any]


_memory = Memory[Ground]()
_roads = Memory[tuple[str, ...]]()


def forget() -> None:
    """Read the ground and its roads again at the next use."""
    _memory.forget()
    _roads.forget()


def locate(lon: float, lat: float) -> Located:
    """Return the community, subdistrict, grid and H3 cell of a WGS-84 point, from process memory.

    A point outside gets the nearest community within 5 km (`inside` False), farther away none. Raises ValueError for
    what is no point on the globe. Takes about 20 microseconds; see `_ground` for what it costs the database.
    """
    cell, ground = cell_of(lon, lat), _ground()
    point = shapely.points(lon * ground.squeeze, lat)
    found = ground.tree.query(point, predicate="intersects")
    inside = found.size > 0
    if not inside:
        found = ground.tree.query_nearest(point, max_distance=NEAR_M / METRES_PER_DEGREE)
        if not found.size:
            return Located(None, None, cell, inside=False)
    community = ground.communities[found.min()]
    grid = _nearest_grid(ground, community.id, lon, lat)
    return Located(community.id, community.subdistrict_id, cell, inside, grid)


def communities() -> tuple[CommunityRef, ...]:
    """Return every community by code, from process memory."""
    return _ground().communities


def community(community_id: int) -> CommunityRef:
    """Return one community, from process memory; raises KeyError when there is none."""
    return _ground().by_id[community_id]


def subdistricts() -> tuple[SubdistrictRef, ...]:
    """Return every subdistrict by code, the bonded zone included, from process memory."""
    return _ground().subdistricts


def ground() -> dict[str, Any]:
    """Return the ground for a map as GeoJSON, from process memory; not to be changed by the caller.

    `land` and `sea` are Features (`sea` None inland), `communities` a FeatureCollection, `bbox` west, south, east,
    north; `synthetic` asks for the words 示意边界 on the map. WGS-84.
    """
    return _ground().shapes


def find_addresses(text: str, limit: int = 8) -> tuple[AddressRef, ...]:
    """Return addresses that contain the text, Chinese, pinyin or initials (`yabyj`); those that begin with it first.

    One query: an index over signs and pairs of signs narrows, the words themselves decide. A single Latin letter finds
    nothing, a single Chinese sign does.
    """
    wanted = fold(text)[:LONGEST_WANTED]
    if not wanted or (len(wanted) == 1 and wanted.isascii()):
        return ()
    begins = Case(When(Q(words__contains=f" {wanted}"), then=Value(0)), default=Value(1))
    rows = Address.objects.filter(grams__contains=wanted_grams(wanted), words__contains=wanted)
    return tuple(AddressRef(*row) for row in rows.order_by(begins, "code").values_list(*AddressRef._fields)[:limit])


def road_in(text: str) -> str:
    """Return the longest known road that a text names, "" where it names none: nothing else of the text is passed on.

    From process memory, by the version of the territory.
    """
    return next((road for road in _roads.get(_read_roads, _version) if road in text), "")


def _read_roads() -> tuple[str, ...]:
    names = Address.objects.exclude(road="").values_list("road", flat=True).order_by("road").distinct()
    return tuple(sorted(names, key=len, reverse=True))


def _ground() -> Ground:
    """Return the ground from process memory.

    A request costs no query: once every five seconds a process reads the territory's version by its key, and all of it
    again (four queries) only when that has changed.
    """
    return _memory.get(_read, _version)


def _version() -> str | None:
    return Territory.objects.values_list("version", flat=True).first()


def _read() -> Ground:
    columns = CommunityRef._fields
    rows = list(Community.objects.order_by("code").values_list(*columns, "outline"))
    refs = tuple(CommunityRef(*row[:-1]) for row in rows)
    outlines = [row[-1] for row in rows]
    squeeze = cos(radians(sum(ref.lat for ref in refs) / len(refs))) if refs else 1.0
    areas = [shapely.geometry.shape(outline) for outline in outlines]
    return Ground(
        subdistricts=tuple(map(SubdistrictRef._make, Subdistrict.objects.values_list(*SubdistrictRef._fields))),
        communities=refs,
        by_id={ref.id: ref for ref in refs},
        centres=_centres(),
        squeeze=squeeze,
        tree=shapely.STRtree([shapely.transform(area, lambda xy: xy * (squeeze, 1.0)) for area in areas]),
        shapes=_shapes(refs, outlines),
    )


def _centres() -> dict[int, tuple[tuple[float, float, str], ...]]:
    centres: dict[int, tuple[tuple[float, float, str], ...]] = {}
    for community_id, lon, lat, code in GridCell.objects.values_list("community_id", "lon", "lat", "code"):
        centres[community_id] = (*centres.get(community_id, ()), (lon, lat, code))
    return centres


def _nearest_grid(ground: Ground, community_id: int, lon: float, lat: float) -> str:
    best, code = float("inf"), ""
    for centre_lon, centre_lat, centre_code in ground.centres.get(community_id, ()):
        away = ((centre_lon - lon) * ground.squeeze) ** 2 + (centre_lat - lat) ** 2
        if away < best:
            best, code = away, centre_code
    return code


def _shapes(refs: tuple[CommunityRef, ...], outlines: list[Any]) -> dict[str, Any]:
    territory = Territory.objects.first()
    if territory is None:
        return {"land": None, "sea": None, "communities": _collection([]), "bbox": None, "synthetic": True}
    names = {"code": territory.code, "name_zh": territory.name_zh, "name_en": territory.name_en}
    land = {**names, "kind": "land", "synthetic": territory.synthetic}
    features = [
        _feature(
            outline,
            {"kind": "community", "id": ref.id, "code": ref.code, "name_zh": ref.name_zh, "name_en": ref.name_en}
            | {"lon": ref.lon, "lat": ref.lat, "synthetic": ref.synthetic},
        )
        for ref, outline in zip(refs, outlines, strict=True)
    ]
    return {
        "land": _feature(territory.land, land),
        "sea": _feature(territory.sea, {"kind": "sea", "synthetic": territory.sea_synthetic})
        if territory.sea
        else None,
        "communities": _collection(features),
        "bbox": list(shapely.geometry.shape(territory.land).bounds),
        "synthetic": territory.drawn or any(ref.synthetic for ref in refs),
    }


def _feature(geometry: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}
