import pytest

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


def test_welcome_of_a_real_installation_is_the_address_alone(settings):
    settings.DEMONSTRATION = False
    said = text(rich=False)
    assert settings.PUBLIC_URL in said
    assert "演示账号" not in said


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
