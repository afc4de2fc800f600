"""Processes of the launcher, each on a tether."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

TETHER = "gongjian.project.launcher.tether"


@dataclass
class Lifeline:
    """A pipe whose write end only this process holds; its children's tethers watch the read end."""

    read: int = field(init=False)
    write: int = field(init=False)

    def __post_init__(self) -> None:
        self.read, self.write = os.pipe()  # both close on exec; the read end is handed to tethers by name


@dataclass(frozen=True)
class Recipe:
    """How one process is started and ended."""

    name: str
    command: Sequence[str]
    end: str = "TERM"
    grace: float = 30.0
    user: int | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None


def sign_of(worker: str) -> str:
    """Return what the database calls the connections of a worker, by which its signs of life are told apart."""
    return f"gongjian {worker}"


class Child:
    """A running process on its tether."""

    def __init__(self, recipe: Recipe, lifeline: Lifeline, *, out: IO[bytes] | int | None = None) -> None:
        """Start it. Output goes to `out`, both streams when it is a file, else to the terminal."""
        self.recipe = recipe
        tether = [sys.executable, "-m", TETHER, "--pipe", str(lifeline.read), "--signal", recipe.end]
        tether += ["--grace", str(recipe.grace)]
        if recipe.user is not None:
            tether += ["--user", str(recipe.user)]
        both = out is not None and out != subprocess.PIPE
        self.process = subprocess.Popen(  # noqa: S603
            [*tether, "--", *recipe.command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT if both else None,
            pass_fds=(lifeline.read,),
            start_new_session=True,  # Ctrl-C reaches the launcher alone, which ends the others in order
            env={**os.environ, **recipe.env},
            cwd=recipe.cwd,
        )

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self.process.poll()

    def ask_to_end(self) -> None:
        """Send the end signal through the tether; returns at once."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Wait until it has ended; the tether kills it after its grace."""
        return self.process.wait(self.recipe.grace + 10)

    def stop(self) -> int:
        """End it and wait."""
        self.ask_to_end()
        return self.wait()


def command_lines() -> Iterator[str]:
    """Yield the command line of every process; from /proc where there is one, for small systems have no `ps`."""
    processes = Path("/proc")
    if not (processes / "self").exists():
        yield from subprocess.run(
            ["/bin/ps", "-A", "-o", "args="], capture_output=True, text=True, check=False
        ).stdout.splitlines()
        return
    for entry in processes.glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            yield (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
