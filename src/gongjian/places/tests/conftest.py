from datetime import UTC, datetime

import pytest

from gongjian.places import queries
from gongjian.places.actions import load_reference

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def yantian(db):
    """The shipped territory; what a test changes is undone."""
    queries.forget()
    load_reference(at=AT)
    yield
    queries.forget()
