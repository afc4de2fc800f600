"""Points and distances, WGS-84 (stored) and GCJ-02 (drawn by Chinese maps), and how typed names are folded."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from math import asin, cos, fabs, hypot, isfinite, pi, radians, sin, sqrt
from typing import Final

EARTH_M = 6_371_008.8  # mean radius, IUGG
METRES_PER_DEGREE = EARTH_M * pi / 180
# Krasovsky 1940, on which GCJ-02's shift is computed: half axis in metres, square of the eccentricity.
HALF_AXIS_M, ECCENTRICITY_2 = 6_378_245.0, 0.006_693_421_622_965_943
CHINA_LON, CHINA_LAT = (72.004, 137.8347), (0.8293, 55.8271)  # outside this box the shift's formula means nothing
# Where Chinese maps shift what they draw: a rough line outside the mainland's land and coast, and inside it what is not
# shifted. Put by hand along public geography, good to some kilometres abroad and to about 500 m at Hong Kong and Macao,
# where the line keeps south of the border so that no place of Shenzhen or Zhuhai is left out. Taiwan lies outside.
MAINLAND: Final = (
    (73.2, 39.4), (73.6, 36.6), (78.0, 35.2), (78.4, 32.0), (81.0, 29.9), (85.7, 27.9), (88.8, 27.2), (91.7, 27.4),
    (94.3, 28.9), (96.3, 28.1), (97.3, 27.6), (98.5, 25.2), (97.4, 23.8), (99.2, 21.8), (101.7, 21.0), (102.3, 22.2),
    (105.3, 22.9), (106.6, 21.8), (107.7, 21.2), (107.6, 18.0), (109.5, 17.6), (111.5, 19.0), (113.2, 21.2),
    (116.6, 22.2), (118.2, 23.9), (119.6, 24.7), (120.3, 26.0), (121.5, 27.4), (123.2, 30.0), (122.6, 31.9),
    (121.5, 33.8), (123.2, 36.8), (122.5, 38.3), (124.1, 39.6), (126.3, 41.3), (128.3, 41.8), (130.9, 42.4),
    (131.4, 44.8), (135.3, 47.8), (135.3, 48.7), (131.2, 48.2), (127.9, 50.0), (126.3, 52.6), (121.0, 53.8),
    (119.4, 50.5), (116.5, 50.0), (115.3, 48.0), (119.8, 46.8), (111.8, 45.2), (111.8, 43.8), (105.0, 41.4),
    (100.0, 42.8), (96.2, 42.9), (90.9, 45.3), (91.1, 46.9), (87.9, 49.3), (85.4, 48.5), (82.1, 47.2), (82.2, 45.4),
    (79.8, 44.9), (80.0, 42.2),
)  # fmt: skip
NOT_SHIFTED: Final = (
    # Hong Kong: the Shenzhen River, Sha Tau Kok, Mirs Bay, the southern islands, the mouth of the Pearl River.
    ((113.82, 22.22), (113.86, 22.40), (114.00, 22.495), (114.06, 22.505), (114.11, 22.522), (114.16, 22.548),
     (114.20, 22.543), (114.225, 22.533), (114.26, 22.532), (114.32, 22.525), (114.45, 22.55), (114.52, 22.40),
     (114.50, 22.14), (113.85, 22.13)),
    # Macao
    ((113.527, 22.10), (113.527, 22.205), (113.545, 22.212), (113.61, 22.205), (113.61, 22.10)),
)  # fmt: skip
ENOUGH_DEG = 1e-9
MOST_LON, MOST_LAT = 180, 90
NOWHERE: Final = 0.001  # degrees around 0, 0, where nothing is but the sea
PUBLIC_DECIMALS: Final = 3  # of a degree, about a hundred metres
_DEGREES = re.compile(r"[+-]?\d{1,3}(?:\.\d{1,20})?", re.ASCII)
_BETWEEN = re.compile(r"[\s'’`·•\-–—]+")


def is_point(lon: float, lat: float) -> bool:
    """Whether two numbers are a place on the globe; 0, 0, or close to it, is what programs send that found none."""
    on_globe = isfinite(lon) and isfinite(lat) and abs(lon) <= MOST_LON and abs(lat) <= MOST_LAT
    return on_globe and max(abs(lon), abs(lat)) > NOWHERE


def coarse(degrees: float) -> float:
    """Return degrees as the public may read them of somebody's matter: within about a hundred metres."""
    return round(degrees, PUBLIC_DECIMALS)


def degrees(text: str) -> float | None:
    """Return the degrees a program wrote, such as 22.5571; None for anything else, an exponent included."""
    written = text.strip()
    return float(written) if _DEGREES.fullmatch(written) else None


def point_in(text: str) -> tuple[float, float] | None:
    """Return longitude and latitude of "lon,lat"; None for what is no point."""
    numbers = [degrees(part) for part in text.split(",")]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:  # noqa: PLR2004 - longitude and latitude
        return None
    return (numbers[0], numbers[1]) if is_point(numbers[0], numbers[1]) else None


def haversine_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Return the metres between two points given in degrees."""
    rise, run = radians(other_lat - lat), radians(other_lon - lon)
    chord = sin(rise / 2) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(run / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(chord)))


def wgs84_to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """Return where a Chinese map draws a WGS-84 point, (lon, lat) in degrees; outside the mainland the point itself."""
    if not in_mainland(lon, lat):
        return lon, lat
    east, north = _shift(lon, lat)
    return lon + east, lat + north


def gcj02_to_wgs84(lon: float, lat: float) -> tuple[float, float]:
    """Return the WGS-84 point that a Chinese map draws at (lon, lat); exact to a tenth of a millimetre.

    The shift has no closed inverse: the point is moved back by the shift found there until both agree. A point whose
    place would not lie on the mainland was not shifted and is returned as it is.
    """
    if not (CHINA_LON[0] <= lon <= CHINA_LON[1] and CHINA_LAT[0] <= lat <= CHINA_LAT[1]):
        return lon, lat
    guess_lon, guess_lat = lon, lat
    while True:
        east, north = _shift(guess_lon, guess_lat)
        miss_lon, miss_lat = guess_lon + east - lon, guess_lat + north - lat
        guess_lon, guess_lat = guess_lon - miss_lon, guess_lat - miss_lat
        if hypot(miss_lon, miss_lat) < ENOUGH_DEG:
            return (guess_lon, guess_lat) if in_mainland(guess_lon, guess_lat) else (lon, lat)


def in_mainland(lon: float, lat: float) -> bool:
    """Whether Chinese maps shift what lies here: on the mainland, but not in Hong Kong, Macao or Taiwan."""
    return _inside(MAINLAND, lon, lat) and not any(_inside(ring, lon, lat) for ring in NOT_SHIFTED)


def _inside(ring: Sequence[tuple[float, float]], lon: float, lat: float) -> bool:
    """Count the edges east of the point: an odd number means inside."""
    odd = False
    for (lon1, lat1), (lon2, lat2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (lat1 > lat) != (lat2 > lat) and lon < lon1 + (lat - lat1) / (lat2 - lat1) * (lon2 - lon1):
            odd = not odd
    return odd


def fold(text: str) -> str:
    """Return the text as it is looked up: half width, small letters, without spaces, hyphens and apostrophes."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text).lower())


def grams(words: Sequence[str]) -> list[str]:
    """Return every sign and every pair of neighbouring signs of folded words, sorted, once each."""
    found = {sign for word in words for sign in word}
    found.update(first + second for word in words for first, second in pairwise(word))
    return sorted(found)


def wanted_grams(word: str) -> list[str]:
    """Return the fewest grams that a text must have to contain the folded word."""
    return [first + second for first, second in pairwise(word)] or [*word]


def _shift(lon: float, lat: float) -> tuple[float, float]:
    """Return the shift in degrees (east, north); the polynomial is GCJ-02's own, as published."""
    x, y = lon - 105.0, lat - 35.0
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x)) + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x)) + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    bend = 1 - ECCENTRICITY_2 * sin(radians(lat)) ** 2
    metres_north = HALF_AXIS_M * (1 - ECCENTRICITY_2) / (bend * sqrt(bend)) * pi / 180.0
    metres_east = HALF_AXIS_M / sqrt(bend) * cos(radians(lat)) * pi / 180.0
    return east / metres_east, north / metres_north
