"""Run one command with a database at hand."""

import os
import signal
import subprocess
from collections.abc import Sequence

from gongjian.project.launcher.cluster import OWNER, Cluster


def run_with(cluster: Cluster, command: Sequence[str]) -> int:
    """Run the command with DATABASE_URL naming the database as its owner and PostgreSQL's programs on the path.

    SIGTERM and Ctrl-C end the command, not us; return its exit code.
    """
    owner = cluster.url(OWNER)
    path = f"{cluster.binaries.folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    env = {**os.environ, "DATABASE_URL": owner, "DATABASE_OWNER_URL": owner, "PATH": path}
    old = signal.signal(signal.SIGTERM, signal.default_int_handler)
    process = subprocess.Popen(list(command), env=env)  # noqa: S603
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        return process.wait(30)
    finally:
        signal.signal(signal.SIGTERM, old)


def words(rest: Sequence[str]) -> list[str]:
    """Return the words of a command line without the `--` before them."""
    return [word for index, word in enumerate(rest) if index or word != "--"]
