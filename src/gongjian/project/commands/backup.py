"""`gongjian backup`: database and documents into one file or folder, while the system runs."""

import argparse
import json
from datetime import datetime
from pathlib import Path

from django.conf import settings

from gongjian.project.backup import making, manifest, refusals, schedule
from gongjian.project.backup.archive import reader
from gongjian.project.backup.manifest import Manifest
from gongjian.project.terminal import say, step, warn
from gongjian.workdays.clock import now

SUFFIX = ".tar"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take where, what shape, and what to do."""
    parser.add_argument("--to", type=Path, help="文件或文件夹，默认为备份文件夹 a file, or a folder to put it in")
    parser.add_argument("--folder", action="store_true", help="写成文件夹而不是一个文件 write a folder, not one file")
    parser.add_argument("--no-verify", action="store_true", help="写完不再读一遍 do not read it back after writing")
    parser.add_argument("--verify", type=Path, metavar="PATH", help="只核对已有的备份 only prove an existing backup")
    parser.add_argument("--keys-to", type=Path, metavar="FILE", help="把密钥另存到这个文件 keep the keys in this file")
    parser.add_argument("--json", action="store_true", help="输出 JSON for programs")


def main(args: argparse.Namespace) -> int:
    """Make a backup, or prove one; return 1 when something in it is missing or wrong. Raises Refusal."""
    if args.verify:
        return _prove(args.verify, as_json=args.json)
    at = now()
    target = _target(args, at)
    if args.keys_to:
        _keep_keys(args.keys_to, target)
    with step(f"备份到 {target}", f"Backing up to {target}"):
        made = making.make(target=target, folder=args.folder, at=at, verify=not args.no_verify, progress=_tell)
    _report(made.path, made.manifest, made.faults, as_json=args.json)
    if not args.json:
        _about_keys(args.keys_to)
    return 1 if made.faults or made.manifest.missing else 0


def _tell(zh: str, en: str) -> None:
    warn(f"  {zh}  {en}")


def _target(args: argparse.Namespace, at: datetime) -> Path:
    name = making.name_of(at) + ("" if args.folder else SUFFIX)
    given: Path | None = args.to
    if given is None:
        return Path(settings.BACKUP_FOLDER) / name
    given = given.absolute()
    inside = given.is_dir() or (not args.folder and given.suffix != SUFFIX)
    return given / name if inside else given


def _prove(path: Path, *, as_json: bool) -> int:
    with reader(path) as archive, step(f"核对 {path}", f"Proving {path}"):
        told = manifest.read_manifest(archive)
        found = manifest.faults(archive, told)
    if not found:
        making.examine_dump(path)
    _report(path, told, found, as_json=as_json)
    return 1 if found else 0


def _report(path: Path, told: Manifest, found: list[str], *, as_json: bool) -> None:
    if as_json:
        facts = {
            "path": str(path),
            "made_at": told.made_at,
            "version": told.version,
            "tables": len(told.tables),
            "rows": sum(told.tables.values()),
            "documents": told.documents,
            "bytes": told.dump_bytes + told.documents_bytes,
            "missing": told.missing,
            "faults": found,
        }
        say(json.dumps(facts, ensure_ascii=False, indent=1))
        return
    size, rows = (told.dump_bytes + told.documents_bytes) / 1e6, sum(told.tables.values())
    say(
        f"{path}",
        f"  {len(told.tables)} 张表 {rows:,} 行，{told.documents:,} 个文件，{size:,.1f} MB，备份于 {told.made_at}",
        f"  {len(told.tables)} tables, {rows:,} rows, {told.documents:,} documents, {size:,.1f} MB, "
        f"made {told.made_at}",
    )
    for sha256 in told.missing:
        warn(f"! 文件 {sha256} 在数据文件夹里缺失或已损坏  document {sha256} is missing or damaged in the data folder")
    for fault in found:
        warn(f"! {fault}")
    if not found:
        say("  已逐字节读回核对，完好。  Every byte was read back and is as written.")


def _keep_keys(target: Path, archive: Path) -> None:
    target = target.absolute()
    if target.exists():
        raise refusals.exists(target)
    if target.parent == archive.parent:
        warn(
            "! 密钥文件和备份在同一个文件夹：拿到它们的人能读出全部姓名和电话。请把密钥文件移到别处。",
            "! The key file lies beside the backup: whoever gets both reads every name and number. Move it elsewhere.",
        )
    schedule.write_keys(target)


def _about_keys(kept: Path | None) -> None:
    if kept:
        say(f"  密钥另存在 {kept}，请与备份分开保管。  The keys are in {kept}: keep them apart from the backup.")
        return
    warn(
        "! 备份里没有密钥：姓名、电话、查询码都是封存的。没有密钥，这份备份恢复后它们永远打不开。",
        "! The keys are not in the backup; names, numbers and receipt codes are sealed. Without the keys nobody will "
        "ever open them.",
        f"  请把 {Path(settings.KEYS_HOME) / 'secret'}（或 GONGJIAN_SECRET 的值）另行保管，例如 --keys-to 到另一处。",
        f"  Keep {Path(settings.KEYS_HOME) / 'secret'} (or the value of GONGJIAN_SECRET) elsewhere, with --keys-to for "
        "example.",
    )
