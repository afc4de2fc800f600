"""The demonstration district: loaded into an empty database, its accounts shown. Refused in a real installation."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import Any

from django.conf import settings

from gongjian.casework.models import Case
from gongjian.project.launcher import refusals
from gongjian.project.terminal import step


def load_if_empty(*, at: datetime) -> bool:
    """Load the demonstration district unless this is a real installation or a case exists; return whether it was."""
    load = _find("actions", "load_demonstration")
    if load is None or not settings.DEMONSTRATION or Case.objects.exists():
        return False
    with step("载入演示数据，约一分钟", "Loading the demonstration district, about a minute"):
        load(at=at)
    return True


def load_more(*, cases: int, at: datetime) -> None:
    """Load so many more made-up cases. Raises Refusal in a real installation."""
    _require("actions", "load_cases")(count=cases, at=at)


def accounts() -> list[dict[str, Any]]:
    """Return who one can sign in as, with passwords derived from this installation's secret. Raises Refusal."""
    return _plain(_require("accounts", "accounts")())


def keys() -> list[dict[str, Any]]:
    """Return the keys of the demonstration's programs. Raises Refusal."""
    return _plain(_require("accounts", "keys")())


def _plain(items: Iterable[Any]) -> list[dict[str, Any]]:
    return [_row(item) for item in items]


def _row(item: Any) -> dict[str, Any]:
    if is_dataclass(item) and not isinstance(item, type):
        return asdict(item)
    return dict(item if isinstance(item, Mapping) else item._asdict())


def _require(module: str, name: str) -> Callable[..., Any]:
    found = _find(module, name)
    if not settings.DEMONSTRATION or found is None:
        raise refusals.no_demonstration()
    return found


def _find(module: str, name: str) -> Callable[..., Any] | None:
    """Return a function of the demo room, or None in an installation that was made without it."""
    if find_spec(f"gongjian.demo.{module}") is None:
        return None
    found: Callable[..., Any] = resolve_name(f"gongjian.demo.{module}:{name}")
    return found
