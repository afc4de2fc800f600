"""kill -9 for launcher, web server, web workers, workers and every process of the database, under load.

Every acknowledged case must be there, whole, and the service must come back by itself; a killed launcher is started
again, as systemd would. `make test` kills 24 times; the long run is

    GONGJIAN_KILLS=200 gongjian withdb -- pytest -s tests/stories/test_killed_under_load.py
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from gongjian.project.launcher.home import socket_folder
from gongjian.testing.processes import children, free_port

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads the process tree from /proc")]

KILLS = int(os.environ.get("GONGJIAN_KILLS", "24"))
BIN = Path(sys.executable).parent
LAUNCHER, DATABASE, BACKEND, SERVER, WEB, WORKER, DELIVER = (
    "launcher",
    "database",
    "backend",
    "web server",
    "web worker",
    "worker",
    "worker that delivers webhooks",
)
# Whom the next kill takes: the launcher seldom, because it takes everything else along.
TURNS = (DATABASE, WEB, WORKER, BACKEND, SERVER, WEB, DATABASE, WORKER, DELIVER, BACKEND, SERVER, WEB, LAUNCHER)


class Reporter(threading.Thread):
    """Reports one matter after the other and remembers what was acknowledged."""

    def __init__(self, port: int, first: int) -> None:
        super().__init__(daemon=True)
        self.port, self.first = port, first
        self.acknowledged: list[str] = []
        self.refused = 0
        self.over = threading.Event()

    def run(self) -> None:
        n = self.first
        while not self.over.is_set():
            n += 1
            body = {"kind": "complaint", "text": f"{n} 号楼前的路灯不亮", "reporter": {"phone": f"138{n:08d}"}}
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                address = f"25.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
                headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
                connection.request("POST", "/api/v1/hotline/cases", json.dumps(body), headers)
                answer = connection.getresponse()
                said = answer.read()
            except (OSError, http.client.HTTPException):
                self.refused += 1
                time.sleep(0.05)
                continue
            finally:
                connection.close()
            if answer.status == 201:
                self.acknowledged.append(json.loads(said)["id"])
            else:
                self.refused += 1
                time.sleep(0.05)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_until_ready(port: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not answers(port):
        assert time.monotonic() < end, "the service did not come back"
        time.sleep(0.1)


def told(reporters: list[Reporter]) -> int:
    return sum(len(r.acknowledged) for r in reporters)


def wait_for_more(reporters: list[Reporter], wanted: int, seconds: float) -> None:
    """Wait until so many reports were acknowledged, or the time is over."""
    end = time.monotonic() + seconds
    while told(reporters) < wanted and time.monotonic() < end:
        time.sleep(0.05)


def kind_of(words: str, parent: str) -> str:
    """Say what a process below the launcher is; empty for a tether, which lives and dies with what it holds."""
    if "tether" in words or "prepare" in words:
        return ""
    if words.startswith("postgres:"):
        return BACKEND
    if "bin/postgres" in words:
        return DATABASE
    for command, kind in (("worker", WORKER), ("deliver", DELIVER)):
        if f"gongjian.project.cli {command}" in words:
            return kind
    if "granian" in words or "multiprocessing" in words:
        return SERVER if "tether" in parent else WEB
    return ""


def victims(root: int) -> dict[str, list[int]]:
    """Return the processes below the launcher by what they are."""
    below = children(root)
    found: dict[str, list[int]] = {LAUNCHER: [root]}
    for pid, words in below.items():
        try:
            parent = int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        found.setdefault(kind_of(words, below.get(parent, "")), []).append(pid)
    found.pop("", None)
    return found


class Launcher:
    """`gongjian run`, started again whenever it was killed."""

    def __init__(self, folder: Path) -> None:
        self.port, self.home, self.folder = free_port(), folder / "home", folder
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "GONGJIAN_", "DJANGO_"))}
        self.env = kept | {
            "GONGJIAN_HOME": str(self.home),
            "GONGJIAN_MODE": "production",
            "PORT": str(self.port),
            "GONGJIAN_PROXIES": "1",  # each report comes from an address of its own
        }
        self.start()

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.begins = log.tell()
            self.process = subprocess.Popen(
                [BIN / "gongjian", "run"], env=self.env, stdout=log, stderr=log, cwd=self.folder
            )

    def kill(self, what: str, chance: random.Random) -> str:
        """Kill one process of that kind, or any other when there is none just now; return what it was."""
        found = victims(self.process.pid)
        kind = what if found.get(what) else chance.choice(sorted(found))
        os.kill(chance.choice(found[kind]), signal.SIGKILL)
        if kind == LAUNCHER:
            self.process.wait(90)
            self.start_again()
        return kind

    def start_again(self) -> None:
        """Start as systemd does: again and again, until what the dead one left behind has ended and it stays."""
        end = time.monotonic() + 240
        while time.monotonic() < end:
            self.start()
            while self.process.poll() is None and time.monotonic() < end:
                if self.opened():
                    return
                time.sleep(0.2)
        raise AssertionError(f"the launcher does not start again: {self.said()}")

    def opened(self) -> bool:
        """Tell whether the one that was started last has told where to go."""
        with (self.folder / "log").open("rb") as log:
            log.seek(self.begins)
            return b"Gongjian is running" in log.read()

    def tend(self) -> bool:
        """Start it again when it ended before its door was open, as when its database was killed while it prepared."""
        if self.process.poll() is None:
            return False
        assert not self.opened(), self.said()
        self.start_again()
        return True

    def said(self) -> str:
        """Return what the launcher itself told last, without its children's tracebacks."""
        lines = (self.folder / "log").read_text(errors="replace").splitlines()
        own = [line for line in lines if line[:1] in {"!", "·"} or "\u4e00" <= line[:1] <= "\u9fff"]
        return "\n".join(own[-12:])

    def end(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(120)


WHOLE = """
select c.number from casework_case c join hotline_servicerequest r on r.case_id = c.id
where exists (select from casework_caseparty p where p.case_id = c.id and p.contact_id is not null)
  and exists (select from casework_caseclock k where k.case_id = c.id)
  and exists (select from casework_caseevent e where e.case_id = c.id and e.move = 'register')
  and exists (select from casework_casetext t where t.case_id = c.id)
"""
LEFT = """
select count(*) from procrastinate_jobs
where status in ('todo', 'doing') and queue_name <> 'clocks' and coalesce(scheduled_at, now()) <= now()
"""


def drained(home: Path, patience: float) -> bool:
    """Tell whether every job gets done: those of a killed worker are taken back within two minutes.

    A busy machine may take long for thousands of notices; it is given up only when nothing gets less for a while.
    """
    least, since = 10**9, time.monotonic()
    while time.monotonic() - since < patience:
        try:
            with psycopg.connect(f"postgresql://gongjian_owner@/gongjian?host={socket_folder(home)}") as connection:
                (left,) = connection.execute(LEFT).fetchone()
        except psycopg.OperationalError:
            left = least
        if left == 0:
            return True
        if left < least:
            least, since = left, time.monotonic()
        time.sleep(1)
    return False


def test_nothing_acknowledged_is_lost(tmp_path):
    launcher, chance, taken = (
        Launcher(tmp_path),
        random.Random(int(os.environ.get("GONGJIAN_KILL_SEED", "7"))),
        Counter(),
    )
    began = time.monotonic()
    try:
        wait_until_ready(launcher.port, 240)
        reporters = [Reporter(launcher.port, 1_000_000 * i) for i in range(3)]
        for reporter in reporters:
            reporter.start()
        for turn in range(KILLS):
            time.sleep(chance.uniform(0.2, 1.2))
            wait_for_more(reporters, told(reporters) + 1, 8)  # so that something stands to be lost at each kill
            launcher.tend()
            taken[launcher.kill(TURNS[turn % len(TURNS)], chance)] += 1
            if turn % 20 == 19:
                print(f"{turn + 1} kills, {told(reporters)} acknowledged, {time.monotonic() - began:.0f} s", flush=True)
        wait_until_ready(launcher.port, 240)
        wait_for_more(reporters, max(50, told(reporters) + 3), 240)
        for reporter in reporters:
            reporter.over.set()
        for reporter in reporters:
            reporter.join(60)
        acknowledged = [number for r in reporters for number in r.acknowledged]
        refused = sum(r.refused for r in reporters)
        print(
            f"{sum(taken.values())} kills {dict(taken)}, {len(acknowledged)} acknowledged, {refused} refused,"
            f" {time.monotonic() - began:.0f} s"
        )
        assert len(acknowledged) >= 50
        assert len(set(acknowledged)) == len(acknowledged)
        assert drained(launcher.home, 240), "a job of a killed worker stays behind"
        with psycopg.connect(f"postgresql://gongjian_owner@/gongjian?host={socket_folder(launcher.home)}") as owner:
            whole = owner.execute(WHOLE).fetchall()
            everything = owner.execute("select count(*) from casework_case").fetchone()
            failed = owner.execute(
                "select task_name, count(*) from procrastinate_jobs where status = 'failed' group by 1"
            )
            lost = failed.fetchall()
        numbers = {row[0] for row in whole}
        assert set(acknowledged) <= numbers
        assert everything == (len(numbers),), "a case stands half-written"
        assert not [row for row in lost if not row[0].startswith("clock.")], lost
    finally:
        launcher.end()
