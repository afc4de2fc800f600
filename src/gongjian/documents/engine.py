"""Runs an engine: a small program of ours that meets files of unknown origin, or needs much memory, on its own.

A decoder that fails, a bomb or a fault in a library ends the engine, never the server; and what the engines import
never weighs on the web workers. Starting one takes 60 to 200 ms.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

START = Path(__file__).parent / "engines" / "start.py"
PATIENCE_S = 90
ENVIRONMENT = {"LANG": "C.UTF-8", "PYTHONUTF8": "1"}


class EngineFailed(Exception):
    """The engine ended without an answer; carries what it said, without the file's contents."""


def command(name: str, *options: str) -> list[str]:
    """Return the command line of an engine; `-I` keeps the environment and the current folder out of it."""
    return [sys.executable, "-I", "-X", "utf8", str(START), name, *options]


def run(name: str, options: Sequence[str], source: IO[bytes] | bytes) -> bytes:
    """Return what the engine writes, given a file or bytes to read; raises EngineFailed."""
    try:
        done = subprocess.run(  # noqa: S603 - our own program, fixed arguments
            command(name, *options),
            input=source if isinstance(source, bytes) else None,
            stdin=None if isinstance(source, bytes) else source,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
            env=ENVIRONMENT,
            cwd="/",
        )
    except subprocess.TimeoutExpired as error:
        raise EngineFailed(f"{name}: no answer in {PATIENCE_S} s") from error
    if done.returncode != 0:
        raise EngineFailed(f"{name}: {done.returncode} {done.stderr[-2000:].decode(errors='replace')}".strip())
    return done.stdout
