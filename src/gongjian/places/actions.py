"""Bringing in the ground that the project ships: facts from data/, shapes drawn from them."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import models, transaction
from shapely.geometry.base import BaseGeometry

from gongjian.places import drawing, queries
from gongjian.places.cells import cell_of
from gongjian.places.models import Address, Community, GridCell, Subdistrict, Territory
from gongjian.places.rules import fold, grams
from gongjian.places.spelling import spell

DATA = Path(__file__).parent / "data"
# Raised whenever the drawing changes what the same data give.
EDITION = "1"
BATCH = 500
TOWER_EVERY = 4  # every fourth house number is a block of a housing estate


@transaction.atomic
def load_reference(*, at: datetime) -> None:
    """Brings in what is missing of the shipped territory, by code; the same data again cost one query.

    Shapes, grids, house numbers and the places of addresses are synthetic and marked so. What is there stays as it is:
    an operator may have changed it, and matters may point at what the data no longer name. A territory of which the
    operator has brought the outline (synthetic = False) gets nothing.
    """
    plan = Plan()
    known = Territory.objects.first()
    if known and (not known.synthetic or plan.version in {known.shipped, known.version}):
        return
    _add(Subdistrict, plan.subdistricts())
    _add(Community, plan.communities(_ids(Subdistrict)))
    of_code = _ids(Community)
    _add(GridCell, plan.grid_cells(of_code))
    _add(Address, plan.addresses(of_code))
    if known is None:
        plan.territory(at).save()
    else:
        # Another version, so that every process reads the ground again.
        version = sha256(f"{known.version} {plan.version}".encode()).hexdigest()
        Territory.objects.filter(pk=known.pk).update(shipped=plan.version, version=version, loaded_at=at)
    queries.forget()
    # Another thread may have read the old ground while this transaction was still open.
    transaction.on_commit(queries.forget)


@dataclass(frozen=True)
class Area:
    """A community of the data with its ground in metres."""

    facts: dict[str, Any]
    seat: drawing.Point
    ground: BaseGeometry

    @property
    def code(self) -> str:
        return str(self.facts["code"])


class Plan:
    """The rows that the data files stand for."""

    def __init__(self) -> None:
        texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(DATA.glob("*.toml"))}
        self.version = sha256("\0".join([EDITION, *texts.values()]).encode()).hexdigest()
        self._district = tomllib.loads(texts["territory"])
        self._data = tomllib.loads(texts["communities"])
        self._readings = tomllib.loads(texts["pinyin"])["readings"]

    def territory(self, at: datetime) -> Territory:
        """Return the district with its land and sea."""
        facts = self._district
        return Territory(
            code=facts["code"],
            name_zh=facts["name_zh"],
            name_en=facts["name_en"],
            land=drawing.geojson(self._land),
            sea=drawing.geojson(drawing.ring(facts["coast"], facts["offshore"])),
            synthetic=True,
            version=self.version,
            shipped=self.version,
            loaded_at=at,
        )

    def subdistricts(self) -> list[Subdistrict]:
        """Return the subdistricts and the bonded zone."""
        return [Subdistrict(**facts) for facts in self._district["subdistricts"]]

    def communities(self, subdistrict_ids: dict[str, int]) -> list[Community]:
        """Return the communities; the first nine digits of a code are the subdistrict's."""
        return [
            Community(
                code=area.code,
                subdistrict_id=subdistrict_ids[area.code[:9]],
                name_zh=area.facts["name_zh"],
                name_en=area.facts["name_en"],
                lon=area.facts["seat"][0],
                lat=area.facts["seat"][1],
                outline=drawing.geojson(self._plane.globe(area.ground)),
                synthetic=True,
                **spell(area.facts["name_zh"], self._readings)._asdict(),
            )
            for area in self._areas
        ]

    def grid_cells(self, community_ids: dict[str, int]) -> Iterator[GridCell]:
        """Give the grids, numbered within their community from north-west to south-east."""
        for area in self._areas:
            centres = drawing.centres(area.ground, area.facts["grids"])
            centres.sort(key=lambda centre: (-centre[1], centre[0]))
            for number, centre in enumerate(centres, start=1):
                lon, lat = self._degrees(centre)
                yield GridCell(
                    code=f"{area.code}-{number:02}",
                    community_id=community_ids[area.code],
                    h3=cell_of(lon, lat),
                    lon=lon,
                    lat=lat,
                )

    def addresses(self, community_ids: dict[str, int]) -> Iterator[Address]:
        """Give the places and roads of every community, and house numbers along the roads."""
        for area in self._areas:
            community_id = community_ids[area.code]
            everywhere = [text.format(name=area.facts["name_zh"]) for text in self._data["everywhere"]]
            for number, name in enumerate(everywhere + area.facts["places"], start=1):
                place = drawing.somewhere(f"{area.code} {name}", area.ground, area.seat)
                yield self._address(community_id, f"{area.code}-00-{number:03}", place, name=name)
            for order, road in enumerate(area.facts["roads"], start=1):
                yield from self._road(area, community_id, f"{area.code}-{order:02}", road)

    def _road(self, area: Area, community_id: int, code: str, road: str) -> Iterator[Address]:
        count = self._data["numbers_per_road"]
        places = drawing.along_road(f"{area.code} {road}", area.ground, area.seat, count)
        yield self._address(community_id, f"{code}-000", places[count // 2], road=road)
        for number, place in enumerate(places, start=1):
            block, rest = divmod(number, TOWER_EVERY)
            name = "" if rest else f"{block}栋"
            yield self._address(community_id, f"{code}-{number:03}", place, road=road, number=f"{number}号", name=name)

    def _address(self, community_id: int, code: str, place: drawing.Point, **names: str) -> Address:
        text = "".join(names.values())
        spelled = spell(text, self._readings)
        words = [fold(text), *spelled]
        lon, lat = self._degrees(place)
        return Address(
            code=code,
            community_id=community_id,
            lon=lon,
            lat=lat,
            synthetic=True,
            words=" ".join(["", *words]),
            grams=grams(words),
            **spelled._asdict(),
            **names,
        )

    @cached_property
    def _land(self) -> BaseGeometry:
        return drawing.ring(self._district["coast"], self._district["inland"])

    @cached_property
    def _plane(self) -> drawing.Plane:
        centre = self._land.centroid
        return drawing.Plane(centre.x, centre.y)

    @cached_property
    def _areas(self) -> list[Area]:
        seats = [self._metres(facts["seat"]) for facts in self._data["communities"]]
        grounds = drawing.nearest_areas(seats, self._plane.flat(self._land))
        return [Area(*parts) for parts in zip(self._data["communities"], seats, grounds, strict=True)]

    def _metres(self, place: list[float]) -> drawing.Point:
        (point,) = self._plane.flat(drawing.point(place)).coords
        return point[0], point[1]

    def _degrees(self, place: drawing.Point) -> drawing.Point:
        (point,) = self._plane.globe(drawing.point(place)).coords
        return point[0], point[1]


def _add(model: type[models.Model], rows: Any) -> None:
    """Write the rows whose code is not there yet."""
    model._default_manager.bulk_create(list(rows), batch_size=BATCH, ignore_conflicts=True)


def _ids(model: type[models.Model]) -> dict[str, int]:
    return dict(model._default_manager.values_list("code", "pk"))
