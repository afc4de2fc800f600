"""`gongjian run`: database, web server and workers, from an empty folder to an address to open."""

import argparse
import os
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import IO

from gongjian.project.commands import web
from gongjian.project.launcher import binaries, refusals
from gongjian.project.launcher.children import Child, Lifeline, Recipe
from gongjian.project.launcher.cluster import Cluster, ServerEndedError
from gongjian.project.launcher.group import WORKERS, Group, Service, answers, port_is_free
from gongjian.project.launcher.home import Home, home_folder
from gongjian.project.launcher.logs import rotate
from gongjian.project.terminal import say, step
from gongjian.workdays import clock

TICK = 0.25
LOG_LOOK = 60.0  # seconds
LOGS = ("postgresql.log", "gongjian.log")
LAST_PORT = 65_535


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take address and port."""
    parser.add_argument("--host", default=os.environ.get("GONGJIAN_LISTEN", "127.0.0.1"), help="监听地址 address")
    parser.add_argument("--port", default=os.environ.get("PORT", "8000"), help="端口 port")


def main(args: argparse.Namespace) -> int:
    """Start everything and stay until Ctrl-C or SIGTERM."""
    args.port = port_of(args.port)
    os.environ["PORT"] = str(args.port)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongjian.project.settings")
    who = binaries.identity()
    home = Home(home_folder(), who)
    home.open()
    if not port_is_free(args.host, args.port):
        raise refusals.port_in_use(args.port)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # one orderly end for all three
        signal.signal(number, signal.default_int_handler)
    lifeline = Lifeline()
    clock.share()
    os.environ.setdefault("GONGJIAN_LOG_FILE", str(home.path / "log" / "gongjian.log"))
    group = Group(lifeline, None if os.environ.get("DATABASE_URL") else embedded(home, lifeline), [])
    next_look = 0.0
    try:
        _start(group, args)
        while True:
            group.tend()
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + LOG_LOOK
                for name in LOGS:
                    rotate(home.path / "log" / name)
            time.sleep(TICK)
    except KeyboardInterrupt:
        say("", "正在停止……  Stopping ...")
    finally:
        _end(group)
    say("已停止。  Stopped.")
    return 0


def port_of(given: str) -> int:
    """Return the port somebody asked for. Raises Refusal for what is none."""
    if not given.isdecimal() or not 0 < int(given) <= LAST_PORT:
        raise refusals.no_port(given)
    return int(given)


def _end(group: Group) -> None:
    def hurry(_number: int, _frame: FrameType | None) -> None:
        sys.exit(130)  # the second Ctrl-C: the lifeline closes and the tethers end everything

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, hurry)
    group.end()


def embedded(home: Home, lifeline: Lifeline) -> Cluster:
    """Return the data folder's own database, not yet started."""
    log = home.path / "log" / "postgresql.log"
    rotate(log)
    programs = binaries.find(home.who, state=home.state)
    return Cluster(home.postgres(), home.socket(), programs, home.who, log, lifeline)


def _start(group: Group, args: argparse.Namespace) -> None:
    if group.cluster is not None:
        start_database(group.cluster)
        os.environ["GONGJIAN_SOCKET"] = str(group.cluster.socket)
    welcome = _prepare(group.lifeline)
    with step("启动网站和后台任务", "Starting the web server and the workers"):
        group.services += [Service(_web(args.host, args.port)), *(Service(_worker(name)) for name in WORKERS)]
        while not answers(args.host, args.port):
            group.tend()
            if any(service.hopeless for service in group.services):
                raise refusals.part_fails(group.services[0].recipe.name, "stderr")
            time.sleep(0.1)
    say("", welcome.rstrip(), "")


def start_database(cluster: Cluster) -> None:
    """Make the database unless it is there, start it, and see that roles and extensions stand. Raises Refusal."""
    if not (cluster.data / "PG_VERSION").exists():
        with step("建立数据库", "Making the database"):
            cluster.create()
    else:
        cluster.create()  # refuses another major version
    with step("启动数据库", "Starting the database"):
        try:
            cluster.start()
        except ServerEndedError as ended:
            raise refusals.server_ended(str(ended), cluster.folder) from ended
        cluster.furnish()


def _prepare(lifeline: Lifeline) -> str:
    """Run `gongjian prepare` as its own process, so that the launcher stays small; return the welcome it writes."""
    command = [sys.executable, "-m", "gongjian.project.cli", "prepare"]
    if sys.stdout.isatty():
        command.append("--rich")
    recipe = Recipe("prepare", command, grace=20)
    child = Child(recipe, lifeline, out=subprocess.PIPE)
    try:
        welcome = _read(child.process.stdout)
        code = child.process.wait()
    except KeyboardInterrupt:
        child.stop()
        raise
    if code:
        raise SystemExit(code)  # it has said why
    return welcome


def _read(stream: IO[bytes] | None) -> str:
    return stream.read().decode() if stream else ""


def _web(host: str, port: int) -> Recipe:
    return Recipe("web", web.command(host, port), grace=web.FINISHING_S + web.HANDING_OVER_S + 2)


def _worker(name: str) -> Recipe:
    return Recipe(name, [sys.executable, "-m", "gongjian.project.cli", name], grace=20)
