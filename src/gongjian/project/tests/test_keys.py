"""A key is changed while people work, and after a stop it goes on."""

import json
from argparse import Namespace

import pytest
from django.db import connection

from gongjian.audit.models import AuditEntry
from gongjian.parties.models import Contact
from gongjian.project import roots
from gongjian.project.commands import keys
from gongjian.project.roots import SealingKeys
from gongjian.sealing.rotation import by_key, rotate
from gongjian.testing.cases import make_request
from gongjian.testing.clock import MONDAY_MORNING as MONDAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("district")]


@pytest.fixture
def home(settings, monkeypatch, tmp_path):
    """A data folder of this test's own, in which everything that is sealed already is sealed with its first key."""
    monkeypatch.delenv("GONGJIAN_SECRET", raising=False)
    (tmp_path / "secret").write_text(settings.ROOTS[0].line + "\n")
    settings.KEYS_HOME, settings.SEALING_KEYS = tmp_path, SealingKeys(tmp_path)
    return tmp_path


def act(what, **over):
    keys.main(Namespace(act=what, json=True, **over))


def test_everything_is_sealed_anew_and_still_opens(home, capsys):
    case = make_request(state="in_progress")
    before = by_key()
    act("rotate")
    assert by_key() == {"2": sum(before.values())}
    contact = Contact.objects.get(caseparty__case=case)
    assert contact.phone.open().endswith("13800006021")
    assert AuditEntry.objects.filter(action="installation.key.add").count() == 1
    capsys.readouterr()
    act("status")
    first, second = json.loads(capsys.readouterr().out)
    assert (first["sealed_values"], first["seals"]) == (0, False)
    assert (second["sealed_values"], second["seals"]) == (sum(before.values()), True)


def test_a_stop_in_the_middle_goes_on_with_the_same_key(home):
    make_request(state="received")
    roots.add_root(home, at=MONDAY)
    rotate(Contact)
    assert set(by_key()) == {"1", "2"}
    act("rotate")
    assert set(by_key()) == {"2"}
    assert len(roots.roots(home)) == 2


def test_what_is_written_meanwhile_is_sealed_with_the_new_key(home):
    act("rotate")
    case = make_request(state="received")
    with connection.cursor() as cursor:
        cursor.execute(
            "select substring(c.phone from 2 for 1) from parties_contact c join casework_caseparty p"
            " on p.contact_id = c.id where p.case_id = %s",
            [case.pk],
        )
        assert bytes(cursor.fetchone()[0]) == b"2"


def test_keys_from_the_environment_are_told_not_changed(settings, monkeypatch, capsys):
    monkeypatch.setenv("GONGJIAN_SECRET", settings.ROOTS[0].line)
    act("rotate")
    told = capsys.readouterr().out
    assert "GONGJIAN_SECRET" in told
    fresh = roots.parse(told.strip().splitlines()[-1])
    assert fresh[0].secret == settings.ROOTS[0].secret
    assert len(fresh) == 2
    assert AuditEntry.objects.filter(action__startswith="installation.key").count() == 0


def test_keys_are_kept_in_a_file_once(home, tmp_path):
    from gongjian.project.terminal import Refusal

    act("save", file=tmp_path / "kept.txt")
    assert roots.parse((tmp_path / "kept.txt").read_text()) == roots.roots(home)
    with pytest.raises(Refusal):
        act("save", file=tmp_path / "kept.txt")
