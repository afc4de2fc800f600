"""`gongjian keys`: which keys seal, and a new one in their place while the system runs."""

import argparse
import json
import os
import secrets
from pathlib import Path

from django.conf import settings

from gongjian.audit.actions import record
from gongjian.identity.actor import SYSTEM
from gongjian.project.backup.schedule import write_keys
from gongjian.project.progress import counted
from gongjian.project.roots import VARIABLE, add_root, fingerprints, roots
from gongjian.project.terminal import say, warn
from gongjian.sealing.keys import ring
from gongjian.sealing.rotation import by_key, rotate, sealed_models
from gongjian.workdays.clock import now


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take what to do."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="status | rotate | save")
    status = acts.add_parser("status", help="每把密钥封存了多少 how much each key seals")
    status.add_argument("--json", action="store_true", help="输出 JSON for programs")
    acts.add_parser("rotate", help="加一把新密钥并重新封存 add a key and seal everything with it; continues a stop")
    save = acts.add_parser("save", help="把密钥另存到文件 keep the keys in a file")
    save.add_argument("file", type=Path, help="新文件 a new file")


def main(args: argparse.Namespace) -> None:
    """Do it. Raises Refusal."""
    {"status": _status, "rotate": _rotate, "save": _save}[args.act](args)


def _status(args: argparse.Namespace) -> None:
    known, sealed = roots(Path(settings.KEYS_HOME)), by_key()
    rows = [
        {
            "key": str(number),
            "fingerprint": mark,
            "since": root.since.isoformat() if root.since else "",
            "sealed_values": sealed.pop(str(number), 0),
            "seals": number == len(known),
        }
        for number, (root, mark) in enumerate(zip(known, fingerprints(known), strict=True), 1)
    ]
    rows += [
        {"key": key, "fingerprint": "?", "since": "", "sealed_values": count, "seals": False}
        for key, count in sealed.items()
    ]
    if args.json:
        say(json.dumps(rows, indent=1))
        return
    for row in rows:
        mark = "*" if row["seals"] else " "
        say(f"{mark} {row['key']:>3}  {row['fingerprint']}  {row['since'] or '-':<32}  {row['sealed_values']:>10,}")


def _rotate(_args: argparse.Namespace) -> None:
    """Go on with an unfinished rotation, else begin one."""
    if not _unfinished():
        if os.environ.get(VARIABLE):
            _by_hand()
            return
        root = add_root(Path(settings.KEYS_HOME), at=now())
        _note("installation.key.add", f"key {len(settings.SEALING_KEYS)}")
        say(
            f"新密钥 {fingerprints((root,))[0]}，运行中的程序立即用它封存。",
            f"New key {fingerprints((root,))[0]}; running processes seal with it from now on.",
        )
    done = _reseal()
    _note("installation.key.rotate", f"key {ring().current}, {done} values")
    warn(
        f"已重新封存 {done:,} 个值。旧密钥仍要保留：更早的备份要靠它打开，查询码和手机号的查找索引也由第一把密钥算出。",
        f"{done:,} values were sealed anew. Keep the former keys: older backups open with them, and receipts and phone "
        "numbers are looked up by what the first key computes.",
        "请重启 gongjian run，使登录签名也改用新密钥；并把新的密钥文件另行保管：gongjian keys save FILE",
        "Restart gongjian run so that sign-ins are signed with it too, and keep the new key file apart: "
        "gongjian keys save FILE",
    )


def _unfinished() -> bool:
    current = ring().current
    return any(count for key, count in by_key().items() if key != current)


def _by_hand() -> None:
    value = f"{os.environ[VARIABLE]},{secrets.token_hex(32)} {now().isoformat()}"
    say(
        f"密钥来自 {VARIABLE}，程序改不了它。请在每台机器上换成下面的值并重启，再运行 gongjian keys rotate：",
        f"The keys come from {VARIABLE}, which no program can change. Set this value on every machine, restart, "
        "then run gongjian keys rotate again:",
        value,
    )


def _reseal() -> int:
    """Seal every value with the current key; each batch is its own transaction."""
    total = sum(count for key, count in by_key().items() if key != ring().current)
    done = 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        progress(min(done, total))

    with counted("重新封存", "Sealing anew", total, last="") as progress:
        for model in sealed_models():
            rotate(model, progress=tell)
    return done


def _save(args: argparse.Namespace) -> None:
    write_keys(args.file.absolute())
    say(f"密钥已写入 {args.file}，请离线保管。  The keys are in {args.file}: keep them offline.")


def _note(action: str, detail: str) -> None:
    record(
        action=action,
        actor_kind=SYSTEM.kind,
        actor_id=None,
        unit_id=None,
        object_kind="sealing",
        object_id="keys",
        detail=detail,
        at=now(),
    )
