"""Do slow receivers of webhooks delay anything? `gongjian withdb -- python -m bench.webhooks`.

Notices are sent one after the other, first with nothing else to do, then while two receivers that take nine seconds for
each answer, and one that is quick, are owed so many events. Each notice is timed from its writing to its being sent.
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

FOLDER = tempfile.mkdtemp(prefix="gj-bench-")
os.environ |= {
    "GONGJIAN_HOME": FOLDER,
    "GONGJIAN_WEBHOOKS_INSIDE": "on",
    "GONGJIAN_DB_ROLE": "owner",
    "DJANGO_SETTINGS_MODULE": "gongjian.project.settings",
}

import django

django.setup()

from django.core.management import call_command
from django.db import connection

from gongjian.httpapi.actions.webhooks import subscribe
from gongjian.notify.actions import send
from gongjian.notify.recipients import ToPhone
from gongjian.project.reference import load_reference
from gongjian.project.streams import now_at, sweep_webhooks
from gongjian.testing.cases import make_request
from gongjian.testing.cast import actor, load_cast
from gongjian.testing.programs import DISTRICT_RIGHTS, make_key
from gongjian.testing.receiver import Receiver
from gongjian.workdays.clock import now

SLOW = 9.0
SENT = "select 1 from notify_message where dedupe like %s and state = 'sent'"


@contextmanager
def workers(names: list[str]) -> Iterator[None]:
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = [subprocess.Popen([sys.executable, "-m", "gongjian.project.cli", name], **silent) for name in names]
    try:
        yield
    finally:
        for process in running:
            process.send_signal(signal.SIGKILL)
            process.wait()


def notice(number: int, name: str, patience: float) -> float:
    """Send one code and return the seconds until it had gone, or the patience that was in vain."""
    began = time.perf_counter()
    send(
        recipient=ToPhone(f"+86138{number:08d}", "zh-hans"),
        template="console/sign_in_code",
        context={"code": "481207", "name_zh": "", "name_en": ""},
        link="",
        dedupe=f"{name}-{number}",
        at=now(),
        urgency="code",
    )
    while time.perf_counter() - began < patience:
        with connection.cursor() as cursor:
            cursor.execute(SENT, [f"{name}-{number}%"])
            if cursor.fetchone():
                break
        time.sleep(0.002)
    return time.perf_counter() - began


def told(name: str, times: list[float]) -> None:
    times.sort()
    print(
        f"{name}: {len(times)} notices, p50 {statistics.median(times) * 1000:.0f} ms,"
        f" p95 {times[int(len(times) * 0.95)] * 1000:.0f} ms, slowest {times[-1] * 1000:.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--notices", type=int, default=100)
    parser.add_argument("--workers", default="worker,deliver")
    parser.add_argument("--patience", type=float, default=60)
    args = parser.parse_args()
    call_command("migrate", verbosity=0)
    at = now()
    load_reference(at=at)
    load_cast(at=at)
    with ExitStack() as stack:
        stack.enter_context(workers(args.workers.split(",")))
        notice(0, "first", 120)
        told("nothing else to do", [notice(n, "quiet", args.patience) for n in range(args.notices)])
        slow = [stack.enter_context(Receiver()) for _ in range(2)]
        good = stack.enter_context(Receiver())
        key = make_key("bench", rights=DISTRICT_RIGHTS)
        for one in (*slow, good):
            one.slow = SLOW if one in slow else 0.0
            facts = {"name": "bench", "url": one.url, "kinds": [], "moves": [], "position": now_at()}
            subscribe(key_id=key.pk, **facts, actor=actor("du.siyuan"), at=at)
        for _ in range(args.events // 4):
            make_request(state="signed", at=now())
        sweep_webhooks(at=now())
        began = time.perf_counter()
        while not all(one.busy.is_set() for one in slow):
            time.sleep(0.01)
        told("two slow receivers", [notice(n, "busy", args.patience) for n in range(args.notices)])
        while len(good.got) < args.events and time.perf_counter() - began < args.patience:
            time.sleep(0.01)
        print(
            f"quick receiver: {len(good.got)} of {args.events} events after {time.perf_counter() - began:.1f} s;"
            f" slow ones had {[len(one.got) for one in slow]}"
        )


if __name__ == "__main__":
    try:
        main()
    finally:
        shutil.rmtree(FOLDER)
