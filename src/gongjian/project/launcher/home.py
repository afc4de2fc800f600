"""The data folder: what lies where, whose it is, and which folders are refused."""

import errno
import fcntl
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from gongjian import __version__
from gongjian.project.launcher import refusals
from gongjian.project.launcher.binaries import STATE, Identity

SOCKET_BYTES = 88  # a Unix socket address holds 107 bytes on Linux, 103 on macOS, and "/.s.PGSQL.5432" takes 14
FREE_BYTES = 500_000_000
OURS = {"gongjian", "lock", "secret", "postgres", "run", "log", "static", "documents", "outbox"}
OURS |= {"backups", "maintenance"}


def home_folder() -> Path:
    """Return the data folder that settings use."""
    return Path(os.environ.get("GONGJIAN_HOME", Path.cwd() / "var" / "gongjian")).absolute()


def socket_folder(home: Path | None = None) -> Path:
    """Return the folder of the database socket under a name short enough for a socket address."""
    run = (home or home_folder()) / "run"
    return run if len(os.fsencode(run)) <= SOCKET_BYTES else run.resolve()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


@dataclass
class Home:
    """The data folder, opened by one launcher at a time."""

    path: Path
    who: Identity
    state: Path = STATE
    _lock: IO[str] | None = field(default=None, repr=False)

    def open(self) -> None:
        """Check that the folder is ours to use, make what is missing, and lock it. Raises Refusal."""
        self._refuse_foreign()
        try:
            self._make()
        except OSError as error:
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            raise (refusals.disk_full if full else refusals.not_writable)(self.path) from error
        self._take_lock()
        self._refuse_newer()
        if shutil.disk_usage(self.path).free < FREE_BYTES:
            raise refusals.disk_full(self.path)
        (self.path / "gongjian").write_text(f"{__version__}\n")

    def close(self) -> None:
        """Let another launcher have the folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _make(self) -> None:
        fresh = not self.path.exists()
        self.path.mkdir(parents=True, exist_ok=True)
        if fresh or not (self.path / "gongjian").exists():
            self.path.chmod(0o700 if self.who.user is None else 0o711)  # `nobody` passes through to its own folders
        for name in ("log", "static", "documents", "outbox"):
            (self.path / name).mkdir(mode=0o700, exist_ok=True)

    def _refuse_foreign(self) -> None:
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise refusals.foreign_folder(self.path)
        strangers = {item.name for item in self.path.iterdir() if not item.name.startswith((".", "secret."))} - OURS
        if strangers and not (self.path / "gongjian").exists():
            raise refusals.foreign_folder(self.path)
        owner = self.path.stat().st_uid
        if owner != os.geteuid():
            raise refusals.not_your_folder(self.path, owner)

    def _refuse_newer(self) -> None:
        marker = self.path / "gongjian"
        written = marker.read_text().strip() if marker.exists() else ""
        if _numbers(written) > _numbers(__version__):
            raise refusals.newer_folder(self.path, written)

    def _take_lock(self) -> None:
        self._lock = (self.path / "lock").open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "?"
            self.close()
            raise refusals.already_running(self.path, holder) from error
        self._lock.truncate(0)
        self._lock.write(f"{os.getpid()}\n")
        self._lock.flush()

    def postgres(self) -> Path:
        """Return the server's own folder, where its user can really work.

        It lies in the data folder. Root's data folder may stand behind a closed one such as /root, which `nobody`
        cannot pass; then the server's folder is made below /var/lib/gongjian and the data folder holds a link to it.
        """
        place = self.path / "postgres"
        if place.is_symlink() and not place.exists():
            raise refusals.database_gone(place.readlink(), self.path)
        if place.is_symlink() or (place.exists() and any(place.iterdir())):
            return place.resolve()
        place.mkdir(exist_ok=True)
        self.who.own(place)
        if self.who.may_enter(place):
            return place.resolve()
        place.rmdir()
        target = self.state / f"cluster-{secrets.token_hex(6)}"
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            self.state.chmod(0o755)
            target.mkdir()
            self.who.own(target)
        except OSError as error:
            raise refusals.nowhere_for_database(self.path, self.state) from error
        place.symlink_to(target)
        return target

    def socket(self) -> Path:
        """Return the server's socket folder, mode 0700 and short enough; `run` in the data folder leads to it."""
        place = self.path / "run"
        if place.is_dir() and self._sound(place.resolve()):
            return place.resolve()
        if place.is_symlink():
            place.unlink()
        if len(os.fsencode(place)) <= SOCKET_BYTES:
            place.mkdir(exist_ok=True)
            self.who.own(place)
            if self.who.may_enter(place):
                return place
        if place.is_dir():
            place.rmdir()
        target = Path(tempfile.mkdtemp(prefix="gongjian-", dir="/tmp"))
        self.who.own(target)
        place.symlink_to(target)
        return target

    def _sound(self, folder: Path) -> bool:
        state = folder.stat()
        owner = os.geteuid() if self.who.user is None else self.who.user
        short = len(os.fsencode(folder)) <= SOCKET_BYTES
        return short and state.st_uid == owner and state.st_mode & 0o077 == 0 and self.who.may_enter(folder)
