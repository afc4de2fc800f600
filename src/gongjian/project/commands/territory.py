"""`gongjian territory load FILE --crs wgs84|gcj02`: the district's own outlines in place of the drawn ones."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.db import transaction

from gongjian.audit.actions import record
from gongjian.domains.hotline.queries.places import Displaced, displaced_by
from gongjian.identity.actor import SYSTEM
from gongjian.places import queries
from gongjian.places.shapes import BadShapes, Shape, read_shapes
from gongjian.places.territory import Loaded, known_codes, load_shapes
from gongjian.project.terminal import Refusal, say
from gongjian.workdays.clock import now

MOST_BYTES = 50_000_000
SHOWN = 12


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take what to do with which file."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="load | export")
    load = acts.add_parser("load", help="载入边界 take outlines over")
    load.add_argument("file", type=Path, help="GeoJSON")
    load.add_argument("--crs", required=True, choices=("wgs84", "gcj02"), help="坐标系 what the file is drawn in")
    load.add_argument("--without-sea", action="store_true", help="不再画海面 show no sea")
    load.add_argument("--dry-run", action="store_true", help="只看会改什么，不写 show the changes, write nothing")
    load.add_argument("--json", action="store_true", help="输出 JSON for programs")
    export = acts.add_parser("export", help="导出现在用的边界 write the outlines in use")
    export.add_argument("file", type=Path, help="GeoJSON")


def main(args: argparse.Namespace) -> None:
    """Do it. Raises Refusal with every fault of the file; nothing is written then."""
    if args.act == "export":
        _export(args.file)
        return
    shapes = _read(args.file, args.crs)
    loaded, displaced = _load(shapes, args)
    if args.json:
        say(json.dumps(_facts(loaded, displaced, dry_run=args.dry_run), ensure_ascii=False))
    else:
        say(*_report(loaded, displaced, dry_run=args.dry_run))


def _read(file: Path, crs: str) -> list[Shape]:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise Refusal(f"{file} 超过 50 MB：先简化边界。", f"{file} is over 50 MB: simplify the outlines first.")
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise Refusal(f"读不了 {file}：{error.strerror}。", f"Cannot read {file}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Refusal(f"{file} 不是 UTF-8 文本。", f"{file} is no UTF-8 text.") from error
    try:
        return read_shapes(text, crs=crs, known=known_codes())
    except BadShapes as bad:
        raise _refusal(bad) from bad


def _refusal(bad: BadShapes) -> Refusal:
    return Refusal("\n".join(zh for zh, _en in bad.faults), "\n".join(en for _zh, en in bad.faults))


@transaction.atomic
def _load(shapes: list[Shape], args: argparse.Namespace) -> tuple[Loaded, Displaced]:
    """Load, count the matters that would lie elsewhere, note it; a dry run takes all of it back."""
    at = now()
    done: list[Loaded] = []
    try:
        displaced = displaced_by(lambda: done.append(load_shapes(shapes=shapes, without_sea=args.without_sea, at=at)))
    except BadShapes as bad:
        raise _refusal(bad) from bad
    loaded = done[0]
    if args.dry_run:
        transaction.set_rollback(True)
        queries.forget()
        return loaded, displaced
    record(
        action="places.territory.load",
        actor_kind=SYSTEM.kind,
        actor_id=None,
        unit_id=None,
        object_kind="territory",
        object_id=",".join(loaded.areas)[:60],
        detail=f"crs={args.crs} shapes={len(shapes)} grids={loaded.grids} displaced={displaced.total}",
        at=at,
    )
    return loaded, displaced


def _facts(loaded: Loaded, displaced: Displaced, *, dry_run: bool) -> dict[str, Any]:
    names = {c.id: c.code for c in queries.communities()}
    pairs = [
        {"from": names.get(was or 0, ""), "to": names.get(lies or 0, ""), "cases": n}
        for (was, lies), n in displaced.pairs.items()
    ]
    return {
        "dry_run": dry_run,
        "areas_km2": loaded.areas,
        "repaired": loaded.repaired,
        "moved_m": loaded.moved_m,
        "redrawn": loaded.redrawn,
        "groundless": loaded.groundless,
        "seats": loaded.seats,
        "grids": loaded.grids,
        "overlaps": loaded.overlaps,
        "addresses_elsewhere": loaded.addresses_elsewhere,
        "sea_drawn": loaded.sea_drawn,
        "synthetic": loaded.synthetic,
        "cases": {"placed": displaced.placed, "displaced": displaced.total, "pairs": pairs},
    }


def _report(loaded: Loaded, displaced: Displaced, *, dry_run: bool) -> list[str]:
    """Return the report, Chinese and English line by line."""
    names = known_codes()
    lines = ["预演，什么也没有写。 A rehearsal, nothing is written." if dry_run else "已载入。 Loaded.", ""]
    for code, (before, after) in loaded.areas.items():
        moved = f"，GCJ-02 移回 {loaded.moved_m[code]:,.0f} m" if code in loaded.moved_m else ""
        mended = "，自相交已修 crossing repaired" if code in loaded.repaired else ""
        lines.append(f"  {code} {names.get(code, '')}  {before:.2f} → {after:.2f} km²{moved}{mended}")
    lines += [
        "",
        f"重新布置网格 Grids spread anew: {loaded.grids}",
        f"仍为示意、按剩下的地面重画的社区 Communities still drawn, cut anew: {len(loaded.redrawn)}",
    ]
    if loaded.groundless:
        lines.append(f"没有地面、保留旧图的社区 No ground left, old shape kept: {', '.join(loaded.groundless)}")
    if loaded.seats:
        lines.append(f"驻地点移进新边界的社区 Seats moved inside: {', '.join(loaded.seats)}")
    lines += [f"重叠 Overlap: {one} / {other} {share:.1%}" for one, other, share in loaded.overlaps]
    if loaded.sea_drawn:
        lines.append("海面仍是示意 The sea is still drawn by us: kind=sea, --without-sea")
    lines += [
        f"位置落到社区外的示意地址 Synthetic addresses now outside their community: {loaded.addresses_elsewhere}",
        f"仍有示意边界 Some shapes are still synthetic: {'是 yes' if loaded.synthetic else '否 no'}",
        "",
        f"有坐标的件 Cases with a point: {displaced.placed:,}",
        f"坐标落在别的社区、但没有改动的件 Cases that now lie elsewhere, left as they are: {displaced.total:,}",
    ]
    by_id = {c.id: c.name_zh for c in queries.communities()}
    for (was, lies), n in list(displaced.pairs.items())[:SHOWN]:
        lines.append(f"  {by_id.get(was or 0, '—')} → {by_id.get(lies or 0, '—')}  {n:,}")
    if displaced.examples:
        lines.append(f"  {'  '.join(displaced.examples[:SHOWN])}")
    return lines


def _export(file: Path) -> None:
    shapes = queries.ground()
    features = [f for f in (shapes["sea"], shapes["land"]) if f] + shapes["communities"]["features"]
    told = {"type": "FeatureCollection", "synthetic": shapes["synthetic"], "features": features}
    try:
        file.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    except OSError as error:
        raise Refusal(f"写不了 {file}：{error.strerror}。", f"Cannot write {file}: {error.strerror}.") from error
    say(f"已写入 {len(features)} 个图形：{file}", f"Wrote {len(features)} features to {file}")
