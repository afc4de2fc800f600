"""kill -9 for web workers, worker, database and launcher's other children under load.

Every acknowledged case must be there, whole, and the service must come back by itself.
"""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from gongjian.project.launcher.home import socket_folder

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads the process tree from /proc")]

KILLS = 20
BIN = Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children(root: int) -> dict[int, str]:
    """Return the processes below the launcher with their command lines."""
    parents, words = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            words[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        parents.setdefault(int(stat[1]), []).append(int(entry.name))
    found, todo = {}, [root]
    while todo:
        for pid in parents.get(todo.pop(), []):
            found[pid] = words.get(pid, "")
            todo.append(pid)
    return found


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


def test_nothing_acknowledged_is_lost(tmp_path):
    port, home = free_port(), tmp_path / "home"
    env = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "GONGJIAN_", "DJANGO_"))}
    env |= {
        "GONGJIAN_HOME": str(home),
        "GONGJIAN_MODE": "production",
        "PORT": str(port),
        "GONGJIAN_PROXIES": "1",  # each report comes from an address of its own
    }
    log = (tmp_path / "log").open("wb")
    launcher = subprocess.Popen([BIN / "gongjian", "run"], env=env, stdout=log, stderr=log, cwd=tmp_path)
    chance = random.Random(7)
    try:
        wait_until_ready(port, 90)
        reporters = [Reporter(port, 1_000_000 * i) for i in range(3)]
        for reporter in reporters:
            reporter.start()
        killed = 0
        while killed < KILLS:
            time.sleep(chance.uniform(0.3, 1.5))
            wait_for_more(reporters, told(reporters) + 1, 4)  # so that something stands to be lost at each kill
            assert launcher.poll() is None, "the launcher gave up"
            victims = [pid for pid, words in children(launcher.pid).items() if "tether" not in words]
            if victims:
                os.kill(chance.choice(victims), signal.SIGKILL)
                killed += 1
        wait_until_ready(port, 90)
        wait_for_more(reporters, max(50, told(reporters) + 3), 60)
        for reporter in reporters:
            reporter.over.set()
        for reporter in reporters:
            reporter.join(20)
        acknowledged = [number for r in reporters for number in r.acknowledged]
        assert len(acknowledged) >= 50
        assert len(set(acknowledged)) == len(acknowledged)
        with psycopg.connect(f"postgresql://gongjian_owner@/gongjian?host={socket_folder(home)}") as connection:
            whole = connection.execute(
                "select c.number from casework_case c join hotline_servicerequest r on r.case_id = c.id"
                " where exists (select from casework_caseparty p where p.case_id = c.id and p.contact_id is not null)"
                " and exists (select from casework_caseclock k where k.case_id = c.id)"
                " and exists (select from casework_caseevent e where e.case_id = c.id and e.move = 'register')"
                " and exists (select from casework_casetext t where t.case_id = c.id)"
            ).fetchall()
            everything = connection.execute("select count(*) from casework_case").fetchone()
        numbers = {row[0] for row in whole}
        assert set(acknowledged) <= numbers
        assert everything == (len(numbers),), "a case stands half-written"
    finally:
        launcher.send_signal(signal.SIGINT)
        launcher.wait(120)
        log.close()
