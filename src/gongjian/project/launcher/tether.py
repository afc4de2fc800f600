"""Tie one process to the launcher: when the launcher is gone, even by kill -9, the process ends.

`python -m gongjian.project.launcher.tether --pipe N --signal INT --grace 30 [--user UID] -- COMMAND ...`

The launcher holds the write end of the pipe and nobody else does; its end of file is the launcher's death. SIGTERM to
the tether ends the process too. Works on every POSIX system. On Linux the process also follows the tether's own death.
"""

import argparse
import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from types import FrameType

PR_SET_PDEATHSIG = 1
MISSING_COMMAND = 127


def _follow(end: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork; the child only calls it

    def die_with_parent() -> None:
        prctl(PR_SET_PDEATHSIG, int(end))

    return die_with_parent


def _spawn(command: list[str], user: int | None, end: signal.Signals) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.DEVNULL,
        cwd="/" if user is not None else None,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        start_new_session=True,
        preexec_fn=_follow(end),  # noqa: PLW1509 - the tether has one thread
    )


def _end(child: subprocess.Popen[bytes], end: signal.Signals, grace: float) -> None:
    child.send_signal(end)
    try:
        child.wait(grace)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _sweep_group(leader: int) -> None:
    """End what a killed process left behind in its group, such as the workers of a web server."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def tie(command: list[str], *, pipe: int, end: signal.Signals, grace: float, user: int | None = None) -> int:
    """Run the command until it ends, the launcher is gone or SIGTERM comes; return its exit code."""
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            asked.append(number)

    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, note)
    child = _spawn(command, user, end)
    while child.poll() is None:
        readable, _, _ = select.select([pipe, wake_read], [], [])
        if wake_read in readable:
            os.read(wake_read, 512)
        if asked or pipe in readable:
            _end(child, end, grace)
    _sweep_group(child.pid)
    code = child.returncode
    return code if code >= 0 else 128 - code


def main(argv: list[str] | None = None) -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="tether")
    parser.add_argument("--pipe", type=int, required=True)
    parser.add_argument("--signal", default="TERM")
    parser.add_argument("--grace", type=float, default=30)
    parser.add_argument("--user", type=int)
    parser.add_argument("command", nargs="+")
    args = parser.parse_args(argv)
    try:
        return tie(
            args.command,
            pipe=args.pipe,
            end=signal.Signals[f"SIG{args.signal}"],
            grace=args.grace,
            user=args.user,
        )
    except OSError as error:
        sys.stderr.write(f"{args.command[0]}: {error.strerror}\n")
        return MISSING_COMMAND


if __name__ == "__main__":
    sys.exit(main())
