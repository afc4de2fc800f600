"""The maintenance page: while a file stands in the data folder, everybody but health checks gets 503 in plain words.

A file, not a row: it must work while the database is away, restored or moved. Each process looks at most once a second.
"""

import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gongjian.project.launcher.home import home_folder

NAME = "maintenance"
LOOK_SECONDS = 1.0
RETRY_SECONDS = 300
# Health checks and what the page itself needs.
OPEN = ("/healthz", "/readyz", "/metrics", "/static/")


@dataclass(frozen=True)
class Notice:
    """Since when, until about when, and why."""

    since: datetime
    until: datetime | None
    reason: str


def file_of(home: Path | None = None) -> Path:
    """Return the file that switches the page on."""
    return (home or home_folder()) / NAME


def switch_on(*, at: datetime, until: datetime | None, reason: str, home: Path | None = None) -> None:
    """Write the file, whole or not at all."""
    path = file_of(home)
    fresh = path.with_suffix(f".{os.getpid()}")
    facts = {"since": at.isoformat(), "until": until.isoformat() if until else None, "reason": reason}
    fresh.write_text(json.dumps(facts, ensure_ascii=False))
    fresh.replace(path)


def switch_off(*, home: Path | None = None) -> bool:
    """Take the file away; return whether it was there."""
    try:
        file_of(home).unlink()
    except FileNotFoundError:
        return False
    return True


def read(home: Path | None = None) -> Notice | None:
    """Return the notice, or None while all is open. A file that somebody made by hand counts, whatever it holds."""
    path = file_of(home)
    try:
        text, written = path.read_text(), path.stat().st_mtime
    except FileNotFoundError:
        return None
    since = datetime.fromtimestamp(written, UTC)
    try:
        facts = json.loads(text)
        until = datetime.fromisoformat(facts["until"]) if facts["until"] else None
        return Notice(datetime.fromisoformat(facts["since"]), until, str(facts["reason"]))
    except (ValueError, KeyError, TypeError):
        return Notice(since, None, "")


class Watch:
    """What a web process knows of the file."""

    def __init__(self, home: Path) -> None:
        self.home, self.looked = home, 0.0
        self.notice: Notice | None = None

    def now(self) -> Notice | None:
        """Return the notice as it was at most a second ago."""
        moment = time.monotonic()
        if moment - self.looked >= LOOK_SECONDS:
            self.notice, self.looked = read(self.home), moment
        return self.notice


def retry_after(notice: Notice, *, at: datetime) -> int:
    """Return after how many seconds to ask again: when it ends, but between half a minute and an hour."""
    if notice.until is None:
        return RETRY_SECONDS
    return int(min(3600, max(30, (notice.until - at).total_seconds())))


def is_open(path: str) -> bool:
    """Tell whether an address answers in maintenance too."""
    return path.startswith(OPEN)
