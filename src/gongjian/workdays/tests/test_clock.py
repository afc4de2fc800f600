import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from gongjian.workdays import clock


def test_the_clock_runs_on_from_the_given_moment(monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", "2026-11-23T09:00")
    first = clock.now()
    assert timedelta(0) <= first - datetime(2026, 11, 23, 1, 0, tzinfo=UTC) < timedelta(minutes=5)
    assert clock.now() > first


def test_an_offset_is_respected(monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", "2026-02-13T09:00:00+00:00")
    assert clock.now().date().isoformat() == "2026-02-13"
    assert clock.now().hour == 9


def test_without_the_variable_it_is_now(monkeypatch):
    monkeypatch.delenv("GONGJIAN_CLOCK", raising=False)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_real_installation_ignores_the_variable(monkeypatch, settings):
    settings.TESTING = settings.DEMONSTRATION = False
    monkeypatch.setenv("GONGJIAN_CLOCK", "1999-01-01T00:00")
    assert clock.now().year > 2025


def test_nonsense_is_refused_with_an_example(monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", "tomorrow")
    with pytest.raises(ImproperlyConfigured, match="2026-11-23T09:00"):
        clock.now()


LATER = """
from django.conf import settings
settings.configure(DEMONSTRATION=True, TESTING=False)
from gongjian.workdays import clock
print(clock.now().isoformat())
"""


def test_processes_of_one_run_share_a_clock_whenever_they_begin(monkeypatch):
    """A worker that is started again after an hour must not live through that hour once more."""
    monkeypatch.setenv("GONGJIAN_CLOCK", "2027-01-01T00:30")
    monkeypatch.setenv("GONGJIAN_CLOCK_SINCE", "")
    clock.share()
    began = float(os.environ["GONGJIAN_CLOCK_SINCE"])
    monkeypatch.setenv("GONGJIAN_CLOCK_SINCE", str(began - 3_600))
    clock.share()  # by a process below: what was said first holds
    told = subprocess.run([sys.executable, "-c", LATER], capture_output=True, text=True, check=True).stdout.strip()
    an_hour_later = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)
    for seen in (clock.now(), datetime.fromisoformat(told)):
        assert timedelta(0) <= seen - an_hour_later < timedelta(minutes=5)


def test_without_a_clock_there_is_nothing_to_share(monkeypatch):
    monkeypatch.delenv("GONGJIAN_CLOCK", raising=False)
    monkeypatch.setenv("GONGJIAN_CLOCK_SINCE", "")
    clock.share()
    assert os.environ["GONGJIAN_CLOCK_SINCE"] == ""
