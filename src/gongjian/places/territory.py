"""Taking over outlines that an authority owns, in place of the drawn ones: all of them or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

import shapely
from django.db import transaction
from shapely.geometry.base import BaseGeometry

from gongjian.places import drawing, queries
from gongjian.places.cells import cell_of
from gongjian.places.models import Address, Community, GridCell, Territory
from gongjian.places.shapes import SEA, BadShapes, Shape, overlaps

LEAST_INSIDE = 0.5  # of an outline within the old one, or it is probably another district


@dataclass
class Loaded:
    """What a file changes. Areas in square kilometres by code: (before, after)."""

    areas: dict[str, tuple[float, float]] = field(default_factory=dict)
    repaired: list[str] = field(default_factory=list)
    moved_m: dict[str, float] = field(default_factory=dict)
    redrawn: list[str] = field(default_factory=list)  # synthetic communities, cut anew from what is left
    groundless: list[str] = field(default_factory=list)  # synthetic communities for which no ground is left
    seats: list[str] = field(default_factory=list)  # communities whose seat had to move inside
    grids: int = 0
    overlaps: list[tuple[str, str, float]] = field(default_factory=list)
    addresses_elsewhere: int = 0  # synthetic addresses that now lie outside their community
    sea_drawn: bool = True
    synthetic: bool = True  # whether any drawn shape is still in use


def known_codes() -> dict[str, str]:
    """Return code -> Chinese name of what may have an outline: the district and its communities."""
    found = dict(Community.objects.values_list("code", "name_zh"))
    return found | dict(Territory.objects.values_list("code", "name_zh"))


@transaction.atomic
def load_shapes(*, shapes: Sequence[Shape], without_sea: bool = False, at: datetime) -> Loaded:
    """Put outlines (WGS-84) in place of the known ones and mark them as no longer synthetic.

    Communities that stay synthetic are cut anew from the ground that is left. Grids of every changed community are
    spread out anew; matters keep their community. `without_sea` shows no sea any more. Every process takes the new
    ground within five seconds. Raises BadShapes where an outline lies somewhere else altogether; nothing is written
    then.
    """
    district = Territory.objects.select_for_update().get()
    known = list(Community.objects.order_by("code"))
    given = {shape.code: shape for shape in shapes}
    done = Loaded(
        repaired=[shape.code for shape in shapes if shape.repaired],
        moved_m={shape.code: round(shape.moved_m, 1) for shape in shapes if shape.moved_m},
    )
    _is_here(district, shapes)
    _take_district(district, given, done)
    if without_sea:
        district.sea = None
    changed = [_take(one, given[one.code], done) for one in known if one.code in given]
    changed += _redraw([one for one in known if one.synthetic], known, _shape_of(district.land), done)
    Community.objects.bulk_update(changed, ["outline", "synthetic", "lon", "lat"])
    done.grids = _spread_grids(changed)
    done.overlaps = overlaps({one.code: _shape_of(one.outline) for one in known if not one.synthetic})
    done.addresses_elsewhere = _elsewhere(changed)
    done.sea_drawn = district.sea is not None and district.sea_synthetic
    done.synthetic = district.drawn or any(one.synthetic for one in known)
    district.version = sha256(f"{at.isoformat()} {district.version}".encode()).hexdigest()
    district.loaded_at = at
    district.save()
    queries.forget()
    transaction.on_commit(queries.forget)
    return done


def _is_here(district: Territory, shapes: Sequence[Shape]) -> None:
    """Refuse what lies mostly outside the ground known so far: another place, or another system of coordinates."""
    here = shapely.box(*_shape_of(district.land).buffer(0.05).bounds)
    far = [
        s.code for s in shapes if shapely.intersection(s.area, here).area < LEAST_INSIDE * s.area.area and s.code != SEA
    ]
    if far:
        names = "、".join(far)
        raise BadShapes(
            (f"{names} 不在本区：是不是别处的图形？", f"{', '.join(far)} lies elsewhere: another district?")
        )


def _take_district(district: Territory, given: Mapping[str, Shape], done: Loaded) -> None:
    shape = given.get(district.code)
    if shape is not None:
        done.areas[district.code] = _square_km(_shape_of(district.land)), _square_km(shape.area)
        district.land = drawing.geojson(shape.area)
        district.synthetic = False
    if SEA in given:
        district.sea = drawing.geojson(given[SEA].area)
        district.sea_synthetic = False


def _take(one: Community, shape: Shape, done: Loaded) -> Community:
    done.areas[one.code] = _square_km(_shape_of(one.outline)), _square_km(shape.area)
    one.outline = drawing.geojson(shape.area)
    one.synthetic = False
    if not shapely.intersects_xy(shape.area, one.lon, one.lat):
        inside = shape.area.representative_point()
        one.lon, one.lat = round(inside.x, drawing.DECIMALS), round(inside.y, drawing.DECIMALS)
        done.seats.append(one.code)
    return one


def _redraw(drawn: list[Community], known: list[Community], land: BaseGeometry, done: Loaded) -> list[Community]:
    """Cut the communities nobody has surveyed from the land that the surveyed ones leave."""
    taken = [_shape_of(one.outline) for one in known if not one.synthetic]
    rest = shapely.difference(land, shapely.union_all(taken)) if taken else land
    if not drawn:
        return []
    plane = drawing.Plane(land.centroid.x, land.centroid.y)
    flat = plane.flat(rest)
    seats = [plane.flat(drawing.point([one.lon, one.lat])) for one in drawn]
    areas = drawing.nearest_areas([(s.x, s.y) for s in seats], flat) if len(drawn) > 1 else [flat]
    changed = []
    for one, area in zip(drawn, areas, strict=True):
        ground = shapely.make_valid(plane.globe(area))
        if ground.is_empty or ground.area == 0:
            done.groundless.append(one.code)
            continue
        one.outline = drawing.geojson(ground)
        done.redrawn.append(one.code)
        changed.append(one)
    return changed


def _spread_grids(changed: Sequence[Community]) -> int:
    """Spread the grids of these communities over their new ground and return how many there are; codes stay."""
    cells = GridCell.objects.filter(community__in=[one.pk for one in changed]).order_by("code")
    by_community: dict[int, list[GridCell]] = {}
    for cell in cells:
        by_community.setdefault(cell.community_id, []).append(cell)
    for one in changed:
        own = by_community.get(one.pk, [])
        for cell, (lon, lat) in zip(own, _centres(_shape_of(one.outline), len(own)), strict=True):
            cell.lon, cell.lat, cell.h3 = lon, lat, cell_of(lon, lat)
    moved = [cell for own in by_community.values() for cell in own]
    GridCell.objects.bulk_update(moved, ["lon", "lat", "h3"], batch_size=500)
    return len(moved)


def _centres(area: BaseGeometry, count: int) -> list[drawing.Point]:
    """Return so many centres in degrees, from north-west to south-east."""
    if not count:
        return []
    inside = area.representative_point()
    plane = drawing.Plane(inside.x, inside.y)
    flat = plane.flat(area)
    places = drawing.centres(flat, count) if _roomy(flat) else [(0.0, 0.0)] * count
    places.sort(key=lambda place: (-place[1], place[0]))
    points = [plane.globe(drawing.point(place)) for place in places]
    return [(point.x, point.y) for point in points]


def _roomy(flat: BaseGeometry) -> bool:
    """Whether a lattice of points finds the area at all; a very thin one has its grids at one place."""
    left, low, right, high = flat.bounds
    step = max(right - left, high - low) / drawing.LATTICE
    return bool(flat.area > 4 * step * step)


def _elsewhere(changed: Sequence[Community]) -> int:
    areas = {one.pk: _shape_of(one.outline) for one in changed}
    rows = Address.objects.filter(synthetic=True, community__in=areas).values_list("community_id", "lon", "lat")
    return sum(not shapely.intersects_xy(areas[pk], lon, lat) for pk, lon, lat in rows)


def _shape_of(outline: Any) -> BaseGeometry:
    return shapely.geometry.shape(outline)


def _square_km(area: BaseGeometry) -> float:
    middle = area.centroid
    return round(float(drawing.Plane(middle.x, middle.y).flat(area).area) / 1e6, 3)
