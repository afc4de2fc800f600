"""What the hotline's tests share."""

import pytest

from gongjian.casework import limits
from gongjian.domains.hotline.tests.hooks import Clock
from gongjian.testing.receiver import Receiver
from gongjian.workdays.queries import calendar


@pytest.fixture
def steady_memory():
    """Fill the process memory, so that nobody reads in mid-count."""
    limits.book()
    calendar()


@pytest.fixture
def clock(district, settings, monkeypatch):
    """The time, moved by hand, and webhooks to this machine."""
    settings.WEBHOOKS_INSIDE = True
    clock = Clock()
    monkeypatch.setenv("GONGJIAN_CLOCK", clock.at.isoformat())
    return clock


@pytest.fixture
def receiver(clock):
    with Receiver(clock=lambda: clock.at.timestamp()) as one:  # noqa: PLW0108 - the time moves on
        yield one
