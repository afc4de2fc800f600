"""What a process remembers of tables that change a few times a year."""

from collections.abc import Callable
from time import monotonic
from typing import Final, NamedTuple

LOOK_AGAIN_S: Final = 5.0  # how long a process may go on with what was changed elsewhere


class _Kept[T](NamedTuple):
    value: T
    version: object


class Memory[T]:
    """One value read from the tables, asked for at every request and read again when its version has changed.

    Whoever changes the rows calls `forget` when the change is committed: it then holds at once in this process and five
    seconds later in all others. Threads share a memory without a lock: two that find it empty both read.
    """

    def __init__(self) -> None:
        self._kept: _Kept[T] | None = None
        self._looked = 0.0

    @property
    def value(self) -> T | None:
        """What is kept, be it old; None for nothing."""
        return self._kept.value if self._kept else None

    def get(self, read: Callable[[], T], version: Callable[[], object] = object) -> T:
        """Return the value; `version` is asked every five seconds, and `read` called when it differs from the last.

        Without `version`, whose default makes no two alike, the value itself is read as often.
        """
        kept = self._kept
        if kept is not None and monotonic() - self._looked < LOOK_AGAIN_S:
            return kept.value
        self._looked = monotonic()  # first: while the database is away it is not asked for every page
        found = version()  # before the rows: a change in between makes the version old, never the rows
        if kept is None or kept.version != found:
            self._kept = kept = _Kept(read(), found)
        return kept.value

    def compare(self, version: object) -> None:
        """Take note of the version in force where another statement brought it along."""
        if self._kept is not None and self._kept.version != version:
            self._kept = None
        self._looked = monotonic()

    def forget(self) -> None:
        """Read again at the next use."""
        self._kept = None
