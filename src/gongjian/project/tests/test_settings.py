import re
import subprocess
import sys
from pathlib import Path

import pytest

from gongjian.project.roots import InstallationSecret, installation_secret
from gongjian.project.settings.database import database, from_url
from gongjian.project.settings.mail import mailers


def test_database_url_names_everything():
    found = from_url("postgresql://ann:p%40ss@db.example:6543/gong%20jian?sslmode=require")
    assert found == {
        "NAME": "gong jian",
        "USER": "ann",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6543",
        "OPTIONS": {"sslmode": "require"},
    }


def test_database_url_may_name_a_socket_folder():
    assert from_url("postgresql://gongjian_owner@/gongjian?host=/tmp/x/run")["HOST"] == "/tmp/x/run"


def test_database_url_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="postgresql://"):
        from_url("mysql://localhost/gongjian")


@pytest.mark.parametrize(("role", "user"), [("", "gongjian_app"), ("owner", "gongjian_owner")])
def test_embedded_database_has_two_roles(monkeypatch, tmp_path, role, user):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    monkeypatch.delenv("GONGJIAN_SOCKET", raising=False)
    monkeypatch.setenv("GONGJIAN_DB_ROLE", role)
    found = database(tmp_path)
    assert (found["USER"], found["HOST"]) == (user, str(tmp_path / "run"))


def test_owner_url_is_for_the_owner_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@/one?host=/x")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner@/one?host=/x")
    monkeypatch.delenv("GONGJIAN_DB_ROLE", raising=False)
    assert database(tmp_path)["USER"] == "app"
    monkeypatch.setenv("GONGJIAN_DB_ROLE", "owner")
    assert database(tmp_path)["USER"] == "owner"


def test_secret_is_made_once_and_only_for_its_owner(monkeypatch, tmp_path):
    monkeypatch.delenv("GONGJIAN_SECRET", raising=False)
    first = installation_secret(tmp_path / "home")
    assert installation_secret(tmp_path / "home") == first
    assert (tmp_path / "home" / "secret").stat().st_mode & 0o777 == 0o600
    assert sorted(p.name for p in (tmp_path / "home").iterdir()) == ["secret"]


def test_secret_from_the_environment_wins(monkeypatch, tmp_path):
    monkeypatch.setenv("GONGJIAN_SECRET", "ab" * 32)
    assert installation_secret(tmp_path / "home").root == b"\xab" * 32
    assert not (tmp_path / "home").exists()


def test_purposes_have_unrelated_keys():
    secret = InstallationSecret(b"\0" * 32)
    assert len({secret.bytes(purpose) for purpose in ("django", "sealing-1", "blind-index")}) == 3


def test_mail_goes_into_files_without_a_server(tmp_path):
    assert mailers(tmp_path, "")["default"]["OPTIONS"] == {"file_path": str(tmp_path / "outbox" / "email")}


def test_mail_server_with_tls(tmp_path):
    options = mailers(tmp_path, "smtps://post:s%3Acret@mail.example")["default"]["OPTIONS"]
    assert (options["host"], options["port"], options["password"]) == ("mail.example", 465, "s:cret")
    assert (options["use_ssl"], options["use_tls"]) == (True, False)


def test_mail_address_without_a_scheme_is_refused(tmp_path):
    with pytest.raises(ValueError, match="GONGJIAN_SMTP"):
        mailers(tmp_path, "mail.example:25")


def test_every_variable_is_in_the_documents():
    root = Path(__file__).parents[4]
    told = (root / "docs" / "operations.md").read_text()
    source = [*(root / "src/gongjian/project/settings").glob("*.py"), *(root / "src/gongjian/project").glob("*.py")]
    read = {name for path in source for name in re.findall(r'"(GONGJIAN_[A-Z_]+)"', path.read_text())}
    assert sorted(read - set(re.findall(r"GONGJIAN_[A-Z_]+", told)) - {"GONGJIAN_TEST_DB"}) == []


@pytest.mark.parametrize(("proxies", "url", "found"), [("1", "https://a.example", True), ("0", "https://a.example", False), ("1", "http://a.example", False)])  # fmt: skip
def test_a_proxys_word_about_https_is_believed_only_where_there_is_one(tmp_path, clean_env, proxies, url, found):
    env = {**clean_env, "GONGJIAN_PROXIES": proxies, "GONGJIAN_URL": url, "GONGJIAN_HOME": str(tmp_path)}
    script = "from gongjian.project import settings; print(hasattr(settings, 'SECURE_PROXY_SSL_HEADER'))"
    said = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(found)
