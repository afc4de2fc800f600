"""`gongjian maintenance on|off`: the page that tells everybody to come back later. Needs no database."""

import argparse
from datetime import UTC, datetime, timedelta

from gongjian.project import maintenance
from gongjian.project.launcher.home import home_folder
from gongjian.project.terminal import Refusal, say
from gongjian.text import argument
from gongjian.workdays.rules import local_minute


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take on or off, how long, and why."""
    parser.add_argument("state", choices=["on", "off", "status"], help="开、关或查看 on, off or status")
    parser.add_argument("--minutes", type=int, default=0, help="大约多少分钟 about how many minutes")
    parser.add_argument(
        "--reason", type=argument, default="", help="给居民看的原因 what people are told, in plain words"
    )


def main(args: argparse.Namespace) -> int:
    """Do it; `status` returns 1 while the page is on. Raises Refusal where there is no data folder."""
    home = home_folder()
    if not home.is_dir():
        raise Refusal(f"没有数据文件夹 {home}：请设置 GONGJIAN_HOME。", f"No data folder {home}: set GONGJIAN_HOME.")
    if args.state == "on":
        at = datetime.now(UTC)
        until = at + timedelta(minutes=args.minutes) if args.minutes > 0 else None
        maintenance.switch_on(at=at, until=until, reason=args.reason, home=home)
    elif args.state == "off":
        maintenance.switch_off(home=home)
    notice = maintenance.read(home)
    if notice is None:
        say("维护页已关，所有页面照常。  The maintenance page is off; every page answers.")
        return 0
    since = local_minute(notice.since)
    say(
        f"维护页已开（自 {since}）：一秒之内所有页面答复 503，只有健康检查照常。关：gongjian maintenance off",
        f"The maintenance page is on (since {since}): within a second every page answers 503, health checks as ever. "
        "Off: gongjian maintenance off",
    )
    return 1 if args.state == "status" else 0
