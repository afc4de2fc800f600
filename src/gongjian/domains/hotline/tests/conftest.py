"""What the hotline's tests share."""

import pytest

from gongjian.casework import limits
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays.queries import calendar


@pytest.fixture
def steady_memory(monkeypatch):
    """Fill the process memory and let it count as fresh, so that nobody looks again in mid-count."""
    monkeypatch.setattr("gongjian.places.queries.LOOK_AGAIN_S", 3_600.0)
    monkeypatch.setattr("gongjian.workdays.queries.LOOK_AGAIN_S", 3_600.0)
    monkeypatch.setattr("gongjian.identity.reference.LOOK_AGAIN", 3_600.0)
    monkeypatch.setattr("gongjian.domains.hotline.queries.LOOK_AGAIN_S", 3_600.0)
    limits.book(MONDAY_MORNING)
    calendar()
