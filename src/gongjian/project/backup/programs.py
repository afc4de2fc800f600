"""PostgreSQL's own dump and restore programs: which ones fit the server, and how they are called."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from django.db import connection

from gongjian.project.backup import refusals
from gongjian.project.launcher.binaries import shipped
from gongjian.project.terminal import Refusal

# What libpq reads from its environment; a password never stands in a command line.
VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "passfile": "PGPASSFILE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


def server_major() -> int:
    """Return the server's major version."""
    connection.ensure_connection()
    return int(connection.pg_version) // 10_000  # type: ignore[attr-defined] # not in the stubs


def program(name: str, *, at_least: int) -> tuple[str, int]:
    """Return path and major version of a program that is not older than the server. Raises Refusal.

    The shipped programs know no TLS, so for a server over the network the machine's own come first.
    """
    local = str(connection.settings_dict["HOST"]).startswith("/")
    ours, theirs = _shipped(name), shutil.which(name)
    for path in (ours, theirs) if local else (theirs, ours):
        version = _version(path)
        if path and version >= at_least:
            return path, version
    raise refusals.no_program(name, at_least)


def _shipped(name: str) -> str | None:
    try:
        return str(shipped() / "bin" / name)
    except Refusal:
        return None


def _version(path: str | None) -> int:
    """Return the major version a program tells: "pg_dump (PostgreSQL) 18.6 (Debian ...)"; 0 when it does not run."""
    if not path:
        return 0
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return 0
    words = said.stdout.replace("beta", ".").split()
    return int(words[2].split(".")[0]) if said.returncode == 0 and len(words) > 2 else 0  # noqa: PLR2004


def environment() -> dict[str, str]:
    """Return the environment in which a program finds our database."""
    given: dict[str, Any] = connection.get_connection_params()
    ours = {variable: str(given[name]) for name, variable in VARIABLES.items() if given.get(name)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, **ours, "LC_ALL": "C"}


@contextmanager
def reading(words: list[str]) -> Iterator[IO[bytes]]:
    """Yield what a program writes; raises Refusal when it fails."""
    with TemporaryFile() as said:
        child = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=said)  # noqa: S603
        try:
            yield child.stdout  # type: ignore[misc] # it is a pipe
        except BaseException:
            child.kill()
            raise
        finally:
            child.stdout.close()  # type: ignore[union-attr] # it is a pipe
            child.wait()
        if child.returncode:
            said.seek(0)
            raise refusals.program_failed(Path(words[0]).name, said.read().decode(errors="replace"))


def feed(words: list[str], source: IO[bytes]) -> None:
    """Let a program read a stream to its end; raises Refusal when it fails."""
    with TemporaryFile() as said:
        child = subprocess.Popen(  # noqa: S603
            words, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
        )
        try:
            shutil.copyfileobj(source, child.stdin, 1 << 20)  # type: ignore[arg-type] # it is a pipe
        except BrokenPipeError:
            pass  # it tells the reason itself
        except BaseException:
            child.kill()
            raise
        finally:
            _close(child)
            child.wait()
        if child.returncode:
            said.seek(0)
            raise refusals.program_failed(Path(words[0]).name, said.read().decode(errors="replace"))


def _close(child: "subprocess.Popen[bytes]") -> None:
    with suppress(BrokenPipeError):
        child.stdin.close()  # type: ignore[union-attr] # it is a pipe
