import pytest

from gongjian.project.cli import COMMANDS, run
from gongjian.project.commands.run import port_of
from gongjian.project.terminal import Refusal


@pytest.fixture(autouse=True)
def _role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGJIAN_DB_ROLE", "")  # so that what a command sets is taken back


def test_help_is_chinese_and_english_and_names_every_command(capsys):
    assert run(["--help"]) == 0
    said = capsys.readouterr().out
    for command in COMMANDS:
        assert command.zh in said
        assert command.en in said


def test_no_command_shows_the_help():
    assert run([]) == 2


def test_unknown_command_is_told(capsys):
    assert run(["fly"]) == 2
    assert "fly" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_loads_and_answers_help(command, capsys):
    with pytest.raises(SystemExit) as ended:
        run([command.name, "--help"])
    assert ended.value.code == 0
    assert command.zh in capsys.readouterr().out


def test_withdb_runs_a_command_and_returns_its_code(capfd):
    code = run(["withdb", "--", "sh", "-c", 'echo "$DATABASE_URL"; exit 5'])
    assert code == 5
    assert capfd.readouterr().out.startswith("postgresql://gongjian_owner@/gongjian?host=/tmp/gj-")


@pytest.mark.django_db
def test_explain_prints_a_kind(capsys):
    assert run(["explain", "hotline.complaint"]) == 0
    assert "hotline.complaint" in capsys.readouterr().out


def test_explain_of_an_unknown_kind_names_the_known(capsys):
    with pytest.raises(Refusal, match=r"hotline\.complaint"):
        run(["explain", "hotline.nothing"])


@pytest.mark.parametrize("given", ["abc", "", "-1", "0", "65536", "80 80"])
def test_what_is_no_port_is_refused_in_one_sentence(given):
    with pytest.raises(Refusal, match="1 to 65535"):
        port_of(given)


def test_a_port_is_a_number():
    assert port_of("8140") == 8140
