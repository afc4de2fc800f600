"""The watch over the programs that tests start."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import programs

CHILD = "import shutil; print(shutil.which({name!r}))"


@pytest.fixture
def foreign(monkeypatch):
    """A program that happens to be on this machine."""
    monkeypatch.setenv("PATH", programs.MACHINE)
    return Path(shutil.which("ls"))


def starts(path):
    """Every way in which Python starts a program."""
    return {
        "run by name": lambda: subprocess.run([path.name], check=True),
        "run by path": lambda: subprocess.run([path], check=True),
        "named apart": lambda: subprocess.run(["sh"], executable=path, check=True),
        "posix_spawn": lambda: os.posix_spawn(path, [path.name], {}),
        "exec": lambda: os.execv(path, [path.name]),
    }


@pytest.mark.parametrize("way", ["run by name", "run by path", "named apart", "posix_spawn", "exec"])
def test_a_program_that_is_not_listed_is_refused_and_told(foreign, way):
    with pytest.raises(FileNotFoundError, match="not on the list"):
        starts(foreign)[way]()
    assert len(programs.take_refused()) == 1


def test_a_swallowed_refusal_is_remembered():
    with pytest.raises(OSError):
        subprocess.run(["pdftotext"], check=False)
    assert programs.take_refused() == ["pdftotext"]
    assert programs.take_refused() == []


def test_what_is_ours_or_listed_or_not_there_passes():
    for program in (sys.executable, "sh", "/bin/sh", "/nowhere/at-all"):
        programs.judge(program)
    assert programs.take_refused() == []


def test_a_listed_program_that_is_missing_skips_with_its_name(monkeypatch):
    monkeypatch.setitem(programs.LISTED, "gongjian-unheard-of", "")
    with pytest.raises(pytest.skip.Exception, match="no gongjian-unheard-of on this machine"):
        programs.judge("gongjian-unheard-of")


@pytest.mark.parametrize(("name", "seen"), [("sleep", True), ("git", False), ("make", False), ("pdftotext", False)])
def test_children_find_what_is_listed_and_nothing_else(name, seen):
    told = subprocess.run([sys.executable, "-c", CHILD.format(name=name)], capture_output=True, text=True, check=True)
    assert (told.stdout.strip() != "None") is seen
    deeper = subprocess.run(["sh", "-c", f"command -v {name}"], capture_output=True, text=True, check=False)
    assert (deeper.returncode == 0) is seen
