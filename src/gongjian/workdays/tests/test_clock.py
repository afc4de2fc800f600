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
