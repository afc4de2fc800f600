"""What the frame says about this installation: read from one data file, so that another district changes no code."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

OURS = Path(__file__).parent / "data" / "site.toml"


@dataclass(frozen=True)
class Site:
    name: str
    short: str
    tagline: str
    long: str
    publisher: str
    filing: str


@cache
def _sites(path: Path) -> dict[str, Site]:
    with path.open("rb") as file:
        return {language: Site(**words) for language, words in tomllib.load(file).items()}


def site(language: str) -> Site:
    """Return the installation's names in the reader's language; Chinese where there are none."""
    sites = _sites(Path(getattr(settings, "SITE_FILE", OURS)))
    return sites.get(language.partition("-")[0], sites["zh"])
