"""The demonstration district: loaded into an empty database, listed for those who try it."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from gongjian.demo import accounts as people
from gongjian.demo import actions, leaving
from gongjian.demo.accounts import keys as program_keys
from gongjian.identity import queries
from gongjian.identity.models import User
from gongjian.project.launcher import refusals
from gongjian.project.terminal import step
from gongjian.testing.cast import CAST


def demonstrating() -> bool:
    """Whether this is a demonstration that nobody has left for good."""
    return queries.demonstration()


def load_if_missing(*, at: datetime) -> bool:
    """Load the demonstration district, or what a start that was broken off left out; return whether it was.

    A real installation is left alone. Where somebody has an account and nobody of the cast is there, a real centre was
    started the wrong way.
    """
    if not demonstrating() or actions.loaded() or _people_without_cast():
        return False
    with step("载入演示数据，约半分钟", "Loading the demonstration district, about half a minute"):
        actions.load_demonstration(at=at)
    return True


def _people_without_cast() -> bool:
    staff = User.objects.filter(kind=User.Kind.STAFF)
    return staff.exists() and not staff.filter(username=CAST[0].username).exists()


def furnish_exit(*, at: datetime) -> None:
    """Make sure that the demonstration can be left from the browser, and finish a leaving that was broken off."""
    leaving.ensure_function()
    leaving.erase_files(at=at)


def load_more(*, cases: int, at: datetime, progress: Callable[[int], None] | None = None) -> int:
    """Load so many more made-up cases and return how many; `progress` is told how many are written.

    Raises Refusal in a real installation.
    """
    _require()
    return actions.load_cases(count=cases, at=at, progress=progress)


def accounts() -> list[dict[str, Any]]:
    """Return who one can sign in as, with passwords derived from this installation's secret. Raises Refusal."""
    _require()
    return [asdict(account) for account in people.accounts()]


def keys() -> list[dict[str, Any]]:
    """Return the keys of the demonstration's programs. Raises Refusal."""
    _require()
    return [asdict(key) for key in program_keys()]


def overview() -> dict[str, Any]:
    """Return accounts by role and keys as one object for programs. Raises Refusal."""
    _require()
    return people.overview()


def _require() -> None:
    if not demonstrating():
        raise refusals.no_demonstration()
