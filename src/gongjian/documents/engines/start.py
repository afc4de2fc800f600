"""Starts an engine with limits on memory, time and files: python -I start.py NAME [OPTIONS]."""

import os
import resource
import runpy
import sys
from contextlib import suppress
from pathlib import Path

# Bytes of address space and seconds of processor time: the largest pictures need 700 MB and 4 s, a letter 400 MB.
USUAL = (2_000_000_000, 60)
LIMITS = {"imaging": (1_500_000_000, 15), "papers": (1_500_000_000, 30), "spreadsheet": (2_000_000_000, 600)}
BEHIND = 5  # how much what was sent to us stands back behind the answers of the day


def limit(name: str) -> None:
    """Let the system end this process when it wants more than it should."""
    memory, seconds = LIMITS.get(name, USUAL)
    if name in LIMITS:
        os.nice(BEHIND)
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # some systems know a kind and do not keep it
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    name = sys.argv.pop(1)
    limit(name)
    runpy.run_path(str(Path(__file__).with_name(f"{name}.py")), run_name="__main__")
