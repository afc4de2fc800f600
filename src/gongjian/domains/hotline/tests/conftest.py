"""What the hotline's tests share."""

import pytest

from gongjian.casework import limits
from gongjian.workdays.queries import calendar


@pytest.fixture
def steady_memory():
    """Fill the process memory, so that nobody reads in mid-count."""
    limits.book()
    calendar()
