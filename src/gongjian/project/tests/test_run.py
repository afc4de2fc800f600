"""`gongjian run` as a person meets it: from an empty folder to an address, killed, started again, ended."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gongjian.testing.processes import free_port

CLI = [sys.executable, "-m", "gongjian.project.cli"]
PATIENCE_S = 240  # a busy machine is no fault; whoever waits goes on as soon as it can


def status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def await_status(port: int, path: str, wanted: int) -> bool:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if status(port, path) == wanted:
            return True
        time.sleep(0.1)
    return False


def those_with(word: str) -> list[int]:
    """Processes whose command line or environment names this data folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                if word.encode() in told:
                    found.append(int(entry.name))
    return found


def await_none(word: str) -> bool:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and those_with(word):
        time.sleep(0.1)
    return not those_with(word)


def worker_of(installation: "Installation", name: str) -> int:
    """The process that runs this command of the installation; 0 when there is none."""
    words = f"gongjian.project.cli\0{name}\0".encode()
    for pid in those_with(str(installation.home)):
        with contextlib.suppress(OSError):
            told = Path(f"/proc/{pid}/cmdline").read_bytes()
            if words in told and b"tether" not in told:
                return pid
    return 0


def await_worker(installation: "Installation", name: str, *, other_than: int) -> bool:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if worker_of(installation, name) not in {0, other_than}:
            return True
        time.sleep(0.1)
    return False


class Installation:
    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.home = folder / "home"
        self.port = free_port()
        self.env = {**env, "GONGJIAN_HOME": str(self.home), "GONGJIAN_MODE": "production", "PORT": str(self.port)}
        self.log = folder / "out"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("wb") as out:
            self.process = subprocess.Popen([*CLI, "run"], env=self.env, stdout=out, stderr=subprocess.STDOUT)
        assert await_status(self.port, "/healthz", 200), self.log.read_text()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*CLI, *words], env=self.env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )


@pytest.fixture
def installation(folder: Path, clean_env: dict[str, str]) -> Iterator[Installation]:
    made = Installation(folder, clean_env)
    yield made
    if made.process and made.process.poll() is None:
        made.process.kill()
        made.process.wait()
    assert await_none(str(made.home))


@pytest.mark.slow
def test_first_start_kill_second_start_and_orderly_end(installation):
    installation.start()
    assert await_status(installation.port, "/readyz", 200)
    doctor = installation.run("doctor")
    assert doctor.returncode == 0, doctor.stdout
    killed = worker_of(installation, "deliver")
    os.kill(killed, signal.SIGKILL)
    assert await_worker(installation, "deliver", other_than=killed)
    assert worker_of(installation, "worker")
    again = installation.run("run")
    assert again.returncode == 3
    assert "already runs" in again.stderr
    assert "Traceback" not in again.stderr

    installation.process.kill()  # -9: nothing of it may stay behind
    installation.process.wait()
    assert await_none(str(installation.home))

    started = time.monotonic()
    installation.start()
    assert time.monotonic() - started < PATIENCE_S / 2  # on a quiet machine under 10
    assert await_status(installation.port, "/readyz", 200)
    postmaster = int((installation.home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    assert await_status(installation.port, "/readyz", 200)

    installation.process.send_signal(signal.SIGINT)
    assert installation.process.wait(PATIENCE_S) == 0
    assert await_none(str(installation.home))
    assert "已停止。  Stopped." in installation.log.read_text()


def test_port_in_use_is_one_sentence_with_a_remedy(installation):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", installation.port))
        taken.listen()
        told = installation.run("run")
    assert told.returncode == 2
    assert f"PORT={installation.port + 1} make run" in told.stderr
    assert "Traceback" not in told.stderr


def test_command_without_a_database_says_so_in_one_sentence(installation):
    told = installation.run("explain", "hotline.complaint")
    assert told.returncode == 1
    assert "start gongjian run first" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_ordinary_user_needs_no_root(folder, clean_env):
    home = folder / "theirs"
    home.mkdir()
    os.chown(home, 1, 1)
    script = (
        "from gongjian.project.launcher import binaries; from gongjian.project.launcher.home import Home, home_folder; "
        "from gongjian.project.launcher.cluster import Cluster; from gongjian.project.launcher.children import Lifeline; "
        "who = binaries.identity(); home = Home(home_folder(), who); home.open(); "
        "c = Cluster(home.postgres(), home.socket(), binaries.find(who), who, home.path / 'log' / 'pg', Lifeline()); "
        "c.create(); c.start(); c.furnish(); c.stop(); print('well')"
    )
    env = {**clean_env, "GONGJIAN_HOME": str(home / "home"), "HOME": str(home)}
    python = Path(sys.executable).resolve()
    if subprocess.run([*AS_OTHER, str(python), "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip("this interpreter lies in a folder only root may enter")
    told = subprocess.run(
        [*AS_OTHER, sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False
    )
    assert told.stdout == "well\n", told.stderr


AS_OTHER = ["setpriv", "--reuid=1", "--regid=1", "--clear-groups"]
