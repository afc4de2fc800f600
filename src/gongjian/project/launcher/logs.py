"""Log files that do not grow without end."""

import shutil
from pathlib import Path

MOST_BYTES = 20_000_000
KEEP = 5


def rotate(log: Path, *, most: int = MOST_BYTES, keep: int = KEEP) -> bool:
    """Begin a log anew when it has grown too long, and keep so many former ones; return whether it was.

    The file is copied and emptied, not renamed: a server that holds it open goes on writing at its new end. What is
    written between copying and emptying is lost, at most some lines.
    """
    try:
        if log.stat().st_size <= most:
            return False
    except FileNotFoundError:
        return False
    for number in range(keep - 1, 0, -1):
        former = numbered(log, number)
        if former.exists():
            former.replace(numbered(log, number + 1))
    shutil.copyfile(log, numbered(log, 1))
    numbered(log, 1).chmod(0o600)
    with log.open("r+b") as out:
        out.truncate()
    return True


def numbered(log: Path, number: int) -> Path:
    """Return the name of a former log: postgresql.1.log."""
    return log.with_name(f"{log.stem}.{number}{log.suffix}")
