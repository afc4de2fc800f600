"""`gongjian queue`: jobs that were given up, with retry and discard."""

import argparse
import json
import sys

from gongjian.identity.actor import SYSTEM
from gongjian.project import failures, queue
from gongjian.project.tables import table
from gongjian.project.terminal import Refusal, say
from gongjian.text import argument
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_moment


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take what to do."""
    acts = parser.add_subparsers(dest="act", metavar="list | retry | discard | rescue")
    listing = acts.add_parser("list", help="列出失败的任务 list the failed jobs")
    listing.add_argument("--json", action="store_true", help="输出 JSON for programs")
    retry = acts.add_parser("retry", help="重新排队 put back into the queue")
    retry.add_argument("job", type=int, nargs="*", help="编号 number")
    retry.add_argument("--all", action="store_true", help="全部 all of them")
    discard = acts.add_parser("discard", help="放弃并写明原因 give up, with a reason")
    discard.add_argument("job", type=int, nargs="+", help="编号 number")
    discard.add_argument("--reason", type=argument, required=True, help="原因 the reason")
    acts.add_parser("rescue", help="收回没有后台程序在做的任务 take back jobs nobody works on")


def main(args: argparse.Namespace) -> None:
    """Do it. Raises Refusal for what is not a failed job."""
    {"retry": _retry, "discard": _discard, "rescue": _rescue}.get(args.act, _list)(args)


def _list(args: argparse.Namespace) -> None:
    found = failures.failed(limit=200)
    if getattr(args, "json", False):
        rows = [
            {"id": job.id, "task": job.task, "tries": job.tries, "failed_at": job.at.isoformat(), "about": job.about}
            for job in found
        ]
        say(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    here = queue.figures()
    say(
        f"等待 {here.due}，失败 {here.failed}，最久的等了 {here.oldest_seconds:.0f} 秒。",
        f"{here.due} wait, {here.failed} failed, the oldest has waited {here.oldest_seconds:.0f} s.",
    )
    rows = [
        {
            "编号 id": job.id,
            "任务 task": job.task,
            "次数 tries": job.tries,
            "失败于 failed": f"{local_moment(job.at):%m-%d %H:%M}",
            "关于 about": job.about[:60],
        }
        for job in found
    ]
    say(*([table(rows, rich=sys.stdout.isatty())] if rows else []))


def _retry(args: argparse.Namespace) -> None:
    ids = [job.id for job in failures.failed(limit=10_000)] if args.all else args.job
    if not ids and not args.all:
        raise Refusal("请写任务编号，或 --all。", "Give the numbers of jobs, or --all.")
    _told("重新排队", "put back", [i for i in ids if failures.retry(job_id=i, actor=SYSTEM, at=now())], ids)


def _discard(args: argparse.Namespace) -> None:
    done = [i for i in args.job if failures.discard(job_id=i, reason=args.reason, actor=SYSTEM, at=now())]
    _told("放弃", "discarded", done, args.job)


def _rescue(_args: argparse.Namespace) -> None:
    count = queue.rescue_jobs(at=now())
    say(f"收回 {count} 个任务。  {count} jobs were taken back.")


def _told(zh: str, en: str, done: list[int], asked: list[int]) -> None:
    missed = sorted(set(asked) - set(done))
    say(f"{zh} {len(done)} 个。  {len(done)} jobs were {en}.")
    if missed:
        listed = ", ".join(map(str, missed))
        raise Refusal(f"没有失败的任务 {listed}。", f"No failed job {listed}.", code=1)
