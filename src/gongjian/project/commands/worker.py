"""`gongjian worker`: does the jobs of every queue but the webhooks', and lets the clocks of project/clocks.py tick."""

import argparse
import os

from procrastinate.contrib.django import app

from gongjian.httpapi.tasks import QUEUE as WEBHOOKS
from gongjian.project import queue
from gongjian.project.clocks import register
from gongjian.project.working import refuse_newer_database, work


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the number of jobs at a time."""
    jobs = int(os.environ.get("GONGJIAN_JOBS", "2"))
    parser.add_argument("--jobs", type=int, default=jobs, help="同时处理的任务数 jobs at a time")


def main(args: argparse.Namespace) -> None:
    """Work until SIGTERM. Raises Refusal for a newer database."""
    refuse_newer_database()
    register()
    work(name="worker", queues=queues(), jobs=args.jobs)


def queues() -> list[str]:
    """Return all queues but the webhooks'; also those of other versions, whose jobs then fail where they are seen."""
    return sorted(({task.queue for task in app.tasks.values()} | queue.names()) - {WEBHOOKS})
