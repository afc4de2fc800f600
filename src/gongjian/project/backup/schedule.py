"""The daily backup: where, when, how many are kept, and how old the newest is."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from gongjian.audit.models import AuditEntry
from gongjian.identity.queries import demonstration
from gongjian.project.backup import making, refusals
from gongjian.project.roots import VARIABLE, roots
from gongjian.project.terminal import Refusal

LATE = timedelta(hours=26)  # a day, and the time a large one takes
OLD = timedelta(days=3)


@dataclass(frozen=True)
class Newest:
    """The newest backup that the audit record knows."""

    at: datetime
    name: str
    detail: str


def newest() -> Newest | None:
    """Return the newest good backup, or None when there has never been one."""
    entry = AuditEntry.objects.filter(action=making.ACTION).order_by("-id").first()
    return Newest(entry.at, entry.object_id, entry.detail) if entry else None


def daily() -> bool:
    """Whether a backup is made every day: always, but in a demonstration that was told no folder."""
    return bool(settings.BACKUP_DAILY) or not demonstration()


def sweep_backup(*, at: datetime) -> int:
    """Make the daily backup and remove older ones than are kept; return how many backups lie there. Raises Refusal.

    Without GONGJIAN_BACKUP_FOLDER a demonstration makes none.
    """
    if not daily():
        return 0
    folder = Path(settings.BACKUP_FOLDER)
    try:
        made = making.make(target=folder / (making.name_of(at) + ".tar"), folder=False, at=at)
    except Refusal as refusal:
        # A failed job carries the sentence into the list of failed jobs, where somebody sees it.
        raise RuntimeError(str(refusal)) from refusal
    if made.faults:
        raise RuntimeError(f"the backup {made.path} is damaged: {made.faults[0]}")
    return prune(folder, keep=settings.BACKUP_KEEP)


def prune(folder: Path, *, keep: int) -> int:
    """Remove our oldest backups beyond so many; return how many are left. Other files are left alone."""
    found = sorted((path for path in folder.glob("gongjian-????????-??????*") if _ours(path)), reverse=True)
    for path in found[max(1, keep) :]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return min(len(found), max(1, keep))


def _ours(path: Path) -> bool:
    return path.suffix == ".tar" or (path.is_dir() and (path / "manifest.json").exists())


def write_keys(target: Path) -> None:
    """Write every root into a file of its own, readable by its owner alone. Raises Refusal."""
    lines = [
        "# Gongjian: the keys of this installation. Whoever has them and a backup reads every name and number.",
        "# 共建：本安装的密钥。拿到它和备份的人能读出全部姓名和电话，请与备份分开保管。",
        *(root.line for root in roots(Path(settings.KEYS_HOME))),
    ]
    try:
        target.touch(mode=0o600, exist_ok=False)
        target.write_text("\n".join([*lines, ""]))
    except OSError as error:
        raise refusals.no_folder(target.parent) from error


__all__ = ["LATE", "OLD", "VARIABLE", "newest", "prune", "sweep_backup", "write_keys"]
