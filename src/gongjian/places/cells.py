"""Hexagons of equal size, by which matters near one another are found without geometry."""

from h3 import latlng_to_cell

RESOLUTION = 9  # about 0.1 km2, 200 m from centre to corner
LON_MAX, LAT_MAX = 180.0, 90.0


def cell_of(lon: float, lat: float) -> str:
    """Return the H3 cell (resolution 9, 15 hexadecimal digits) of a WGS-84 point; raises ValueError off the globe."""
    if not (abs(lon) <= LON_MAX and abs(lat) <= LAT_MAX):
        raise ValueError("A point has a longitude within 180 and a latitude within 90 degrees.")
    return str(latlng_to_cell(lat, lon, RESOLUTION))
