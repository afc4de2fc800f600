"""Room on the disk: asked before anything large is written, and watched."""

import shutil
from pathlib import Path

from django.conf import settings

# Below this much no files are taken any more, so that the database can go on writing.
RESERVE = 1_000_000_000


def free_bytes(folder: Path) -> int:
    """Return how many bytes may still be written there."""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    return max(0, shutil.disk_usage(place).free - int(settings.DISK_HELD_BACK))


def free_share(folder: Path) -> float:
    """Return which part of the disk is free, between 0 and 1."""
    return free_bytes(folder) / max(1, shutil.disk_usage(folder).total)


def is_tight(folder: Path) -> bool:
    """Tell whether so little is left that no files are taken any more."""
    return free_bytes(folder) < RESERVE
