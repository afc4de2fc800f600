"""What the hotline's tests share."""

import pytest


@pytest.fixture
def steady_memory(monkeypatch):
    """Let what stands in process memory count as fresh, so that a slow machine does not look again in mid-count."""
    monkeypatch.setattr("gongjian.places.queries.LOOK_AGAIN_S", 3_600.0)
    monkeypatch.setattr("gongjian.workdays.queries.LOOK_AGAIN_S", 3_600.0)
    monkeypatch.setattr("gongjian.identity.reference.LOOK_AGAIN", 3_600.0)
