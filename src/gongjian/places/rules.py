"""Distances, the shift between WGS-84 (stored) and GCJ-02 (drawn by Chinese maps), and how typed names are folded."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from math import asin, cos, fabs, hypot, pi, radians, sin, sqrt

EARTH_M = 6_371_008.8  # mean radius, IUGG
METRES_PER_DEGREE = EARTH_M * pi / 180
# Krasovsky 1940, on which GCJ-02's shift is computed: half axis in metres, square of the eccentricity.
HALF_AXIS_M, ECCENTRICITY_2 = 6_378_245.0, 0.006_693_421_622_965_943
CHINA_LON, CHINA_LAT = (72.004, 137.8347), (0.8293, 55.8271)
ENOUGH_DEG = 1e-9
_BETWEEN = re.compile(r"[\s'’`·•\-–—]+")


def haversine_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Return the metres between two points given in degrees."""
    rise, run = radians(other_lat - lat), radians(other_lon - lon)
    chord = sin(rise / 2) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(run / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(chord)))


def wgs84_to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """Return where a Chinese map draws a WGS-84 point, (lon, lat) in degrees; outside China the point itself."""
    if not _is_shifted(lon, lat):
        return lon, lat
    east, north = _shift(lon, lat)
    return lon + east, lat + north


def gcj02_to_wgs84(lon: float, lat: float) -> tuple[float, float]:
    """Return the WGS-84 point that a Chinese map draws at (lon, lat); exact to a tenth of a millimetre.

    The shift has no closed inverse: the point is moved back by the shift found there until both agree.
    """
    if not _is_shifted(lon, lat):
        return lon, lat
    guess_lon, guess_lat = lon, lat
    while True:
        east, north = _shift(guess_lon, guess_lat)
        miss_lon, miss_lat = guess_lon + east - lon, guess_lat + north - lat
        guess_lon, guess_lat = guess_lon - miss_lon, guess_lat - miss_lat
        if hypot(miss_lon, miss_lat) < ENOUGH_DEG:
            return guess_lon, guess_lat


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


def _is_shifted(lon: float, lat: float) -> bool:
    return CHINA_LON[0] <= lon <= CHINA_LON[1] and CHINA_LAT[0] <= lat <= CHINA_LAT[1]


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
