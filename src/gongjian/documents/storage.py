"""Where the bytes lie: MEDIA_ROOT/ab/cd/<sha256>, readable by the server alone.

A file is written under a passing name and moved into place whole, before its row is written. A file without a row is
therefore possible, a row without a file is not; `sweep_orphans` takes such files away. A lock keeps it from taking one
that is just being put back.
"""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from django.conf import settings

CHUNK = 1 << 20
THUMB = ".thumb"


def path_of(sha256: str, *, thumb: bool = False) -> Path:
    """Return where the file with this digest lies, or its small picture."""
    return Path(settings.MEDIA_ROOT) / sha256[:2] / sha256[2:4] / (sha256 + (THUMB if thumb else ""))


@contextmanager
def keeping() -> Iterator[None]:
    """Let files be added but none removed: what a snapshot of the table names stays readable."""
    with _lock(fcntl.LOCK_SH):
        yield


def put(source: IO[bytes] | bytes, thumb: bytes = b"") -> tuple[str, int]:
    """Write a file, and its small picture if there is one; return digest and size in bytes."""
    with _lock(fcntl.LOCK_SH):
        passing, sha256, size = _write(source)
        _move(passing, path_of(sha256))
        if thumb:
            small, _, _ = _write(thumb)
            _move(small, path_of(sha256, thumb=True))
    return sha256, size


def stored_before(moment: float) -> Iterator[str]:
    """Yield the digests of files last written before a moment (seconds since 1970)."""
    for path in Path(settings.MEDIA_ROOT).glob("??/??/*"):
        if path.suffix != THUMB and path.stat().st_mtime < moment:
            yield path.name


def remove(sha256: str, *, older_than: float | None = None) -> bool:
    """Remove a file and its small picture, only if still older than the given moment; return whether it was there."""
    path = path_of(sha256)
    with _lock(fcntl.LOCK_EX):
        if not path.exists() or (older_than is not None and path.stat().st_mtime >= older_than):
            return False
        path.unlink()
        path_of(sha256, thumb=True).unlink(missing_ok=True)
    return True


def remove_torn(older_than: float) -> int:
    """Remove what a crash left half written before a moment, and return how many."""
    torn = [path for path in _incoming().glob("*") if path.stat().st_mtime < older_than]
    for path in torn:
        path.unlink(missing_ok=True)
    return len(torn)


def _write(source: IO[bytes] | bytes) -> tuple[Path, str, int]:
    """Write under a passing name; what could not be written to the end is taken away again."""
    digest, size = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(dir=_folder(_incoming()))
    with ExitStack() as undo:
        undo.callback(Path(name).unlink)
        with os.fdopen(handle, "wb") as target:
            for chunk in _chunks(source):
                digest.update(chunk)
                size += len(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        undo.pop_all()
    return Path(name), digest.hexdigest(), size


def _incoming() -> Path:
    return Path(settings.MEDIA_ROOT) / "incoming"


def _chunks(source: IO[bytes] | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    source.seek(0)
    while chunk := source.read(CHUNK):
        yield chunk


def _move(passing: Path, target: Path) -> None:
    _folder(target.parent)
    passing.replace(target)


def _folder(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@contextmanager
def _lock(kind: int) -> Iterator[None]:
    """Hold the folder's lock: many may write at once, removing waits for all of them."""
    with (_folder(Path(settings.MEDIA_ROOT)) / ".lock").open("a") as handle:
        fcntl.flock(handle, kind)
        yield
