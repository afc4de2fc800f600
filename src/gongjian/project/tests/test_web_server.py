"""The web server as the launcher starts it: a worker that has grown is replaced, and finishes what it has in hand."""

import http.client
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from gongjian.project.commands import web
from gongjian.project.tests.test_run import free_port

PATIENCE_S = 60


class Asker:
    """One connection that stays."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)

    def ask(self, path):
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        return answer.status, int(answer.read())


def asked(port, path="/"):
    """Return the process that answered on a connection of its own, 0 where nobody did."""
    try:
        return Asker(port).ask(path)[1]
    except OSError:
        return 0


def until(found):
    """Ask until something is there; fails after a minute."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError("it never came")


@pytest.fixture
def server(tmp_path, clean_env):
    """Two workers that are looked at each second and may have so much memory."""
    port, pipe = free_port(), tmp_path / "pipe"
    os.mkfifo(pipe)
    env = {
        **clean_env,
        "DJANGO_SETTINGS_MODULE": "gongjian.project.settings.test",
        "HOLDING": str(pipe),
        "GONGJIAN_WEB_MEMORY": "350",
    }
    words = web.command("127.0.0.1", port, target="gongjian.project.tests.growing:application", look=1)
    process = subprocess.Popen(words, env=env)
    try:
        until(lambda: asked(port))
        yield port, pipe
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.mark.slow
def test_a_worker_that_has_grown_is_replaced_and_finishes_its_request_first(server):
    port, pipe = server
    first = {until(lambda: asked(port)) for _ in range(30)}
    held, grown = Asker(port), Asker(port)
    _status, worker = held.ask("/grow")
    while grown.ask("/")[1] != worker:  # the kernel gives connections to either
        grown = Asker(port)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(held.ask("/hold")))
    waiting.start()
    fresh = until(lambda: (asked(port) or worker) not in first and "a new one")
    assert fresh
    until(lambda: {asked(port) for _ in range(10)}.isdisjoint({worker}))  # it takes no more
    assert Path(f"/proc/{worker}").exists()  # and has not ended
    pipe.write_text("go on")
    waiting.join(PATIENCE_S)
    assert answers == [(200, worker)]
    until(lambda: not Path(f"/proc/{worker}").exists())
    assert asked(port) not in {0, worker}
