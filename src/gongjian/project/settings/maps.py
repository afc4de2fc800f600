"""Tile sources of the maps: none unless the operator names them, for a base map in China needs its own approval."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

DATUMS: Final = ("wgs84", "gcj02")
KEYS: Final = frozenset({"url", "attribution", "datum", "max_zoom"})
EXAMPLE: Final = """[[tiles]]
url = "https://tiles.example.cn/{z}/{x}/{y}.png"
attribution = "审图号 …"
datum = "gcj02"
"""
LARGEST_ZOOM: Final = 22
_HOST = re.compile(r"[\w.-]+(:\d+)?", re.ASCII)
_ENDS = re.compile(r"[;,\s\"']")


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
    zoom = source.get("max_zoom", 18)
    faults = {
        f"{', '.join(sorted(source.keys() - KEYS))} is not known": bool(source.keys() - KEYS),
        "url must name {z}, {x} and {y}, and begin with https:// or, on this server, with /": not _good(
            source.get("url")
        ),
        "datum must be wgs84 or gcj02": source.get("datum") not in DATUMS,
        "attribution must name the owner and the review number of the map": not _told(source),
        "max_zoom must be a whole number from 1 to 22": not (isinstance(zoom, int) and 1 <= zoom <= LARGEST_ZOOM),
    }
    found = [words for words, wrong in faults.items() if wrong]
    if found:
        raise ImproperlyConfigured(f"GONGJIAN_MAP_TILES: source {nth}: {'; '.join(found)}. So:\n{EXAMPLE}")
    return {"url": source["url"], "attribution": _told(source), "datum": source["datum"], "max_zoom": zoom}


def _told(source: dict[str, Any]) -> str:
    return str(source.get("attribution", "")).strip()


def _good(url: object) -> bool:
    """Whether an address may stand in the policy of the pages: nothing in it ends the list or names another host."""
    if not isinstance(url, str) or not all(part in url for part in ("{x}", "{y}", "{z}")) or _ENDS.search(url):
        return False
    split = urlsplit(url)
    host = split.netloc.removeprefix("{s}.")
    return (url.startswith("/") and not url.startswith("//")) or (
        split.scheme == "https" and bool(_HOST.fullmatch(host))
    )
