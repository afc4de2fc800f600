"""The web server as the launcher starts it: a worker that has grown is replaced, and finishes what it has in hand."""

import http.client
import os
import subprocess
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from gongjian.project.commands import web
from gongjian.project.tests.test_run import free_port

PATIENCE_S = 60


def ask(connection, path):
    """Return the status and the process that answered."""
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, int(answer.read())


def connect(port):
    return closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S))


def asked(port):
    """Return the process that answered on a connection of its own, 0 where nobody did."""
    with connect(port) as connection, suppress(OSError):
        return ask(connection, "/")[1]
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
        "GONGJIAN_WEB_MEMORY": "400",
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
def test_a_server_that_is_told_to_end_while_it_loads_ends_at_once(tmp_path, clean_env):
    env = {**clean_env, "DJANGO_SETTINGS_MODULE": "gongjian.project.settings.test", "LOADING": str(tmp_path / "loads")}
    words = web.command("127.0.0.1", free_port(), target="gongjian.project.tests.loading:application")
    process = subprocess.Popen(words, env=env)
    until(lambda: len(list((tmp_path).glob("loads*"))) == web.WORKERS)
    began = time.monotonic()
    process.terminate()
    process.wait(PATIENCE_S)
    assert time.monotonic() - began < web.FINISHING_S - 5


@pytest.mark.slow
def test_a_worker_that_has_grown_is_replaced_and_finishes_its_request_first(server):
    port, pipe = server
    first = {until(lambda: asked(port)) for _ in range(30)}
    with connect(port) as held:
        _status, worker = ask(held, "/grow")
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(ask(held, "/hold")))
        waiting.start()
        until(lambda: {asked(port) for _ in range(10)} - first - {0})  # a new one works beside it
        until(lambda: worker not in {asked(port) for _ in range(10)})  # and it takes no more
        assert Path(f"/proc/{worker}").exists()
        pipe.write_text("go on")
        waiting.join(PATIENCE_S)
    assert answers == [(200, worker)]
    until(lambda: not Path(f"/proc/{worker}").exists())
    assert asked(port) not in {0, worker}
