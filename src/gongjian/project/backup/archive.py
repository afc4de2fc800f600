"""The backup itself: a tar file or a folder with the same members.

    database.dump          pg_dump's custom format, compressed by it
    documents/ab/cd/...    files as they lie in the data folder
    files.txt              digest, size and name of each of them
    manifest.json          what it is; written last, so a backup without one is unfinished

Nothing is compressed twice: the dump is compressed, and so are pictures and PDF. A tar member's length stands before
its bytes; the dump's is written when it is known, so that it never lies on the disk twice.
"""

import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from gongjian.project.backup import refusals

DUMP, FILES, MANIFEST = "database.dump", "files.txt", "manifest.json"
PART = ".part"
CHUNK = 1 << 20
BLOCK = tarfile.BLOCKSIZE


class Writer(Protocol):
    """What a backup is written to."""

    def add(self, name: str, source: IO[bytes]) -> tuple[str, int]:
        """Write one member and return its digest and size."""

    def finish(self) -> Path:
        """Make it visible under its name."""

    def abandon(self) -> None:
        """Take away what was written."""


def _copied(source: IO[bytes], target: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        target.write(chunk)
    return digest.hexdigest(), size


class TarWriter:
    """Writes one file under a passing name."""

    def __init__(self, path: Path) -> None:
        self.path, self.passing = path, path.with_name(path.name + PART)
        self.out = self.passing.open("xb")
        self.passing.chmod(0o600)

    def add(self, name: str, source: IO[bytes]) -> tuple[str, int]:
        """Write one member of unknown length."""
        head = self.out.tell()
        self.out.write(bytes(BLOCK))
        sha256, size = _copied(source, self.out)
        self.out.write(bytes(-size % BLOCK))
        end = self.out.tell()
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        self.out.seek(head)
        self.out.write(info.tobuf(tarfile.GNU_FORMAT))
        self.out.seek(end)
        return sha256, size

    def finish(self) -> Path:
        """End the file, bring it to the disk, give it its name."""
        self.out.write(bytes(2 * BLOCK))
        self.out.flush()
        os.fsync(self.out.fileno())
        self.out.close()
        self.passing.rename(self.path)
        return self.path

    def abandon(self) -> None:
        """Take away what was written."""
        self.out.close()
        self.passing.unlink(missing_ok=True)


class FolderWriter:
    """Writes a folder under a passing name."""

    def __init__(self, path: Path) -> None:
        self.path, self.passing = path, path.with_name(path.name + PART)
        self.passing.mkdir(mode=0o700)

    def add(self, name: str, source: IO[bytes]) -> tuple[str, int]:
        """Write one file."""
        target = self.passing / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with target.open("xb") as out:
            told = _copied(source, out)
            out.flush()
            os.fsync(out.fileno())
        return told

    def finish(self) -> Path:
        """Give the folder its name."""
        self.passing.rename(self.path)
        return self.path

    def abandon(self) -> None:
        """Take away what was written."""
        shutil.rmtree(self.passing, ignore_errors=True)


class Reader(Protocol):
    """What a backup is read from."""

    path: Path

    def names(self) -> list[str]:
        """Return the members' names."""

    def open(self, name: str) -> IO[bytes]:
        """Open one member. Raises KeyError."""


class TarReader:
    """Reads one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tar = tarfile.open(path, "r:")  # noqa: SIM115 - closed with the reader
        try:
            self.members = {info.name: info for info in self.tar.getmembers() if info.isfile()}
        except BaseException:
            self.tar.close()
            raise

    def names(self) -> list[str]:
        """Return the members' names."""
        return list(self.members)

    def open(self, name: str) -> IO[bytes]:
        """Open one member. Raises KeyError."""
        found = self.tar.extractfile(self.members[name])
        return found if found is not None else io.BytesIO()

    def close(self) -> None:
        """Close the file."""
        self.tar.close()


class FolderReader:
    """Reads a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        """Return the files' names."""
        return [str(path.relative_to(self.path)) for path in self.path.rglob("*") if path.is_file()]

    def open(self, name: str) -> IO[bytes]:
        """Open one file. Raises KeyError."""
        try:
            return (self.path / name).open("rb")
        except FileNotFoundError as error:
            raise KeyError(name) from error


@contextmanager
def reader(path: Path) -> Iterator[Reader]:
    """Open a backup for reading; raises Refusal when it is none."""
    if path.is_dir():
        yield FolderReader(path)
        return
    try:
        found = TarReader(path)
    except (OSError, tarfile.TarError) as error:
        raise refusals.no_archive(path) from error
    try:
        yield found
    finally:
        found.close()
