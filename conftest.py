"""The frame of every test run: deterministic hypothesis, Debian's Chromium, nothing heavy."""

import os
import shutil
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps a loop running beside the tests
hypothesis_settings.register_profile("gongjian", derandomize=True, deadline=None, print_blob=True)
hypothesis_settings.load_profile("gongjian")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_MS = 5_000


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
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ["--no-sandbox"]}


@pytest.fixture
def context(context: Any) -> Any:
    context.set_default_timeout(PATIENCE_MS)
    return context
