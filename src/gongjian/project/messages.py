"""Message catalogues: every room keeps its English in locale/en; here they are found and compiled, without gettext."""

import os
from pathlib import Path

import polib

PACKAGE = Path(__file__).parents[1]
CATALOGUE = Path("locale", "en", "LC_MESSAGES", "django.po")


def catalogues() -> list[Path]:
    """Return every room's catalogue that exists."""
    return sorted(PACKAGE.glob(f"**/{CATALOGUE}"))


def compile_catalogues(paths: list[Path] | None = None) -> int:
    """Compile each .po whose .mo is missing or older; return how many were compiled."""
    done = 0
    for path in catalogues() if paths is None else paths:
        compiled = path.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime_ns >= path.stat().st_mtime_ns:
            continue
        fresh = compiled.with_name(f".{compiled.name}.{os.getpid()}")
        polib.pofile(str(path)).save_as_mofile(str(fresh))
        fresh.replace(compiled)  # atomic: a reader never sees half a catalogue
        done += 1
    return done
