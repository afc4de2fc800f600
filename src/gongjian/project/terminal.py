"""What the program says in a terminal: Chinese first, English beside it, no traceback for what a person can mend."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Refusal(Exception):
    """The program cannot go on; one sentence in each language says why and what helps."""

    def __init__(self, zh: str, en: str, *, code: int = 2) -> None:
        super().__init__(f"{zh}\n{en}")
        self.code = code


def say(*lines: str) -> None:
    """Write lines to the terminal at once, also when it is a pipe."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def warn(*lines: str) -> None:
    """Write lines to the error stream."""
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


@contextmanager
def step(zh: str, en: str) -> Iterator[None]:
    """Announce a step on the error stream and, when it took more than a second, how long it took."""
    started = time.monotonic()
    warn(f"· {zh}  {en}")
    yield
    took = time.monotonic() - started
    if took > 1:
        warn(f"  {took:.1f} s")
