"""What a backup says about itself, and how it is proven."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from gongjian.project.backup import refusals
from gongjian.project.backup.archive import CHUNK, DUMP, FILES, MANIFEST, Reader

FORMAT: Final = 1


@dataclass(frozen=True)
class Manifest:
    """The facts of one backup. Digests are SHA-256 in hexadecimal, sizes bytes."""

    format: int
    version: str
    made_at: str
    postgresql: str
    dump_major: int
    database_bytes: int
    migrations: list[str]
    tables: dict[str, int]
    keys: list[str]
    dump_sha256: str
    dump_bytes: int
    files_sha256: str
    documents: int
    documents_bytes: int
    missing: list[str]

    @property
    def moment(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.made_at)

    def text(self) -> bytes:
        """Return the member's content."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Listed:
    """One line of files.txt."""

    sha256: str
    size: int
    name: str

    @property
    def line(self) -> str:
        """The line."""
        return f"{self.sha256} {self.size} {self.name}\n"


def read_manifest(archive: Reader) -> Manifest:
    """Return what a backup says about itself. Raises Refusal."""
    try:
        with archive.open(MANIFEST) as source:
            facts = json.load(source)
        if facts.get("format", 0) > FORMAT:
            raise refusals.newer_format(facts["format"])
        return Manifest(**facts)
    except (KeyError, ValueError, TypeError, AttributeError, OSError) as error:
        raise refusals.no_archive(archive.path) from error


def listed(archive: Reader) -> Iterator[Listed]:
    """Yield the lines of files.txt."""
    with archive.open(FILES) as source:
        for line in source.read().decode().splitlines():
            sha256, size, name = line.split(" ", 2)
            yield Listed(sha256, int(size), name)


def faults(archive: Reader, told: Manifest, progress: Callable[[int], None] = lambda _: None) -> list[str]:
    """Read every byte back and return what does not fit; nothing when the backup is whole."""
    names = set(archive.names()) - {MANIFEST}
    found = _fault(archive, Listed(told.files_sha256, -1, FILES))
    if found:
        return [found]
    wanted = [Listed(told.dump_sha256, told.dump_bytes, DUMP), *listed(archive)]
    wrong = []
    for number, item in enumerate(wanted, 1):
        wrong.append(_fault(archive, item))
        progress(number)
    strange = names - {item.name for item in wanted} - {FILES}
    return [fault for fault in wrong if fault] + [f"{name} unknown" for name in sorted(strange)]


def _fault(archive: Reader, item: Listed) -> str:
    try:
        with archive.open(item.name) as source:
            digest, size = hashlib.sha256(), 0
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except (KeyError, OSError, EOFError) as error:
        return f"{item.name} missing ({type(error).__name__})"
    except Exception as error:  # noqa: BLE001 - a torn tar raises whatever it likes
        return f"{item.name} unreadable ({type(error).__name__})"
    if digest.hexdigest() != item.sha256 or item.size not in {-1, size}:
        return f"{item.name} changed"
    return ""


def safe_name(name: str) -> bool:
    """Tell whether a listed name stays inside the documents' folder."""
    path = Path(name)
    return name.startswith("documents/") and not path.is_absolute() and ".." not in path.parts
