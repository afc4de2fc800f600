import json
import logging
import subprocess
import sys

import pytest

from gongjian.project.launcher.logs import numbered, rotate
from gongjian.project.logs import LinesFormatter, PlainFormatter


def record(message: str, error: Exception | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("gongjian.notify", logging.ERROR, "x.py", 1, message, (), info)


@pytest.mark.parametrize("formatter", [PlainFormatter("%(message)s"), LinesFormatter()])
def test_no_personal_number_reaches_a_log(formatter):
    said = formatter.format(record("number 13812345678 and card 440301199001011234 failed"))
    assert "13812345678" not in said
    assert "199001" not in said
    assert "***" in said


@pytest.mark.parametrize("formatter", [PlainFormatter("%(message)s"), LinesFormatter()])
def test_what_a_database_error_quotes_of_a_row_is_left_out(formatter):
    error = ValueError("null value in column\nDETAIL:  Failing row contains (17, 刘小明, 永安北一街).\nHINT: none")
    said = formatter.format(record("failed", error))
    assert "刘小明" not in said
    assert "null value in column" in said


def test_a_line_for_programs_is_one_object():
    with pytest.raises(KeyError) as caught:
        {}["gone"]
    said = LinesFormatter().format(record("多行\n文字", caught.value))
    assert "\n" not in said
    told = json.loads(said)
    assert (told["level"], told["logger"], told["error"]) == ("error", "gongjian.notify", "KeyError")
    assert "test_logs.py" in told["traceback"]


def test_the_launchers_file_is_written_by_every_process(tmp_path, clean_env):
    log = tmp_path / "gongjian.log"
    script = "import django, logging; django.setup(); logging.getLogger('gongjian.x').error('call 13812345678', extra={'reference': 'AB12'})"
    env = {**clean_env, "GONGJIAN_LOG_FILE": str(log), "GONGJIAN_HOME": str(tmp_path / "home")}
    env["DJANGO_SETTINGS_MODULE"] = "gongjian.project.settings"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", script], env=env, check=True, capture_output=True)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["reference"] for line in lines] == ["AB12", "AB12"]
    assert "13812345678" not in log.read_text()


def test_a_long_log_begins_anew_under_a_writer_that_holds_it_open(tmp_path):
    log = tmp_path / "postgresql.log"
    with log.open("ab", buffering=0) as writer:
        for turn in range(4):
            writer.write(f"{turn}".encode() * 60)
            assert rotate(log, most=50, keep=3)
        assert not rotate(log, most=50, keep=3)
        writer.write(b"after")
    assert log.read_bytes() == b"after"
    assert [numbered(log, n).read_bytes()[:1] for n in (1, 2, 3)] == [b"3", b"2", b"1"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "postgresql.1.log",
        "postgresql.2.log",
        "postgresql.3.log",
        "postgresql.log",
    ]


def test_a_log_that_is_not_there_is_left_alone(tmp_path):
    assert not rotate(tmp_path / "nothing.log")
