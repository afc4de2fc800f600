"""`gongjian web`: the web server alone; what `gongjian run` starts, and the unit of a machine without the database."""

import argparse
import os
import sys

from gongjian.project.launcher.home import socket_folder

TARGET = "gongjian.project.rsgi:application"
WORKERS = 2
MEMORY_MB = 500  # of one worker, which has about 200 once every page was seen; beyond it another takes its place
LOOK_S = 15
# Seconds: between a new worker and the end of the old one; for what the old one still has in hand.
HANDING_OVER_S, FINISHING_S = 3, 30
HEADERS_MS, HEADERS_BYTES = 10_000, 65_536  # for the head of a request, and before the next one on a connection


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take address and port."""
    parser.add_argument("--host", default=os.environ.get("GONGJIAN_LISTEN", "127.0.0.1"), help="监听地址 address")
    parser.add_argument("--port", default=os.environ.get("PORT", "8000"), help="端口 port")


def main(args: argparse.Namespace) -> int:
    """Become the web server."""
    os.environ.setdefault("GONGJIAN_SOCKET", str(socket_folder()))
    words = command(args.host, args.port)
    os.execv(words[0], words)  # noqa: S606 - our own interpreter
    return 1


def command(host: str, port: int | str, *, target: str = TARGET, look: int = LOOK_S) -> list[str]:
    """Return the command line of the web server. It starts no threads for Python: those are ours."""
    most = int(os.environ.get("GONGJIAN_WEB_MEMORY", MEMORY_MB))
    words = f"""
        --interface rsgi --http 1 --no-ws --workers {WORKERS} --log-level error
        --http1-header-read-timeout {HEADERS_MS} --http1-buffer-size {HEADERS_BYTES}
        --respawn-failed-workers --respawn-interval {HANDING_OVER_S} --workers-kill-timeout {FINISHING_S}
        --workers-max-rss {most} --rss-sample-interval {look} --rss-samples 2
    """
    return [sys.executable, "-m", "granian", *words.split(), "--host", host, "--port", str(port), target]
