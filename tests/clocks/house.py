"""An installation of its own under a clock of its own: started, asked by command, ended."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from gongjian.testing.processes import free_port

COMMAND = [sys.executable, "-m", "gongjian.project.cli"]
FIRST_START_S, END_S, COMMAND_S = 900, 90, 300
OPEN = "Gongjian is running"
OTHERS = ("DATABASE_", "GONGJIAN_", "DJANGO_")
FAULT = re.compile(r"Traceback|\bERROR\b|\bCRITICAL\b")


class House:
    """`gongjian run` on a new data folder, with the full demonstration."""

    def __init__(self, moment: datetime, zone: str) -> None:
        self.moment, self.folder = moment, Path(tempfile.mkdtemp(prefix="gj-clock-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.base = f"http://127.0.0.1:{(port := free_port())}"
        self.began = time.time()
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)} | {
            "GONGJIAN_HOME": str(self.folder / "home"),
            "GONGJIAN_CLOCK": moment.isoformat(),
            "GONGJIAN_CLOCK_SINCE": str(self.began),
            "PORT": str(port),
            "TZ": zone,
        }
        self.log = self.folder / "out"
        self.process: subprocess.Popen[bytes] | None = None

    def now(self) -> datetime:
        """Return what the clocks of the house show."""
        return self.moment + timedelta(seconds=time.time() - self.began)

    def start(self) -> None:
        """Start it and wait until its door is open."""
        with self.log.open("wb") as out:
            self.process = subprocess.Popen([*COMMAND, "run"], env=self.env, stdout=out, stderr=subprocess.STDOUT)
        end = time.monotonic() + FIRST_START_S
        while OPEN not in self.said():
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"it does not start: {self.reason()}")
            time.sleep(0.2)

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def reason(self) -> str:
        """Return why a start failed: what was raised, then the whole of what was said."""
        log = self.folder / "home" / "log" / "prepare.log"
        trace = log.read_text().strip() if log.exists() else ""
        lines = [*self.said().splitlines(), *trace.splitlines()]
        raised = next((line for line in reversed(lines) if re.match(r"[\w.]+(Error|Exception|Expired)\b", line)), "")
        return f"{raised or lines[-1:]}\n{trace[-2000:]}\n{self.said()[-2000:]}"

    def command(self, *words: str) -> str:
        """Run a command beside the house and return what it says."""
        done = subprocess.run(
            [*COMMAND, *words],
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
        assert done.returncode == 0, f"gongjian {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def faults(self) -> Iterator[str]:
        """Yield what the house itself complained of: in the terminal, in its log, and jobs that failed."""
        for line in self.said().splitlines():
            if FAULT.search(line):
                yield f"in the terminal: {line[:300]}"
        log = self.folder / "home" / "log" / "gongjian.log"
        for line in log.read_text().splitlines() if log.exists() else ():
            with contextlib.suppress(ValueError):
                told = json.loads(line)
                if told.get("level") in {"ERROR", "CRITICAL"}:
                    yield f"in the log: {str(told)[:600]}"

    def stop(self) -> str:
        """End it in order; return what was wrong with that."""
        if self.process is None or self.process.poll() is not None:
            return "it ran no more"
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            return f"it does not end within {END_S} s"
        return "" if code == 0 and "Stopped." in self.said() else f"it ended with {code}"

    def clear(self) -> None:
        """End what still runs and remove the folder."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()  # everything below hangs on its lifeline
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
