"""`gongjian deliver`: sends webhooks, in a process of its own, so that slow receivers delay nothing else."""

import argparse
import os

from gongjian.httpapi.tasks import QUEUE
from gongjian.project.working import refuse_newer_database, work


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the number of receivers at a time."""
    receivers = int(os.environ.get("GONGJIAN_RECEIVERS", "8"))
    parser.add_argument("--receivers", type=int, default=receivers, help="同时推送的网址数 receivers at a time")


def main(args: argparse.Namespace) -> None:
    """Work until SIGTERM. Raises Refusal for a newer database."""
    refuse_newer_database()
    work(name="deliver", queues=[QUEUE], jobs=args.receivers)
