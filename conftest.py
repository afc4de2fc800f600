"""The frame of every test run: deterministic hypothesis, Debian's Chromium, nothing heavy."""

import os
import shutil
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from django.db import connection, connections
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Playwright, expect
from pytest_django import DjangoDbBlocker
from tests import programs

from gongjian import memory
from gongjian.audit.models import AuditEntry
from gongjian.identity.models import Unit
from gongjian.project.reference import load_reference
from gongjian.testing.cast import load_cast
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays import clock

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps a loop running beside the tests
hypothesis_settings.register_profile("gongjian", derandomize=True, deadline=None, print_blob=True)
hypothesis_settings.load_profile("gongjian")

# Debian's command is a script that complains about machines it did not expect, and opens what people like.
CHROMIUM = shutil.which("/usr/lib/chromium/chromium") or programs.found("chromium", "chromium-browser", "google-chrome")
LAUNCH: dict[str, Any] = {
    "executable_path": CHROMIUM,
    "args": ["--no-sandbox"],
    "env": {**os.environ, "PATH": programs.MACHINE},  # what it starts itself is the business of its package
}
programs.watch()
TESTS = count(1)  # that have begun
PATIENCE_MS = 60_000  # a busy machine is no fault of the page
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip browser tests where no Chromium is installed, and say so."""
    if CHROMIUM:
        return
    absent = pytest.mark.skip(reason="no Chromium: apt-get install chromium fonts-noto-cjk")
    for item in items:
        if item.get_closest_marker("browser") or "page" in getattr(item, "fixturenames", ()):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, **LAUNCH}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Keep the service worker out of stories that are not about it: it would fetch while the tables are emptied."""
    return {**browser_context_args, "service_workers": "block"}


@pytest.fixture(scope="session")
def playwright(playwright: Playwright) -> Iterator[Playwright]:
    """Close what Django opened beside Playwright's loop.

    While that loop runs, Django takes this thread for an asynchronous one and keeps a second connection for it. Once
    the loop has ended nobody finds it again, and the test database cannot be dropped.
    """
    yield playwright
    connections.close_all()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:  # noqa: ARG001
    """Fill the test database once with the reference data of every room and the cast."""
    with django_db_blocker.unblock():
        load_district()


@pytest.fixture
def district(db: None) -> None:  # noqa: ARG001
    """Make sure of reference data and cast: tests that commit leave an empty database behind."""
    if not Unit.objects.exists():
        load_district()


@pytest.fixture(autouse=True)
def _steady_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what the process remembers be looked at again in each test, and never in the middle of one."""
    moment = next(TESTS) * 3_600.0
    monkeypatch.setattr(memory, "monotonic", lambda: moment)


@pytest.fixture(autouse=True)
def _clock_of_this_test() -> None:
    """Let a clock that a test sets begin with that test, not with the first one that set it to the same moment."""
    clock.forget()


@pytest.fixture(autouse=True)
def _no_program_of_the_machine() -> Iterator[None]:
    """Fail a test that starts a program which the next machine may lack."""
    yield
    if refused := programs.take_refused():
        pytest.fail(f"not on the list of tests/programs.py: {refused}")


def load_district() -> None:
    load_reference(at=MONDAY_MORNING)
    load_cast(at=MONDAY_MORNING)
    AuditEntry.objects.all().delete()  # a test reads its own entries only
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")  # Django's flush leaves the queue's tables alone


@pytest.fixture
def context(context: Any) -> Any:
    context.set_default_timeout(PATIENCE_MS)
    return context
