from functools import partial

import pytest

from gongjian.casework.models import Case
from gongjian.demo import actions
from gongjian.identity.actions import assign, create_user
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import Assignment, User
from gongjian.identity.queries import units
from gongjian.identity.reference import forget
from gongjian.project import demonstration
from gongjian.project.progress import counted
from gongjian.project.tables import table
from gongjian.project.terminal import Refusal
from gongjian.project.welcome import text
from gongjian.workdays.clock import now


def test_accounts_are_refused_in_a_real_installation(settings):
    settings.DEMONSTRATION = False
    for ask in (demonstration.accounts, demonstration.keys):
        with pytest.raises(Refusal, match="GONGJIAN_MODE=demonstration"):
            ask()
    with pytest.raises(Refusal):
        demonstration.load_more(cases=1, at=now())


@pytest.mark.django_db
def test_welcome_of_a_real_installation_opens_the_set_up_until_there_is_an_administrator(settings):
    settings.DEMONSTRATION = False
    Assignment.objects.filter(role__code="administrator").delete()
    said = text(rich=False, at=now())
    assert f"{settings.PUBLIC_URL}/setup/" in said
    assert "演示账号" not in said
    user = create_user(username="first", name="周岚", password="lantern-harbour-9", actor=SYSTEM, at=now())
    assign(user=user, unit=units().active[0].id, role="administrator", actor=SYSTEM, at=now())
    assert "/setup/" not in text(rich=False, at=now())


@pytest.mark.django_db
def test_a_real_centre_started_the_wrong_way_gets_no_invented_people(settings):
    settings.DEMONSTRATION = True
    forget()
    User.objects.filter(username="chen.jingyi").update(username="somebody.else")
    assert not demonstration.load_if_missing(at=now())


@pytest.mark.django_db
def test_a_start_loads_what_is_missing_and_the_next_one_nothing(district, settings, tmp_path, monkeypatch):
    settings.DEMONSTRATION, settings.MEDIA_ROOT = True, tmp_path
    forget()
    monkeypatch.setattr(actions, "load_demonstration", partial(actions.load_demonstration, cases=20))
    with monkeypatch.context() as patch:
        patch.setattr(actions, "load_fresh", lambda **_: None)
        assert demonstration.load_if_missing(at=now())
    assert demonstration.load_if_missing(at=now())
    assert not demonstration.load_if_missing(at=now())
    assert Case.objects.count() > 20


def test_plain_table_counts_chinese_letters_twice():
    rows = [{"role": "话务员", "name": "ann"}, {"role": "head", "name": "bob"}]
    assert table(rows, rich=False) == "role    name\n话务员  ann\nhead    bob"


def test_drawn_table_is_for_terminals():
    assert "\x1b[" in table([{"role": "话务员"}], rich=True)
    assert table([], rich=True) == ""


def test_a_pipe_is_told_when_all_is_written_and_not_at_every_case(capsys):
    with counted("载入 3 件", "Loading 3 cases", 3) as progress:
        for done in (1, 2, 3, 3):
            progress(done)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "Building indexes" in lines[1]


def test_a_terminal_is_shown_a_bar(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with counted("载入 3 件", "Loading 3 cases", 3) as progress:
        progress(3)
    assert "3/3" in capsys.readouterr().err
