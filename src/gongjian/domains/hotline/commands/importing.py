"""`gongjian hotline import`: another program's records in, checked, written in one transaction, taken back."""

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from django.db import transaction
from django.utils import translation

from gongjian.casework.errors import RefusedError
from gongjian.documents.decoding import HeldFile
from gongjian.documents.tables import ENCODINGS, MissingColumns, UnreadableSheet, again, words_of, write_template
from gongjian.domains.hotline.actions import importing as acts
from gongjian.domains.hotline.bulk.importing import (
    Busy,
    Layout,
    LayoutError,
    check,
    reasons,
    table_of,
    undo,
    write,
    write_fault_file,
)
from gongjian.domains.hotline.bulk.importing.layout import PROGRAM_LENGTH
from gongjian.domains.hotline.queries.importing import Batch, batch_of, faults, kept, may_undo, repeats
from gongjian.identity.actor import SYSTEM
from gongjian.text import argument
from gongjian.workdays.clock import now

COUNTS: Final = ("read", "created", "updated", "unchanged", "repeated", "rejected")
FLAGS: Final = ("placeless", "outside", "still_open", "not_followed")
SHOWN: Final = 20
EVERY: Final = 5.0  # seconds between two words on how far it is


class Stopped(Exception):
    """The import cannot go on; one sentence in each language."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.zh, self.en = zh, en


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the file, or the batch to take back."""
    parser.add_argument("file", nargs="?", type=Path, help="csv、csv.gz 或 xlsx 文件 the file")
    parser.add_argument("--mapping", type=Path, help="对应文件（TOML）which column means what")
    parser.add_argument("--program", type=argument, default="", help="来源系统名称 the program whose numbers these are")
    parser.add_argument("--sheet", default="", help="读哪张工作表 which sheet of a workbook")
    parser.add_argument("--head", type=int, default=0, help="列名在第几行 which row holds the titles")
    parser.add_argument("--encoding", default="", help=f"文字编码 encoding of a csv: {', '.join(ENCODINGS)}")
    parser.add_argument("--dry-run", action="store_true", help="只核对，不写入 only check")
    parser.add_argument("--json", action="store_true", help="最后输出一个 JSON 对象 end with one JSON object")
    parser.add_argument("--errors", type=Path, metavar="XLSX", help="把错误行写成表格 write the wrong rows there")
    parser.add_argument("--undo", type=int, metavar="BATCH", help="撤销一批，24 小时内 take a batch back")
    parser.add_argument("--template", type=Path, metavar="XLSX", help="只写空模板 only write the empty template")


def main(args: argparse.Namespace) -> int:
    """Do what was asked. Raises Stopped."""
    gc.disable()  # records hold no circles: looking for garbage among them would cost a tenth of the time
    with translation.override("zh-hans"):
        try:
            return _main(args)
        except OSError as error:
            raise Stopped(f"打不开这个文件：{error}", f"Cannot read the file: {error}") from error
        except (UnreadableSheet, MissingColumns) as error:
            raise Stopped(*_in_both(partial(str, error))) from error
        except (LayoutError, RefusedError) as error:
            zh, en = _in_both(partial(str, error))
            raise Stopped(zh, f"The file or its mapping does not fit: {en}") from error
        except Busy as error:
            raise Stopped(
                f"“{error}”正在写入或撤销，请等它完成。", f"An import or undo of {error} is running."
            ) from error
        finally:
            gc.enable()


def _main(args: argparse.Namespace) -> int:
    if args.template:
        write_template(args.template, table_of(Layout(), at=now()), "zh-hans")
        return 0
    if args.undo:
        return _undo(args)
    if args.file is None:
        raise Stopped("请给出要导入的文件。", "Name the file to import.")
    layout = Layout.from_toml(args.mapping.read_text("utf-8")) if args.mapping else Layout()
    said = {name: value for name in ("sheet", "head", "encoding") if (value := getattr(args, name))}
    layout = replace(layout, **said)
    layout.verify()
    batch = _import(args, layout, _program(args, layout))
    _tell(batch, args)
    return 0


def _program(args: argparse.Namespace, layout: Layout) -> str:
    """Return the source; a dry run that was told none looks whether the name of the file is known as one."""
    named = str(args.program or layout.program)
    if named or not args.dry_run:
        if not named:
            raise Stopped(
                "请用 --program 写明来源系统。", "Name the source with --program: its numbers are unique there."
            )
        return named
    name = str(args.file.stem)[:PROGRAM_LENGTH]
    _err(
        f"没有写明来源系统，先按“{name}”核对；导入时用 --program 写明。",
        f"No source was named: checked as {name!r}. Name it with --program to import.",
    )
    return name


def _import(args: argparse.Namespace, layout: Layout, program: str) -> Batch:
    """Check and write in one transaction: whatever is killed leaves no trace, and the next run does it all."""
    at = now()
    with HeldFile(args.file) as file, transaction.atomic():
        batch = acts.begin(program=program, file_name=args.file.name, mapping=layout.to_toml(), actor=SYSTEM, at=at)
        check(batch, file, layout, at=at, progress=_progress("核对", "checked"))
        if args.errors:
            write_fault_file(batch, file, layout, args.errors, language="zh-hans", at=at)
        _explain(batch, file, layout, at)
        if args.dry_run:
            transaction.set_rollback(True)
            return batch
        write(batch, file, layout, at=at, progress=_progress("写入", "written"))
    return batch


def _undo(args: argparse.Namespace) -> int:
    at, batch = now(), batch_of(args.undo)
    if batch is None:
        raise Stopped(f"没有第 {args.undo} 批。", f"There is no batch {args.undo}.")
    with transaction.atomic():
        if not acts.start_undo(batch, actor=SYSTEM, at=at):
            raise Stopped(
                "这一批不能撤销：没有写入，已经全部撤销，或已满 24 小时。",
                "Not written, undone already, or its 24 hours are over.",
            )
        undo(batch, at=at)
    _tell_undone(batch, args, again=may_undo(batch, at))
    return 0


def _tell_undone(batch: Batch, args: argparse.Namespace, *, again: bool) -> None:
    """Say what went, what is as it was, and what had to stay and why."""
    if args.json:
        left = kept(batch, None)
        counts = {"removed": batch.removed, "restored": batch.restored}
        numbers, why = [case.number for case in left], {case.number: case.why for case in left}
        _out(json.dumps({"batch": batch.pk, "undone": True, **counts, "kept": numbers, "why": why}, ensure_ascii=False))
        return
    left = kept(batch)
    with translation.override("en"):
        english = {case.number: case.why for case in kept(batch)}
    _out(
        f"第 {batch.pk} 批已撤销：删去 {batch.removed:,} 件，恢复原样 {batch.restored:,} 件，留下 {batch.kept:,} 件。",
        f"Batch {batch.pk} undone: {batch.removed:,} removed, {batch.restored:,} put back, {batch.kept:,} kept.",
        *(f"  {case.number}  {case.why}  {english[case.number]}" for case in left),
    )
    if again:
        _out(f"24 小时内可以再试：  Try again within the day: gongjian hotline import --undo {batch.pk}")


def _in_both(words: Callable[[], str]) -> tuple[str, str]:
    """Return what is said in Chinese and in English."""
    with translation.override("zh-hans"):
        zh = words()
    with translation.override("en"):
        return zh, words()


def _progress(zh: str, en: str) -> Callable[[int], None]:
    told = [time.monotonic()]

    def tell(done: int) -> None:
        if time.monotonic() - told[0] >= EVERY:
            told[0] = time.monotonic()
            _err(f"  {zh} {en} {done:,}")

    return tell


def _explain(batch: Batch, file: HeldFile, layout: Layout, at: datetime) -> None:
    """Say on the error stream how the file was read, and the first rows that are wrong, repeated or not followed."""
    for note in again(batch.notes):
        _err("  " + " ".join(_in_both(partial(words_of, note))))
    wrong = faults(batch, SHOWN)
    english = reasons(file, layout, {row for row, _field, _message in wrong}, language="en", at=at)
    for row, field, message in wrong:
        _err(f"  第 {row} 行 row {row} {field}：{message} {english.get((row, field), '')}".rstrip())
    for row, field, message in faults(batch, SHOWN, taken=True):
        _err(f"  第 {row} 行 row {row} {field}：{message} taken, not followed")
    for row, winner, number in repeats(batch, SHOWN):
        _err(f"  第 {row} 行 row {row}：{number} 重复，以第 {winner} 行为准 repeated, row {winner} stands")


def _tell(batch: Batch, args: argparse.Namespace) -> None:
    counts = {name: getattr(batch, name) for name in COUNTS}
    flags = {name: getattr(batch, name) for name in FLAGS}
    if args.json:
        notes = [{**told, **dict(zip(("zh", "en"), _in_both(partial(words_of, note)), strict=True))}
                 for told, note in zip(batch.notes, again(batch.notes), strict=True)]  # fmt: skip
        told = {**counts, **flags, "notes": notes, "batch": batch.pk, "dry_run": args.dry_run}
        _out(json.dumps(told, ensure_ascii=False))
        return
    words = ("读入", "新件", "更新", "没有变化", "编号重复", "有错")
    _out(*(f"{zh:<6} {en:<10} {n:>9,}" for zh, (en, n) in zip(words, counts.items(), strict=True)))
    if args.dry_run:
        return
    placeless, outside, still_open, not_followed = (f"{n:,}" for n in flags.values())
    _out(f"没有坐标 without place {placeless}；辖区以外 outside {outside}；在办 open {still_open}")
    if flags["not_followed"]:
        _out(f"类型或联系人变了，没有跟着改 kind or person changed there, not here {not_followed}")
    _out(f"第 {batch.pk} 批。24 小时内可以撤销：  Undo within 24 hours: gongjian hotline import --undo {batch.pk}")


def _out(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _err(*lines: str) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
