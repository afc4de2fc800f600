"""`gongjian demo`: the demonstration's accounts, more made-up cases, and the way out of it."""

import argparse
import csv
import json
import sys
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from gongjian.demo import leaving
from gongjian.identity import queries
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import User
from gongjian.identity.refusals import Refused
from gongjian.project import demonstration
from gongjian.project.launcher import refusals
from gongjian.project.progress import counted
from gongjian.project.tables import table
from gongjian.project.terminal import Refusal, say
from gongjian.workdays.clock import now


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take what to do."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="accounts | load | leave")
    accounts = acts.add_parser("accounts", help="列出演示账号 list the accounts")
    accounts.add_argument("--json", action="store_true", help="输出 JSON for programs")
    load = acts.add_parser("load", help="再载入一批虚构事项 load more made-up cases")
    gone = acts.add_parser("leave", help="清空演示数据，开始真正的业务 wipe the demonstration and begin for real")
    gone.add_argument(
        "--district", default="", help="照抄本区名称，不写就询问 the district's name; asked for if left out"
    )
    gone.add_argument("--sure", default="", help="有真实数据时照抄那句话 the sentence, where there is real data")
    gone.add_argument("--keep", nargs="*", default=[], help="保留这些工号 keep these accounts")
    gone.add_argument("--report", default="", help="把清空证明写进这个 csv 文件 write the proof to this csv file")
    gone.add_argument("--dry-run", action="store_true", help="只说会删什么 only tell what would go")
    load.add_argument("--cases", type=int, default=1000, help="件数 how many")


def main(args: argparse.Namespace) -> None:
    """Do it. Raises Refusal outside the demonstration."""
    if args.act == "leave":
        _leave(args)
        return
    if args.act == "load":
        with counted(f"载入 {args.cases:,} 件", f"Loading {args.cases:,} cases", args.cases) as progress:
            demonstration.load_more(cases=args.cases, at=now(), progress=progress)
        return
    if args.json:
        say(json.dumps(demonstration.overview(), ensure_ascii=False, indent=1))
        return
    accounts, keys = demonstration.accounts(), demonstration.keys()
    say(table(accounts, rich=sys.stdout.isatty()), "", table(keys, rich=sys.stdout.isatty()))


def _leave(args: argparse.Namespace) -> None:
    """Wipe the demonstration. Raises Refusal where something is missing; then nothing is done."""
    at = now()
    if leaving.erase_files(at=at):
        say("上次没有清完的文件清完了。  The files left over from last time are gone.")
    if not queries.demonstration():
        raise refusals.no_demonstration()
    leaving.ensure_function()
    found, real = leaving.overview(), leaving.real_things(at)
    say("会删除这些，基础数据和审计记录留着：", "This goes; reference data and the audit record stay:")
    say(table([{"table": name, "rows": f"{rows:,}"} for name, rows in found.items()], rich=False))
    if real.any:
        say(
            f"其中有真实录入的：{real.cases} 件、{real.imports} 次导入、{real.keys} 把密钥。"
            f"要一起删除，加上 --sure “{leaving.SURE_ZH}”。",
            f"Some of it is real: {real.cases} cases, {real.imports} imports, {real.keys} keys. "
            f"To delete that too add --sure '{leaving.SURE_EN}'.",
        )
    if args.dry_run:
        return
    typed = args.district or (
        input(f"照抄名称以确认 type the name to go on “{leaving.district()}”：") if sys.stdin.isatty() else ""
    )
    try:
        ids = User.objects.filter(username__in=args.keep).values_list("pk", flat=True)
        left = leaving.leave(district_name=typed, sure=args.sure, keep=list(ids), actor=SYSTEM, at=at)
    except Refused as refused:
        with translation.override("en"):
            english = str(refused)
        with translation.override("zh-hans"):
            raise Refusal(str(refused), english) from refused
    _tell(left, args.report)


def _tell(left: leaving.Left, report: str) -> None:
    gone = [line for line in left.lines if not line.kept]
    rows = sum(line.before for line in gone)
    say(
        f"清空了：{rows:,} 行，{len(gone)} 张表，现在都是 0。证明 {left.digest[:16]} 已写入审计并封存。",
        f"Done: {rows:,} rows of {len(gone)} tables, all 0 now; sealed in the audit record.",
    )
    if report:
        with Path(report).open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["table", "before", "after", "kept"])
            writer.writerows([line.name, line.before, line.after, line.kept] for line in left.lines)
    if left.setup_token:
        address = f"{settings.PUBLIC_URL}{reverse('console:setup', args=[left.setup_token])}"
        say("还没有系统管理员，用这条链接开张：", "No administrator is left; this link opens the set-up:", address)
