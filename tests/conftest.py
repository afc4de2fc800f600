"""What the tests above the rooms share."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with the file of that name; GOLDEN=write writes it instead, for a change that is meant."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("GOLDEN") == "write":
            path.write_text(text)
        assert path.exists(), f"{name} is missing: run once with GOLDEN=write"
        assert text == path.read_text(), (
            f"{name} changed: if it was meant, run with GOLDEN=write and look at the difference"
        )

    return compare
