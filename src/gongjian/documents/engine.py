"""Runs an engine: a small program of ours that meets files of unknown origin, or needs much memory, on its own.

A decoder that fails, a bomb or a fault in a library ends the engine, never the server; and what the engines import
never weighs on the web workers. Starting one takes 60 to 200 ms. What strangers send keeps two of them busy at most, in
all processes of a machine together (ADR 14).
"""

import fcntl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import BoundedSemaphore
from typing import IO, Final

from django.conf import settings

START = Path(__file__).parent / "engines" / "start.py"
PATIENCE_S = 90
PATIENCE_WITH_STRANGERS_S = 45  # with what was sent to us; a seat is taken meanwhile
ENVIRONMENT = {"LANG": "C.UTF-8", "PYTHONUTF8": "1"}
WAIT_S: Final = 8.0  # since the request came
LOOK_S: Final = 0.03
QUICK: Final = ":quick"  # behind the name of an engine: the same, with the limits of what is done in no time
# Two seats, of which what takes its time may hold one: what is done in no time always finds the other soon.
SEATS: Final = ("seat-quick", "seat-any")
MOST_LONG: Final = 2  # of what takes its time, in one process, the waiting ones included
# When the request came that this thread works on, by the monotonic clock; it may have stood in a queue since.
handed_in: ContextVar[float | None] = ContextVar("handed_in", default=None)


class EngineFailed(Exception):
    """The engine ended without an answer; carries what it said, without the file's contents."""


class EnginesBusy(Exception):
    """All seats were taken for as long as somebody may be left waiting."""


_long = BoundedSemaphore(MOST_LONG)


@contextmanager
def seat(*, quick: bool) -> Iterator[None]:
    """Hold one of the seats of this machine; raises EnginesBusy where none becomes free in time."""
    with ExitStack() as held:
        if not quick:
            if not _long.acquire(blocking=False):
                raise EnginesBusy
            held.callback(_long.release)
        folder = Path(settings.HOME) / "engines"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = SEATS if quick else SEATS[1:]
        files = [held.enter_context((folder / name).open("w")) for name in names]
        came = handed_in.get()
        until = (time.monotonic() if came is None else came) + WAIT_S
        while not any(map(_taken, files)):
            if time.monotonic() >= until:
                raise EnginesBusy
            time.sleep(LOOK_S)
        yield


def _taken(seat_file: IO[str]) -> bool:
    """Take a seat for as long as its file stays open; return whether it was free."""
    try:
        fcntl.flock(seat_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def command(name: str, *options: str) -> list[str]:
    """Return the command line of an engine; `-I` keeps the environment and the current folder out of it."""
    return [sys.executable, "-I", "-X", "utf8", str(START), name, *options]


def run(name: str, options: Sequence[str], source: IO[bytes] | bytes, *, patience: float | None = None) -> bytes:
    """Return what the engine writes, given a file or bytes to read; raises EngineFailed."""
    try:
        done = subprocess.run(  # noqa: S603 - our own program, fixed arguments
            command(name, *options),
            input=source if isinstance(source, bytes) else None,
            stdin=None if isinstance(source, bytes) else source,
            capture_output=True,
            timeout=patience or PATIENCE_S,
            check=False,
            env=ENVIRONMENT,
            cwd="/",
        )
    except subprocess.TimeoutExpired as error:
        raise EngineFailed(f"{name}: no answer in {error.timeout} s") from error
    if done.returncode != 0:
        raise EngineFailed(f"{name}: {done.returncode} {done.stderr[-2000:].decode(errors='replace')}".strip())
    return done.stdout
