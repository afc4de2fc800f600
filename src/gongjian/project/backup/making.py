"""Making a backup while the system runs.

One repeatable-read transaction holds a snapshot: pg_dump reads it, rows are counted in it, and the documents it names
are copied while a lock keeps the sweep from removing any.
"""

import errno
import fcntl
import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection, transaction

from gongjian import __version__
from gongjian.audit.actions import record
from gongjian.documents import storage
from gongjian.documents.models import Document
from gongjian.documents.room import free_bytes
from gongjian.identity.actor import SYSTEM
from gongjian.project.backup import manifest, programs, refusals
from gongjian.project.backup.archive import CHUNK, DUMP, FILES, MANIFEST, FolderWriter, TarWriter, Writer, reader
from gongjian.project.backup.manifest import FORMAT, Listed, Manifest
from gongjian.project.roots import fingerprints, roots
from gongjian.workdays.rules import local_moment

SPARE: Final = 64_000_000  # bytes left free beside the estimate
ACTION: Final = "installation.backup"
PROGRAM: Final = "pg_dump"
TABLES = "select c.relname from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace"


type Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class Made:
    """A finished backup."""

    path: Path
    manifest: Manifest
    faults: list[str]


def name_of(at: datetime) -> str:
    """Return what a backup made at that moment is called."""
    return f"gongjian-{local_moment(at):%Y%m%d-%H%M%S}"


def make(*, target: Path, folder: bool, at: datetime, verify: bool = True, progress: Progress | None = None) -> Made:
    """Write a backup to a path that does not exist yet, read it back, and note it in the audit record.

    Raises Refusal; then nothing of it is left.
    """
    if target.exists():
        raise refusals.exists(target)
    with _alone(target.parent):
        _require_room(target.parent)
        writer: Writer = _writer(target, folder=folder)
        try:
            told = _write(writer, at, progress or (lambda _zh, _en: None))
            path = writer.finish()
        except OSError as error:
            writer.abandon()
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise refusals.became_full(target.parent) from error
            raise
        except BaseException:
            writer.abandon()
            raise
    found = _read_back(path) if verify else []
    note(path, told, found, at=at)
    return Made(path, told, found)


def _writer(target: Path, *, folder: bool) -> Writer:
    """Open the target; what a killed backup of the same name left behind is taken away first."""
    try:
        return FolderWriter(target) if folder else TarWriter(target)
    except PermissionError as error:
        raise refusals.no_folder(target.parent) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; whoever holds it may remove what a killed backup left."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = (folder / ".gongjian-backup").open("a")
    except OSError as error:
        raise refusals.no_folder(folder) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise refusals.runs_already(folder) from error
        for torn in folder.glob("gongjian-*.part"):
            _abandoned(torn)
        yield


def _abandoned(torn: Path) -> None:
    if torn.is_dir():
        writer = FolderWriter.__new__(FolderWriter)
        writer.passing = torn
        writer.abandon()
    else:
        torn.unlink(missing_ok=True)


def _require_room(folder: Path) -> None:
    needed = database_bytes() // 2 + documents_bytes() + SPARE
    free = free_bytes(folder)
    if free < needed:
        raise refusals.no_room(folder, needed, free)


def database_bytes() -> int:
    """Return the size of the database on its disk, in bytes; its dump is a fraction of that."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def documents_bytes() -> int:
    """Return how many bytes the files of all documents have."""
    sizes = Document.objects.filter(erased_at=None).values_list("sha256", "size").distinct()
    return sum(size for _sha256, size in sizes.iterator(chunk_size=5000))


def _write(writer: Writer, at: datetime, progress: Progress) -> Manifest:
    major = programs.server_major()
    path, dump_major = programs.program(PROGRAM, at_least=major)
    with storage.keeping(), _snapshot() as snapshot:
        progress("导出数据库", "Dumping the database")
        words = [path, "--format=custom", "--compress=gzip:6", f"--snapshot={snapshot}", "--no-owner"]
        words += ["--no-privileges", "--exclude-extension=*", "--no-password"]
        with programs.reading(words) as dump:
            sha256, size = writer.add(DUMP, dump)
        tables, migrations = counts(), _applied()
        progress("复制文件", "Copying documents")
        files, missing = _documents(writer)
        documents = [item for item in files if not item.name.endswith(storage.THUMB)]
        listing = "".join(item.line for item in files).encode()
        files_sha256, _ = writer.add(FILES, io.BytesIO(listing))
        told = Manifest(
            format=FORMAT,
            version=__version__,
            made_at=local_moment(at).isoformat(timespec="seconds"),
            postgresql=_version(),
            dump_major=dump_major,
            database_bytes=database_bytes(),
            migrations=migrations,
            tables=tables,
            keys=fingerprints(roots(_keys_home())),
            dump_sha256=sha256,
            dump_bytes=size,
            files_sha256=files_sha256,
            documents=len(documents),
            documents_bytes=sum(item.size for item in documents),
            missing=missing,
        )
        writer.add(MANIFEST, io.BytesIO(told.text()))
    return told


def _keys_home() -> Path:
    return Path(settings.KEYS_HOME)


@contextmanager
def _snapshot() -> Iterator[str]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute("set local idle_in_transaction_session_timeout = 0")
        cursor.execute("set local statement_timeout = 0")
        cursor.execute("select pg_export_snapshot()")
        yield str(cursor.fetchone()[0])


def _version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('server_version')")
        return str(cursor.fetchone()[0])


def counts() -> dict[str, int]:
    """Count every table's rows in this transaction's snapshot."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        names = sorted(str(row[0]) for row in cursor.fetchall())
        found = {}
        for name in names:
            cursor.execute(f"select count(*) from {quote(name)}")
            found[name] = int(cursor.fetchone()[0])
    return found


def _applied() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select app || '.' || name from django_migrations order by 1")
        return [str(row[0]) for row in cursor.fetchall()]


def _documents(writer: Writer) -> tuple[list[Listed], list[str]]:
    """Copy every file that the snapshot names; return what was written, and the digests whose file is not there."""
    named = Document.objects.filter(erased_at=None).exclude(sha256="").values_list("sha256", flat=True)
    written, missing = [], []
    for sha256 in named.distinct().order_by("sha256").iterator(chunk_size=5000):
        found = _one(writer, sha256, thumb=False)
        if found is None or found.sha256 != sha256:
            missing.append(sha256)
        if found is not None:
            written.append(found)
            small = _one(writer, sha256, thumb=True)
            written += [small] if small else []
    return written, missing


def _one(writer: Writer, sha256: str, *, thumb: bool) -> Listed | None:
    path = storage.path_of(sha256, thumb=thumb)
    name = f"documents/{path.relative_to(settings.MEDIA_ROOT)}"
    try:
        source = path.open("rb")
    except FileNotFoundError:
        return None
    with source:
        digest, size = writer.add(name, source)
    return Listed(digest, size, name)


def _read_back(path: Path) -> list[str]:
    with reader(path) as archive:
        return manifest.faults(archive, manifest.read_manifest(archive))


def note(path: Path, told: Manifest, found: list[str], *, at: datetime) -> None:
    """Write into the audit record that a backup was made; its age is read from there."""
    state = "faulty" if found else f"missing {len(told.missing)}" if told.missing else "whole"
    size = told.dump_bytes + told.documents_bytes
    record(
        action=ACTION if not found else f"{ACTION}_failed",
        actor_kind=SYSTEM.kind,
        actor_id=None,
        unit_id=None,
        object_kind="backup",
        object_id=path.name[:64],
        detail=f"{state}, {size} bytes, {told.documents} documents, in {path.parent}",
        at=at,
    )


def examine_dump(path: Path) -> None:
    """Let pg_restore read the dump to its last byte without a database; raises Refusal when it cannot."""
    with reader(path) as archive:
        told = manifest.read_manifest(archive)
        tool, _major = programs.program("pg_restore", at_least=told.dump_major)
        with archive.open(DUMP) as dump, tempfile.TemporaryDirectory():
            programs.feed([tool, "--file=/dev/null"], dump)


__all__ = ["ACTION", "CHUNK", "Made", "counts", "database_bytes", "examine_dump", "make", "name_of", "note"]
