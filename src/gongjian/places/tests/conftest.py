from datetime import UTC, datetime

import pytest

from gongjian.places import queries
from gongjian.places.actions import load_reference
from gongjian.places.models import Address, Community, GridCell, Subdistrict, Territory

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def _loaded(django_db_setup, django_db_blocker):
    """The shipped territory, once for a file of tests; taken away again if nobody had it loaded before."""
    with django_db_blocker.unblock():
        was_there = Territory.objects.exists()
        load_reference(at=AT)
    yield
    if not was_there:
        with django_db_blocker.unblock():
            for model in (Address, GridCell, Community, Subdistrict, Territory):
                model.objects.all().delete()


@pytest.fixture
def yantian(_loaded, db):
    """The shipped territory; what a test changes is undone."""
    queries.forget()
    yield
    queries.forget()
