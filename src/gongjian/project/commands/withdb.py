"""`gongjian withdb -- COMMAND`: a throw-away PostgreSQL for the time of one command; what `make test` uses."""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gongjian.project.launcher import binaries
from gongjian.project.launcher.children import Lifeline
from gongjian.project.launcher.cluster import THROW_AWAY, Cluster
from gongjian.project.launcher.foreground import run_with, words


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
    with throw_away() as cluster:
        return run_with(cluster, words(args.command))
