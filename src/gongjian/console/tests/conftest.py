import pytest

from gongjian.audit.models import AuditEntry
from gongjian.identity.models import User
from gongjian.identity.tests.people import AT, load
from gongjian.project.reference import load_reference
from gongjian.testing.cast import CAST, load_cast
from gongjian.testing.clock import MONDAY_MORNING


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


@pytest.fixture(autouse=True)
def reference(db):
    load()


@pytest.fixture
def district(reference):
    """Make sure of the cast too: a test that commits leaves an empty database behind, and `reference` fills a part."""
    if not User.objects.filter(username=CAST[0].username).exists():
        load_reference(at=MONDAY_MORNING)
        load_cast(at=MONDAY_MORNING)
        AuditEntry.objects.all().delete()
