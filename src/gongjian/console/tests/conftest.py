import pytest

from gongjian.identity.tests.people import AT, load


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


@pytest.fixture(autouse=True)
def reference(db):
    load()
