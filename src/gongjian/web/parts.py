"""The values that the parts of a page are drawn from. Views make them, templates only show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.safestring import SafeString

NO_LINE = SafeString("")


@dataclass(frozen=True)
class NavItem:
    """One entry of the staff navigation. `late` turns the count red; `key` is a shortcut such as "g i"."""

    label: str
    url: str
    icon: str = ""
    count: int | None = None
    late: bool = False
    current: bool = False
    key: str = ""


@dataclass(frozen=True)
class Crumb:
    label: str
    url: str = ""


@dataclass(frozen=True)
class DueBadge:
    """How long: state ok, soon, late or hold; the word; what is left."""

    state: str
    word: str
    left: str = ""


@dataclass(frozen=True)
class StateBadge:
    """Where: state ok, soon, late, hold, info or empty for an outline; icon, word."""

    state: str
    word: str
    icon: str = ""


@dataclass(frozen=True)
class Step:
    """One step of a matter or a form. `state` is done, now or empty."""

    label: str
    state: str = ""


@dataclass(frozen=True)
class Entry:
    """One line of a history. `kind` is now, done, internal or empty; `icon` falls back to the kind's own."""

    title: str
    at: datetime | None = None
    text: str = ""
    who: str = ""
    kind: str = ""
    icon: str = ""
    note: str = ""
    files: Sequence[tuple[str, str]] = ()

    @property
    def dot(self) -> str:
        return self.icon or {"now": "right", "done": "check", "internal": "lock"}.get(self.kind, "right")


@dataclass(frozen=True)
class Day:
    """One cell of the day strip. `kind` is used, rest, today, end or empty."""

    day: date
    label: str
    kind: str = ""


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    count: int | None = None
    late: bool = False
    current: bool = False
    icon: str = ""
    most: int = 0  # beyond this many nobody counted on

    @property
    def told(self) -> str:
        """Return the count as it is read: exact, or that there are more than were counted."""
        if self.count is None:
            return ""
        return f"{self.most:,}+" if self.most and self.count > self.most else f"{self.count:,}"


@dataclass(frozen=True)
class Tile:
    name: str
    url: str
    icon: str
    note: str = ""
    main: bool = False


@dataclass(frozen=True)
class Row:
    """One card or line of a list: title with a link, facts in one line, badges at the end."""

    title: str
    url: str
    meta: Sequence[str] = ()
    badges: Sequence[StateBadge | DueBadge] = ()
    text: str = ""


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    selected: bool = False


@dataclass(frozen=True)
class Filter:
    """One drop-down of the filters bar."""

    name: str
    label: str
    options: Sequence[Option] = field(default_factory=tuple)


@dataclass(frozen=True)
class Trend:
    """A change: direction up, down or flat; words with unit; state ok, soon or late when good and bad are known."""

    direction: str
    words: str
    state: str = ""


@dataclass(frozen=True)
class Stat:
    """One figure: number and unit, what it is measured against, the change, a line of twelve weeks."""

    name: str
    value: str
    unit: str = ""
    note: str = ""
    trend: Trend | None = None
    spark: SafeString = NO_LINE
    url: str = ""


@dataclass(frozen=True)
class MapPoint:
    """A numbered neighbour on the map; the same number stands in the list beside it."""

    number: str
    name: str
    lon: float
    lat: float
    url: str = ""


@dataclass(frozen=True)
class MapView:
    """A map: centre in WGS-84 degrees, ring in metres. With `pick` a tap moves the marker and fills inputs."""

    label: str
    lon: float
    lat: float
    zoom: int = 15
    pick: bool = False
    ring: int = 0
    lon_into: str = "lon"
    lat_into: str = "lat"
    points: Sequence[MapPoint] = ()
    ground: str = ""
    tiles: Sequence[Mapping[str, str]] = ()
    key: str = "map"

    @property
    def facts_id(self) -> str:
        return f"{self.key}-facts"

    @property
    def facts(self) -> dict[str, Any]:
        """What the browser's module is told."""
        return {
            "lon": self.lon,
            "lat": self.lat,
            "zoom": self.zoom,
            "pick": self.pick,
            "ring": self.ring,
            "lonInto": self.lon_into,
            "latInto": self.lat_into,
            "points": [
                {"n": point.number, "name": point.name, "lon": point.lon, "lat": point.lat, "url": point.url}
                for point in self.points
            ],
            "ground": self.ground,
            "tiles": list(self.tiles),
        }
