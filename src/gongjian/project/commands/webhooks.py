"""`gongjian webhooks`: list where programs are told what happens, and have messages sent again."""

import argparse
from collections.abc import Iterable
from typing import Any

from gongjian.httpapi.actions import webhooks
from gongjian.httpapi.queries import subscriptions
from gongjian.httpapi.refusals import Refused
from gongjian.httpapi.tasks import wake
from gongjian.identity.actor import SYSTEM
from gongjian.project.tables import table
from gongjian.project.terminal import Refusal, say
from gongjian.workdays.clock import now


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take what to send again; without anything the list is printed."""
    parser.add_argument("id", nargs="?", type=int, help="推送的编号 number of a webhook, as the list shows it")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--failed", action="store_true", help="没有送到的再送一遍 send what did not arrive")
    which.add_argument("--from-event", type=int, help="从这个事件起再送一遍 send everything from this event on")


def main(args: argparse.Namespace) -> None:
    """Print the list, or queue deliveries again. Raises Refusal."""
    if args.id is None:
        _list()
        return
    if not args.failed and args.from_event is None:
        raise Refusal("写 --failed 或 --from-event 编号。", "Say --failed or --from-event NUMBER.")
    at = now()
    try:
        if args.failed:
            again = webhooks.replay_failed(subscription_id=args.id, actor=SYSTEM, at=at)
        else:
            again = webhooks.replay_from(subscription_id=args.id, event_id=args.from_event, actor=SYSTEM, at=at)
    except Refused as refused:
        raise Refusal(str(refused), f"refused: {refused.field or args.id}") from refused
    wake(args.id)
    say(f"{again} 条重新去送；从没送过的随后也送。", f"{again} messages are sent again; those never sent will follow.")


def _list() -> None:
    listed: Iterable[Any] = subscriptions().order_by("pk")
    rows = [
        {
            "id": row.pk,
            "name": row.name,
            "key": row.key.prefix,
            "url": row.url,
            "state": row.stopped or ("failing" if row.failures else "well"),
            "waiting": row.waiting,
            "event": row.position,
        }
        for row in listed
    ]
    say(table(rows, rich=False) or "没有推送。  There are no webhooks.")
