"""Reference data of every room, loaded in floor order after each migration; each loader may run any number of times."""

from collections.abc import Callable
from datetime import datetime

from gongjian.audit import retention
from gongjian.domains.hotline.actions import open311_reference as open311
from gongjian.domains.hotline.actions import reference as hotline
from gongjian.identity.actions import reference as identity
from gongjian.places import actions as places
from gongjian.workdays import actions as workdays

LOADERS: tuple[Callable[..., object], ...] = (
    workdays.load_reference,
    places.load_reference,
    retention.load_reference,
    identity.load_reference,
    hotline.load_reference,
    open311.load_reference,
)


def load_reference(*, at: datetime) -> None:
    """Load every room's reference data."""
    for load in LOADERS:
        load(at=at)
