"""Reference data of every room, loaded in floor order after each migration; each loader may run any number of times."""

from collections.abc import Callable
from datetime import datetime

LOADERS: tuple[Callable[..., object], ...] = ()


def load_reference(*, at: datetime) -> None:
    """Load every room's reference data."""
    for load in LOADERS:
        load(at=at)
