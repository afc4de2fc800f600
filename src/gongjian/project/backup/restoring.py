"""Restoring a backup into an empty database, and proving that it is what was backed up.

The database is filled in one transaction, so that a restore that is killed leaves it as empty as it was. Documents lie
under their own digest: those that are there already are left, and a restore that was killed leaves only files that
nobody names yet.
"""

import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from gongjian import __version__
from gongjian.audit.actions import record
from gongjian.audit.queries import verify
from gongjian.documents.room import free_bytes
from gongjian.identity.actor import SYSTEM
from gongjian.project.backup import manifest, programs, refusals
from gongjian.project.backup.archive import CHUNK, DUMP, Reader
from gongjian.project.backup.making import counts
from gongjian.project.backup.manifest import Listed, Manifest
from gongjian.project.grants import apply_grants
from gongjian.project.reference import load_reference
from gongjian.project.roots import Root, fingerprints
from gongjian.project.terminal import step, warn
from gongjian.sealing.keys import SealError, ring
from gongjian.sealing.rotation import sample

SPARE = 500_000_000
EXTENSIONS = ("pg_trgm", "btree_gist")
# Every identity column of ours with the sequence that feeds it.
SEQUENCES = """
select t.relname, a.attname, pg_get_serial_sequence(quote_ident(t.relname), a.attname)
from pg_class t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
where t.relkind = 'r' and t.relnamespace = 'public'::regnamespace
  and pg_get_serial_sequence(quote_ident(t.relname), a.attname) is not null
"""


def require_known(told: Manifest) -> None:
    """Raise Refusal when a newer version wrote the backup."""
    if _numbers(told.version) > _numbers(__version__):
        raise refusals.newer_backup(told.version)
    loader = MigrationLoader(None)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations}
    known |= {f"{app}.{name}" for migration in loader.disk_migrations.values() for app, name in migration.replaces}
    ours = {app for app, _name in loader.disk_migrations}
    strange = [name for name in told.migrations if name not in known and name.split(".")[0] in ours]
    if strange:
        raise refusals.newer_backup(told.version, strange[-1])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def require_keys(told: Manifest, known: tuple[Root, ...]) -> None:
    """Raise Refusal unless the keys here begin with those of the backup."""
    if fingerprints(known)[: len(told.keys)] != told.keys:
        raise refusals.other_keys()


def require_whole(archive: Reader, told: Manifest) -> None:
    """Read every byte of the backup; raise Refusal when something does not fit."""
    found = manifest.faults(archive, told)
    if found:
        raise refusals.damaged(archive.path, found)


def is_empty() -> bool:
    """Tell whether the connected database has no tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select not exists (select from pg_class where relkind in ('r', 'p', 'v', 'm', 'S')"
            " and relnamespace = 'public'::regnamespace)"
        )
        return bool(cursor.fetchone()[0])


def restore(archive: Reader, told: Manifest, *, at: datetime) -> None:
    """Fill the connected, empty database and the documents' folder, prove both, and bring them to this version.

    1. Room, extensions. 2. Documents. 3. The dump, in one transaction. 4. Rows counted, sequences, a sealed value of
    each table opened. 5. Migrations of this version, rights, reference data. 6. The audit chain. Raises Refusal.
    """
    _require_room(told)
    _extensions()
    with step("恢复文件", "Restoring documents"):
        restored = _documents(archive)
    with step("恢复数据库", "Restoring the database"):
        tool, _major = programs.program("pg_restore", at_least=max(told.dump_major, programs.server_major()))
        words = [tool, "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", "--no-password"]
        with archive.open(DUMP) as dump:
            programs.feed([*words, f"--dbname={connection.settings_dict['NAME']}"], dump)
    with step("核对", "Checking"):
        found = [*_count_faults(told), *_sequence_faults(), *_sealed_faults()]
        if found:
            raise refusals.differs(found)
    with step("更新到本版本", "Bringing it to this version"):
        call_command("migrate", interactive=False, verbosity=0)
        apply_grants()
        load_reference(at=at)
        _analyze()
    _check_chain()
    _note(archive.path, told, restored, at=at)


def _require_room(told: Manifest) -> None:
    needed = told.database_bytes + told.documents_bytes + SPARE
    home = Path(settings.HOME)
    if free_bytes(home) < needed:
        raise refusals.no_room(home, needed, free_bytes(home))


def _extensions() -> None:
    for name in EXTENSIONS:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"create extension if not exists {name}")
        except DatabaseError as error:
            raise refusals.no_extension(name) from error


def _documents(archive: Reader) -> int:
    """Put back the files that are not there; return how many were written."""
    written = 0
    for item in manifest.listed(archive):
        if not manifest.safe_name(item.name):
            raise refusals.damaged(archive.path, [f"{item.name} outside documents"])
        target = Path(settings.MEDIA_ROOT) / Path(item.name).relative_to("documents")
        if target.exists() and target.stat().st_size == item.size:
            continue
        with archive.open(item.name) as source:
            _put_back(target, source)
        written += 1
    return written


def _put_back(target: Path, source: IO[bytes]) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            shutil.copyfileobj(source, out, CHUNK)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _count_faults(told: Manifest) -> list[str]:
    found = counts()
    tables = sorted(set(found) | set(told.tables))
    wrong = [name for name in tables if found.get(name) != told.tables.get(name)]
    return [f"{name}: {found.get(name)} / {told.tables.get(name)}" for name in wrong]


def _sequence_faults() -> list[str]:
    quote = connection.ops.quote_name
    wrong = []
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCES)
        for table, column, sequence in cursor.fetchall():
            cursor.execute(
                f"select coalesce(max({quote(column)}), 0) > (select last_value from {sequence}) from {quote(table)}"
            )
            if cursor.fetchone()[0]:
                wrong.append(f"sequence of {table}")
    return wrong


def _sealed_faults() -> list[str]:
    wrong = []
    for name, bound_to, sealed in sample():
        try:
            ring().open(sealed, bound_to)
        except SealError:
            wrong.append(f"{name} does not open")
    return wrong


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("analyze")


def _check_chain() -> None:
    """A chain that was broken before the backup is told, not refused: the evidence must be kept."""
    found = verify()
    if not found.ok:
        warn(
            f"! 审计链在第 {found.broken_at} 条断开，备份时就是这样。",
            f"! The audit chain is broken at entry {found.broken_at}, as it was when the backup was made.",
        )


def _note(path: Path, told: Manifest, documents: int, *, at: datetime) -> None:
    record(
        action="installation.restore",
        actor_kind=SYSTEM.kind,
        actor_id=None,
        unit_id=None,
        object_kind="backup",
        object_id=path.name[:64],
        detail=f"made {told.made_at} by {told.version}, {documents} files written",
        at=at,
    )


__all__ = ["Listed", "is_empty", "require_keys", "require_known", "require_whole", "restore"]
