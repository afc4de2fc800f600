"""How far a long load is: a bar on a terminal, a line now and then in a pipe."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from gongjian.project.terminal import step, warn

EVERY: Final = 10.0  # seconds between two lines in a pipe
LAST: Final = "  建索引，核对外键  Building indexes and checking references"


@contextmanager
def counted(zh: str, en: str, total: int, *, last: str = LAST) -> Iterator[Callable[[int], None]]:
    """Announce a step that goes through so many things; yield what is told how many are done."""
    with step(zh, en):
        if sys.stderr.isatty():
            with _bar(total, last) as tell:
                yield tell
        else:
            yield _Lines(total, last)


@contextmanager
def _bar(total: int, last: str) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.update(task, completed=done, description=last if done >= total else "")


class _Lines:
    """Says in plain lines how far it is, and once when all are written."""

    def __init__(self, total: int, last: str) -> None:
        self.last = last
        self.total, self.told, self.ended = total, time.monotonic(), False

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if done >= self.total:
            warn(*([] if self.ended or not self.last else [self.last]))
            self.ended = True
        elif now - self.told >= EVERY:
            self.told = now
            warn(f"  {done:,} / {self.total:,}")
