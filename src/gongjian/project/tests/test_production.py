from types import SimpleNamespace

import pytest
from django.db import connection

from gongjian.project import checkup, health, production
from gongjian.project.commands import deliver, worker
from gongjian.project.lines import Level
from gongjian.project.terminal import Refusal


@pytest.fixture
def real(settings, tmp_path):
    """A real installation with nothing left to mend."""
    settings.DEMONSTRATION = settings.DEBUG = False
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS, settings.PROXIES = "https://12349.example", ["12349.example"], 1
    settings.SECOND_FACTOR_ENFORCED = True
    settings.KEYS_HOME = tmp_path
    (tmp_path / "secret").touch(mode=0o600)
    return settings


def test_a_real_installation_with_nothing_left_to_mend(real):
    assert production.installation().level is Level.OK


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("DEBUG", True, "DEBUG"),
        ("PUBLIC_URL", "http://12349.example", "GONGJIAN_URL"),
        ("ALLOWED_HOSTS", ["other.example"], "GONGJIAN_HOSTS"),
        ("ALLOWED_HOSTS", ["*", "12349.example"], "must not be *"),
        ("PROXIES", 0, "GONGJIAN_PROXIES"),
        ("SECOND_FACTOR_ENFORCED", False, "GONGJIAN_SECOND_FACTOR"),
    ],
)
def test_what_must_not_stay_as_it_is_names_the_remedy(real, name, value, word):
    setattr(real, name, value)
    found = production.installation()
    assert found.level is (Level.FAIL if name == "DEBUG" else Level.WARN)
    assert word in found.en


def test_a_secret_that_others_can_read_is_told(real):
    (real.KEYS_HOME / "secret").chmod(0o644)
    assert "chmod 600" in production.installation().zh


@pytest.mark.django_db
def test_a_demonstration_is_not_looked_at(settings):
    settings.DEMONSTRATION = settings.DEBUG = True
    assert production.installation().level is Level.OK


@pytest.mark.django_db
def test_the_servers_own_settings():
    assert production.server().level is Level.OK
    assert production.connections().level is Level.OK
    with connection.cursor() as cursor:
        cursor.execute("set local synchronous_commit = off")
    found = production.durability()
    assert found.level is Level.FAIL
    assert any(name in found.en for name in ("fsync", "synchronous_commit", "full_page_writes"))


@pytest.mark.django_db
def test_a_missing_extension_is_named():
    with connection.cursor() as cursor:
        cursor.execute("select extname from pg_extension")
        there = {row[0] for row in cursor.fetchall()}
    assert set(production.EXTENSIONS) <= there


@pytest.mark.django_db
def test_the_doctor_goes_on_where_one_check_fails(monkeypatch):
    monkeypatch.setattr(checkup, "PROBE_SECONDS", 0.2)
    told = dict(checkup.examine())
    assert {"database", "server", "roles", "probe", "audit", "clock", "fonts"} <= set(told)
    assert told["probe"].level is Level.FAIL  # no worker runs here


@pytest.mark.django_db
@pytest.mark.parametrize(("asleep", "awake"), [("probe", "probe_deliver"), ("probe_deliver", "probe")])
def test_the_doctor_names_the_worker_that_does_nothing(monkeypatch, asleep, awake):
    monkeypatch.setattr(checkup, "PROBE_SECONDS", 0.2)
    monkeypatch.setattr(checkup, awake, SimpleNamespace(defer=lambda: 0))  # a job that is done
    told = checkup.probing()
    names = {"probe": "gongjian worker", "probe_deliver": "gongjian deliver"}
    assert told.level is Level.FAIL
    assert names[asleep] in told.zh
    assert names[awake] not in told.zh
    monkeypatch.setattr(checkup, asleep, SimpleNamespace(defer=lambda: 0))
    assert checkup.probing().level is Level.OK


@pytest.mark.django_db
def test_an_older_program_refuses_a_newer_database():
    with connection.cursor() as cursor:
        cursor.execute("insert into django_migrations(app, name, applied) values ('casework', '9999_later', now())")
    assert health.unknown_migrations() == ["casework.9999_later"]
    for command in (worker, deliver):
        with pytest.raises(Refusal, match="newer version"):
            command.main(None)
