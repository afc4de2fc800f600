import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gongjian.project.launcher.children import Child, Lifeline, Recipe
from gongjian.project.launcher.group import HOPELESS, Backoff, Service, port_is_free
from gongjian.testing.processes import children

PATIENCE_S = 60  # a busy machine is no fault; whoever waits goes on as soon as it can
HOLDER = """
import sys, time
from gongjian.project.launcher.children import Child, Lifeline, Recipe
from gongjian.testing.processes import children as below
line = Lifeline()
children = [Child(Recipe("one", ["sleep", "300"]), line), Child(Recipe("two", ["sleep", "300"], end="INT"), line)]
for child in children:
    while not (found := list(below(child.process.pid))):
        time.sleep(0.02)
    print(*found)
sys.stdout.flush()
time.sleep(300)
"""


def alive(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def await_children(pid: int) -> list[int]:
    end = time.monotonic() + PATIENCE_S
    while not (found := list(children(pid))) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def await_dead(pids: list[int]) -> bool:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and any(map(alive, pids)):
        time.sleep(0.02)
    return not any(map(alive, pids))


def test_children_end_when_the_launcher_is_killed_with_9():
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)
    pids = [int(holder.stdout.readline()) for _ in range(2)]
    assert all(map(alive, pids))
    holder.kill()
    holder.wait()
    holder.stdout.close()
    assert await_dead(pids)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")
def test_child_follows_its_killed_tether():
    child = Child(Recipe("one", ["sleep", "300"]), Lifeline())
    found = await_children(child.process.pid)
    child.process.kill()
    child.process.wait()
    assert len(found) == 1
    assert await_dead(found)


def test_exit_code_passes_through():
    assert Child(Recipe("one", ["sh", "-c", "exit 7"]), Lifeline()).process.wait(PATIENCE_S) == 7


def test_missing_program_is_127_without_a_traceback():
    child = Child(Recipe("one", ["/nowhere/at-all"]), Lifeline(), out=subprocess.PIPE)
    assert child.process.wait(PATIENCE_S) == 127
    child.process.stdout.close()


def test_stubborn_process_is_killed_after_its_grace():
    script = "trap '' TERM; echo deaf; sleep 300 & wait; sleep 300"
    child = Child(Recipe("one", ["sh", "-c", script], grace=0.3), Lifeline(), out=subprocess.PIPE)
    child.process.stdout.readline()
    started = time.monotonic()
    assert child.stop() == 128 + signal.SIGKILL
    assert time.monotonic() - started < PATIENCE_S
    child.process.stdout.close()


def test_what_a_process_left_in_its_group_is_ended_too():
    child = Child(Recipe("one", ["sh", "-c", "sleep 300 & echo $!"]), Lifeline(), out=subprocess.PIPE)
    left = int(child.process.stdout.readline())
    child.process.wait(PATIENCE_S)
    child.process.stdout.close()
    assert await_dead([left])


def test_service_is_started_again_also_after_exit_code_0():
    line = Lifeline()
    service = Service(Recipe("worker", ["true"]))
    pids = set()
    end = time.monotonic() + PATIENCE_S
    while len(pids) < 2 and time.monotonic() < end:
        service.tend(line)
        if service.child:
            pids.add(service.child.process.pid)
        time.sleep(0.05)
    assert len(pids) == 2
    if service.child:
        service.child.stop()


def test_backoff_grows_to_half_a_minute_and_forgets():
    backoff = Backoff()
    pauses = []
    for _ in range(8):
        backoff.failed(100.0, lived=0.1)
        pauses.append(round(backoff.not_before - 100.0, 1))
    assert pauses == [0.2, 1, 2, 4, 8, 16, 30, 30]
    assert backoff.failures > HOPELESS
    backoff.failed(100.0, lived=3600)
    assert backoff.failures == 1


def test_port_in_use_is_seen():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert not port_is_free("127.0.0.1", taken.getsockname()[1])
