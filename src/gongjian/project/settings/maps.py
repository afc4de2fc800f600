"""Tile sources of the maps: none unless the operator names them, for a base map in China needs an approval of its own."""

import tomllib
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

DATUMS: Final = ("wgs84", "gcj02")
KEYS: Final = frozenset({"url", "attribution", "datum", "max_zoom"})
EXAMPLE: Final = (
    '[[tiles]]\nurl = "https://tiles.example.cn/{z}/{x}/{y}.png"\nattribution = "审图号 …"\ndatum = "gcj02"'
)


def map_tiles(file: str) -> list[dict[str, Any]]:
    """Return the tile sources of a TOML file; nothing without one. Raises ImproperlyConfigured naming what is wrong."""
    if not file:
        return []
    try:
        told = tomllib.loads(Path(file).read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"GONGJIAN_MAP_TILES: cannot read {file}: {error}. It looks like:\n{EXAMPLE}"
        ) from error
    sources = [_source(nth, source) for nth, source in enumerate(told.get("tiles", []), start=1)]
    if len({source["datum"] for source in sources}) > 1:
        raise ImproperlyConfigured("GONGJIAN_MAP_TILES: all sources must be drawn in one datum, or they do not fit.")
    return sources


def tile_hosts(sources: list[dict[str, Any]]) -> list[str]:
    """Return what the policy of the pages must allow pictures from; our own address needs nothing."""
    hosts = {f"{split.scheme}://{split.netloc}" for s in sources if (split := urlsplit(str(s["url"]))).netloc}
    return sorted(host.replace("{s}", "*") for host in hosts)


def _source(nth: int, source: dict[str, Any]) -> dict[str, Any]:
    def refuse(what: str) -> ImproperlyConfigured:
        return ImproperlyConfigured(f"GONGJIAN_MAP_TILES: source {nth}: {what}. It looks like:\n{EXAMPLE}")

    unknown = source.keys() - KEYS
    if unknown:
        raise refuse(f"{', '.join(sorted(unknown))} is not known")
    url = str(source.get("url", ""))
    if not all(part in url for part in ("{x}", "{y}", "{z}")):
        raise refuse("url must name {z}, {x} and {y}")
    split = urlsplit(url)
    if not url.startswith("/") and (split.scheme != "https" or not split.netloc or ";" in url or " " in url):
        raise refuse("url must begin with https:// or, on this server, with /")
    if split.netloc.count("{") and not split.netloc.startswith("{s}."):
        raise refuse("only {s} may stand in front of the host")
    if source.get("datum") not in DATUMS:
        raise refuse("datum must be wgs84 or gcj02")
    if not str(source.get("attribution", "")).strip():
        raise refuse("attribution must name the owner and the review number of the map")
    zoom = source.get("max_zoom", 18)
    if not isinstance(zoom, int) or not 1 <= zoom <= 22:  # noqa: PLR2004 - what tile sources have
        raise refuse("max_zoom must be a whole number from 1 to 22")
    return {"url": url, "attribution": str(source["attribution"]), "datum": source["datum"], "max_zoom": zoom}
