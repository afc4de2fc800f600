"""Starts an engine with limits on memory, time and files: python -I start.py NAME [OPTIONS]."""

import os
import resource
import runpy
import sys
from contextlib import suppress
from pathlib import Path

# Bytes of address space and seconds of processor time: the largest pictures need 700 MB and 4 s, a letter 400 MB.
USUAL = (2_000_000_000, 60)
LIMITS = {
    "imaging:quick": (1_000_000_000, 5),
    "imaging": (1_500_000_000, 15),
    "papers:quick": (1_000_000_000, 5),
    "papers": (1_500_000_000, 30),
    "spreadsheet": (2_000_000_000, 600),
}
# What takes its time stands back behind the answers of the day.
BEHIND = {"imaging": 10, "papers": 10}


def limit(name: str) -> None:
    """Let the system end this process when it wants more than it should."""
    memory, seconds = LIMITS.get(name, USUAL)
    os.nice(BEHIND.get(name, 0))
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # some systems know a kind and do not keep it
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    name = sys.argv.pop(1)
    limit(name)
    runpy.run_path(str(Path(__file__).with_name(f"{name.partition(':')[0]}.py")), run_name="__main__")
