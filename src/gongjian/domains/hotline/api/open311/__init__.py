"""Open311 GeoReport v2 at /open311/v2: other programs read what the district works on, report, and follow."""
