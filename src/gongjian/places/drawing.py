"""Demonstration ground drawn from a few seats: community and grid shapes, and places along roads. Pure geometry.

Everything is computed on a flat plane in metres around the district and is the same on every machine: chance is taken
from the digest of the names.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import cos, dist, pi, radians, sin
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from gongjian.places.rules import METRES_PER_DEGREE

type Point = tuple[float, float]

DECIMALS = 6  # 0.1 m
LATTICE = 15  # points across the longer side of a community when its grids are shared out
ROUNDS = 4
ROAD_REACH_M, ROAD_SIDE_M, ANCHOR_M, RIM_M = 550.0, 12.0, 130.0, 25.0


@dataclass(frozen=True)
class Plane:
    """The flat plane that touches the ground at a point; good to centimetres within a district."""

    lon: float
    lat: float

    @property
    def scale(self) -> Point:
        """Metres of a degree eastwards and northwards."""
        return METRES_PER_DEGREE * cos(radians(self.lat)), METRES_PER_DEGREE

    def flat(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a shape given in degrees in metres."""
        return shapely.transform(shape, lambda xy: (xy - (self.lon, self.lat)) * self.scale)

    def globe(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a shape given in metres in degrees, rounded."""
        return shapely.transform(shape, lambda xy: (xy / self.scale + (self.lon, self.lat)).round(DECIMALS))


def ring(*parts: Sequence[Sequence[float]]) -> BaseGeometry:
    """Return the area inside a line of points, counter-clockwise as GeoJSON wants it."""
    return shapely.orient_polygons(shapely.Polygon([point for part in parts for point in part]))


def point(place: Sequence[float]) -> BaseGeometry:
    """Return a place as a shape."""
    return shapely.Point(place)


def geojson(shape: BaseGeometry) -> dict[str, Any]:
    """Return the GeoJSON geometry of a shape."""
    found: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    return found


def nearest_areas(seats: Sequence[Point], land: BaseGeometry) -> list[BaseGeometry]:
    """Return for each seat the part of the land that is nearer to it than to every other seat (metres)."""
    cells = shapely.voronoi_polygons(shapely.MultiPoint(seats), extend_to=land, ordered=True)
    return [shapely.intersection(cell, land) for cell in cells.geoms]


def centres(area: BaseGeometry, count: int) -> list[Point]:
    """Return centres that share an area out evenly (metres): spread far apart, then moved to their own middle."""
    left, low, right, high = area.bounds
    step = max(right - left, high - low) / LATTICE
    across, up = int((right - left) / step) + 1, int((high - low) / step) + 1
    lattice = [(left + step * (i + 0.5), low + step * (j + 0.5)) for j in range(up) for i in range(across)]
    inside = [point for point in lattice if shapely.intersects_xy(area, *point)]
    chosen = [min(inside, key=lambda place: dist(place, (area.centroid.x, area.centroid.y)))]
    while len(chosen) < count:
        chosen.append(max(inside, key=lambda place: min(dist(place, other) for other in chosen)))
    for _ in range(ROUNDS):
        chosen = _moved_to_the_middle(chosen, inside)
    return [min(inside, key=lambda place: dist(place, centre)) for centre in chosen]


def along_road(key: str, area: BaseGeometry, seat: Point, count: int) -> list[Point]:
    """Return places in house-number order along a straight road near the seat of an area, odd ones left (metres).

    The same key gives the same road.
    """
    ground = shapely.intersection(shapely.buffer(area, -RIM_M), shapely.Point(seat).buffer(ROAD_REACH_M))
    anchor = _around(seat, ANCHOR_M * _chance(key, "far"), 2 * pi * _chance(key, "where"))
    if not shapely.intersects_xy(ground, *anchor):
        anchor = seat
    angle = pi * _chance(key, "way")
    ends = [_around(anchor, reach, angle) for reach in (-2 * ROAD_REACH_M, 2 * ROAD_REACH_M)]
    pieces = shapely.get_parts(shapely.intersection(shapely.LineString(ends), ground))
    line = max(pieces, key=lambda piece: piece.length)
    places = (line.interpolate((number + 0.5) / count, normalized=True) for number in range(count))
    sides = (ROAD_SIDE_M * (1 if number % 2 else -1) for number in range(count))
    return [_around((place.x, place.y), side, angle + pi / 2) for place, side in zip(places, sides, strict=True)]


def somewhere(key: str, area: BaseGeometry, seat: Point) -> Point:
    """Return a place in an area near its seat (metres); the same key gives the same place."""
    ground = shapely.buffer(area, -RIM_M)
    for attempt in range(50):
        reach = ROAD_REACH_M * _chance(key, "far", attempt)
        place = _around(seat, reach, 2 * pi * _chance(key, "where", attempt))
        if shapely.intersects_xy(ground, *place):
            return place
    return seat


def _moved_to_the_middle(chosen: list[Point], points: list[Point]) -> list[Point]:
    """Return for each centre the mean of the points that are nearest to it."""
    near: list[list[Point]] = [[] for _ in chosen]
    for point in points:
        near[min(range(len(chosen)), key=lambda i: dist(point, chosen[i]))].append(point)
    return [
        (sum(x for x, _ in own) / len(own), sum(y for _, y in own) / len(own)) if own else old
        for own, old in zip(near, chosen, strict=True)
    ]


def _around(place: Point, reach: float, angle: float) -> Point:
    return place[0] + reach * cos(angle), place[1] + reach * sin(angle)


def _chance(*words: object) -> float:
    """Return a number from 0 to 1 that depends on the words alone."""
    digest = sha256("|".join(map(str, words)).encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48
