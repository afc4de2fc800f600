"""`gongjian withdb -- COMMAND`: a throw-away PostgreSQL for the time of one command; what `make test` uses."""

import argparse
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gongjian.project.launcher import binaries
from gongjian.project.launcher.children import Lifeline
from gongjian.project.launcher.cluster import OWNER, THROW_AWAY, Cluster


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the command after `--`."""
    parser.add_argument("command", nargs=argparse.REMAINDER, help="命令 the command")


@contextmanager
def throw_away(lifeline: Lifeline | None = None) -> Iterator[Cluster]:
    """Run a server without fsync in a temporary folder; the folder is removed afterwards."""
    who = binaries.identity()
    programs = binaries.find(who)
    folder = Path(tempfile.mkdtemp(prefix="gj-", dir="/tmp"))
    who.own(folder)
    socket = folder / "run"
    socket.mkdir()
    who.own(socket)
    cluster = Cluster(folder, socket, programs, who, folder / "log", lifeline or Lifeline(), THROW_AWAY)
    try:
        cluster.create()
        cluster.start()
        cluster.furnish()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main(args: argparse.Namespace) -> int:
    """Run the command with DATABASE_URL naming the throw-away database; return the command's exit code."""
    words = [word for index, word in enumerate(args.command) if index or word != "--"]
    with throw_away() as cluster:
        owner = cluster.url(OWNER)
        env = {**os.environ, "DATABASE_URL": owner, "DATABASE_OWNER_URL": owner}
        old = signal.signal(signal.SIGTERM, signal.default_int_handler)
        process = subprocess.Popen(words, env=env)  # noqa: S603
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            return process.wait(30)
        finally:
            signal.signal(signal.SIGTERM, old)
