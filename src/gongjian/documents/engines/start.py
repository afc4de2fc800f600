"""Starts an engine with limits on memory, time and files: python -I start.py NAME [OPTIONS]."""

import resource
import runpy
import sys
from contextlib import suppress
from pathlib import Path

MEMORY = 2_000_000_000  # bytes of address space; a large photo or letter needs some 400 MB
SECONDS = 60  # of processor time


def limit() -> None:
    """Let the system end this process when it wants more than it should."""
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # some systems know a kind and do not keep it
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    limit()
    name = sys.argv.pop(1)
    runpy.run_path(str(Path(__file__).with_name(f"{name}.py")), run_name="__main__")
