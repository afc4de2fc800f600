"""What the two commands print at a first run: our own lines, and all of what went wrong."""

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
INSTALLS = re.compile(r"\$\(UV\) (?:venv|pip (?:sync|install))|-m (?:venv|pip) ")


def quietly(*command):
    return subprocess.run(["sh", PROJECT / ".ci" / "quietly", *command], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("stream", ["", ">&2"])
def test_what_another_program_says_is_kept_back_while_it_succeeds(stream):
    done = quietly("sh", "-c", f"echo WARNING: running as root {stream}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("code", [1, 2, 127])
def test_what_it_says_is_shown_whole_when_it_fails(code):
    done = quietly("sh", "-c", f"echo one; echo two >&2; echo 'with  gaps * and $signs'; exit {code}")
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.splitlines() == ["one", "two", "with  gaps * and $signs"]


def test_arguments_arrive_as_they_were_given():
    done = quietly("sh", "-c", 'printf "%s|" "$@" >&2; exit 3', "sh", "a b", "", "*", "$(c)")
    assert done.stderr.strip() == "a b||*|$(c)|"


def test_make_installs_quietly():
    lines = [line for line in (PROJECT / "Makefile").read_text().splitlines() if INSTALLS.search(line)]
    assert len(lines) == 5
    assert all(re.search(r"\$\(QUIETLY\) (?:\$\(UV\)|\S+ -m)", line) for line in lines)
