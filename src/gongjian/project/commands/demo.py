"""`gongjian demo`: the demonstration's accounts, and more made-up cases."""

import argparse
import json
import sys

from gongjian.project import demonstration
from gongjian.project.progress import counted
from gongjian.project.tables import table
from gongjian.project.terminal import say
from gongjian.workdays.clock import now


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take what to do."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="accounts | load")
    accounts = acts.add_parser("accounts", help="列出演示账号 list the accounts")
    accounts.add_argument("--json", action="store_true", help="输出 JSON for programs")
    load = acts.add_parser("load", help="再载入一批虚构事项 load more made-up cases")
    load.add_argument("--cases", type=int, default=1000, help="件数 how many")


def main(args: argparse.Namespace) -> None:
    """Do it. Raises Refusal outside the demonstration."""
    if args.act == "load":
        with counted(f"载入 {args.cases:,} 件", f"Loading {args.cases:,} cases", args.cases) as progress:
            demonstration.load_more(cases=args.cases, at=now(), progress=progress)
        return
    if args.json:
        say(json.dumps(demonstration.overview(), ensure_ascii=False, indent=1))
        return
    accounts, keys = demonstration.accounts(), demonstration.keys()
    say(table(accounts, rich=sys.stdout.isatty()), "", table(keys, rich=sys.stdout.isatty()))
