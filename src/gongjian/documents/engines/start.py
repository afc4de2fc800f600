"""Starts an engine with limits on memory, time and files: python -I start.py NAME [OPTIONS]."""

import resource
import runpy
import sys
from contextlib import suppress
from pathlib import Path

MEMORY = 2_000_000_000  # bytes of address space; a large photo or letter needs some 400 MB
SECONDS = 60  # of processor time
LONGER = {"spreadsheet": 600}  # a million rows


def limit(seconds: int) -> None:
    """Let the system end this process when it wants more than it should."""
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # some systems know a kind and do not keep it
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    name = sys.argv.pop(1)
    limit(LONGER.get(name, SECONDS))
    runpy.run_path(str(Path(__file__).with_name(f"{name}.py")), run_name="__main__")
