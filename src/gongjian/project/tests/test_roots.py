from datetime import UTC, datetime, timedelta

import pytest

from gongjian.project import roots
from gongjian.project.roots import SealingKeys, add_root, former_signing_keys, keys_of, parse
from gongjian.sealing.keys import KeyRing

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
FIRST = "ab" * 32


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.delenv("GONGJIAN_SECRET", raising=False)
    (tmp_path / "secret").write_text(FIRST + "\n")
    return tmp_path


def test_an_old_file_of_one_line_is_the_first_root(home):
    (only,) = roots.roots(home)
    assert (only.secret.root, only.since) == (b"\xab" * 32, None)


def test_a_new_root_seals_and_the_first_stays_for_the_index(home):
    keys = SealingKeys(home)
    assert list(keys) == ["1"]
    before = KeyRing(dict(keys)).seal(b"text", b"x")
    add_root(home, at=AT)
    assert list(keys) == ["2", "1"]  # the same object, without being started again
    ring = KeyRing(dict(keys))
    assert ring.current == "2"
    assert ring.open(before, b"x") == b"text"
    assert roots.installation_secret(home).root == b"\xab" * 32
    assert (home / "secret").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_away_for_a_moment_costs_nothing(home):
    keys = SealingKeys(home)
    assert len(keys) == 1
    (home / "secret").rename(home / "elsewhere")
    assert len(keys) == 1


def test_keys_may_come_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("GONGJIAN_SECRET", f"{FIRST},{'cd' * 32} {AT.isoformat()}")
    found = roots.roots(tmp_path)
    assert [root.since for root in found] == [None, AT]
    assert list(keys_of(found)) == ["2", "1"]
    assert not (tmp_path / "secret").exists()


def test_the_former_key_checks_signatures_as_long_as_a_signature_lives(home):
    add_root(home, at=AT)
    known = roots.roots(home)
    assert former_signing_keys(known, at=AT + timedelta(days=1)) == [known[0].secret.text("django")]
    assert former_signing_keys(known, at=AT + timedelta(days=4)) == []


@pytest.mark.parametrize("text", ["", "# only words", "abcd", "zz" * 32])
def test_what_is_no_secret_is_refused(text):
    with pytest.raises(ValueError):
        parse(text)


def test_a_kept_key_file_reads_back_as_it_was(home, settings, tmp_path):
    from gongjian.project.backup.schedule import write_keys

    add_root(home, at=AT)
    settings.KEYS_HOME = home
    write_keys(tmp_path / "keys.txt")
    assert parse((tmp_path / "keys.txt").read_text()) == roots.roots(home)
    assert (tmp_path / "keys.txt").stat().st_mode & 0o777 == 0o600
