"""Words, a point and a community say one place: whichever was given last holds, and what contradicts it goes."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django.utils.translation import gettext as _

from gongjian.places.queries import locate
from gongjian.places.rules import fold

type Point = tuple[float, float]  # longitude, latitude

WORDS: Final = "address"
COMMUNITY: Final = "community"


class Place(NamedTuple):
    """Where something is, as a form says it."""

    address: str = ""
    point: Point | None = None
    community: int | None = None


NOWHERE: Final = Place()


class Settled(NamedTuple):
    """What holds of a place, and what was changed against its point, so that it went: the words, the community."""

    place: Place
    against: str = ""


def settle(given: Place, before: Place, point_for: str | None = None) -> Settled:
    """Return the place that a form means, which was shown with another one before.

    `point_for` are the words the point was chosen for. A point stays with its words: once they are others it goes, and
    the community that came with it. A new point brings its community; a community chosen for itself moves no point, so
    a point that lies in another one goes.
    """
    if given.point is None:
        return Settled(given)
    fresh = given.point != before.point
    words = before.address if point_for is None else point_for
    if fresh and words == before.address:
        words = ""  # they belong to the point before, and this one has come without script
    inside = community_at(given.point)
    if fold(words) and fold(words) != fold(given.address):
        return Settled(Place(given.address, None, None if given.community == inside else given.community), WORDS)
    if given.community is None or inside is None or given.community == inside:
        return Settled(given)
    if fresh and before.point is not None and given.community == before.community:
        return Settled(given._replace(community=inside))
    return Settled(given._replace(point=None), COMMUNITY)


def community_at(point: Point | None) -> int | None:
    """Return the community in which a point lies; None outside all of them."""
    if point is None:
        return None
    found = locate(*point)
    return found.community_id if found.inside else None


def gone_words(against: str) -> str:
    """Return what is said of a point that went."""
    if against == COMMUNITY:
        return _("选的社区和原来的点不在一处，点已经清除，按社区办。要用点，就再选一次；不用，就直接再按一次。")
    return _("地点改了，原来的点和它的社区已经清除。从提示里或在地图上再选一次，也可以只选社区；不选，就直接再按一次。")


def show_without_point(data: Mapping[str, Any], community: str) -> dict[str, Any]:
    """Return a form's data as it is shown once the point has gone."""
    gone = dict.fromkeys(("lon", "lat", "spot", "place", "point_for"), "")
    return {**{name: data[name] for name in data}, **gone, "community": community}
