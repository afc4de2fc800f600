"""Cases around a place."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from django.db import connection
from h3 import grid_disk

from gongjian.casework.models import Case
from gongjian.casework.queries import ROWS, unrestricted
from gongjian.domains.hotline.queries.desks import Listed, listed
from gongjian.places.cells import cell_of
from gongjian.places.queries import road_in
from gongjian.places.rules import coarse, haversine_m

NEAR_METRES: Final = 200
NEAR_RINGS: Final = 2  # of cells with 200 m from centre to corner, so that 200 m around any point are covered
NEAR_LOOKED_AT: Final = 40
NEAR_SHOWN: Final = 5
STEP_METRES: Final = 100  # in which strangers are told how far away something is
NEAR_SINCE: Final = timedelta(days=30)
NEAR: Final = f"""
select {listed("c")}, r.lon, r.lat
from casework_case c join hotline_servicerequest r on r.case_id = c.id
where c.cell = any(%s) and c.closed_at is null and c.kind like 'hotline.%%' and c.confidentiality = 0
  and not c.restricted
  and r.lon is not null and c.id <> %s
order by c.id desc limit %s
"""
SHOWN_TO_OTHERS: Final = ("hotline.complaint", "hotline.suggestion")


@dataclass(frozen=True, slots=True)
class Near:
    case: Case | Listed
    metres: int
    lon: float
    lat: float


def near_cases(case: Case) -> list[Near]:
    """Return open cases within 200 m, nearest first: one statement; none where the place is not known.

    Confidential and restricted matters never show.
    """
    request = case.request
    if not case.cell or request.lon is None or request.lat is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(NEAR, [grid_disk(case.cell, NEAR_RINGS), case.pk, NEAR_LOOKED_AT])
        rows = cursor.fetchall()
    found = []
    for *columns, lon, lat in rows:
        metres = round(haversine_m(request.lon, request.lat, lon, lat))
        if metres <= NEAR_METRES:
            found.append(Near(Listed(*columns), metres, lon, lat))
    return sorted(found, key=lambda n: n.metres)[:NEAR_SHOWN]


def _near(row: Case, from_lon: float, from_lat: float) -> Near:
    lon, lat = row.request.lon or 0.0, row.request.lat or 0.0
    return Near(row, round(haversine_m(from_lon, from_lat, lon, lat)), lon, lat)


@dataclass(frozen=True, slots=True)
class Similar:
    """A matter as strangers may know of it: none of its reporter's words and no place closer than its road."""

    case_id: int  # never shown
    kind: str
    state: str
    topic_id: int | None
    community_id: int | None
    title: str  # approved for the public, else ""
    road: str
    within: int  # metres, in steps; from the coarse point, so that nobody can move about and close in on a home
    lon: float  # coarse
    lat: float
    opened_at: datetime


def similar(*, lon: float, lat: float, topic_id: int | None, at: datetime) -> list[Similar]:
    """Return open complaints and suggestions of a topic around a point, of the last 30 days, nearest first.

    For everybody: enquiries and calls for help are never shown to others.
    """
    rows = (
        Case.objects.filter(cell__in=grid_disk(cell_of(lon, lat), NEAR_RINGS), closed_at=None, topic=topic_id)
        .filter(kind__in=SHOWN_TO_OTHERS, opened_at__gte=at - NEAR_SINCE, request__lon__isnull=False)
        .filter(unrestricted(), confidentiality=Case.Confidentiality.OPEN)
        .select_related("request")
        .only(*ROWS, "request__lon", "request__lat", "request__address", "request__public_title")
        .order_by("-id")[:NEAR_LOOKED_AT]
    )
    found = [_similar(row, lon, lat) for row in rows]
    return sorted((one for one in found if one.within <= NEAR_METRES), key=lambda one: one.within)[:NEAR_SHOWN]


def _similar(row: Case, from_lon: float, from_lat: float) -> Similar:
    lon, lat = coarse(row.request.lon or 0.0), coarse(row.request.lat or 0.0)
    metres = haversine_m(from_lon, from_lat, lon, lat)
    return Similar(
        case_id=row.pk,
        kind=row.kind,
        state=row.state,
        topic_id=row.topic_id,
        community_id=row.community_id,
        title=row.request.public_title,
        road=road_in(row.request.address),
        within=max(1, ceil(metres / STEP_METRES)) * STEP_METRES,
        lon=lon,
        lat=lat,
        opened_at=row.opened_at,
    )


def around(
    *, lon: float | None, lat: float | None, community_id: int | None, topic_id: int | None, at: datetime
) -> list[Near]:
    """Return cases of the last 30 days at the same place, nearest first, open and closed: one statement, for staff.

    Without a point those of the same community and topic, newest first, at 0 m. Confidential and restricted
    matters never show.
    """
    rows = (
        Case.objects.filter(kind__startswith="hotline.", opened_at__gte=at - NEAR_SINCE)
        .filter(unrestricted(), confidentiality=Case.Confidentiality.OPEN)
        .select_related("request")
        .only(*ROWS, "request__lon", "request__lat")
        .order_by("-id")
    )
    if lon is None or lat is None:
        if community_id is None or topic_id is None:
            return []
        same = rows.filter(community=community_id, topic=topic_id)[:NEAR_SHOWN]
        return [Near(row, 0, 0.0, 0.0) for row in same]
    cells = grid_disk(cell_of(lon, lat), NEAR_RINGS)
    found = [_near(row, lon, lat) for row in rows.filter(cell__in=cells, request__lon__isnull=False)[:NEAR_LOOKED_AT]]
    return sorted((n for n in found if n.metres <= NEAR_METRES), key=lambda n: n.metres)[:NEAR_SHOWN]
