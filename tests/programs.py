"""The programs of the machine that tests may start, and the watch over it.

Tests run on machines that have a base system, Python and what `make install` puts into .venv, and nothing else by
hand. So the list is closed, and the test run keeps it in two ways:

- Every process of the run, and every process that it starts however deep, finds the listed programs alone on its
  PATH: whatever else this machine has cannot be found by name.
- In the processes of pytest itself a program that is started by its path, and neither listed nor ours, is refused
  as if it were missing, and the test fails even when it swallows the refusal. A listed program that this machine
  lacks skips the test with a word.

Not seen: what a child process starts by a whole path, and what Chromium, which gets the PATH of the machine, starts.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest

from gongjian.project.launcher import binaries

LISTED: Final = {
    "chromium": "browser tests; started by Playwright's driver; they are skipped where there is none",
    "chromium-browser": "the same under its name on other systems",
    "google-chrome": "the same by its maker",
    "locale": "base system; initdb asks it for the collations of the machine",
    "mount": "base system; a disk that fills up, as root only",
    "setpriv": "base system; the launcher as an ordinary user, as root only",
    "sh": "base system; a child of the launcher that disobeys, and how the database starts its own programs",
    "sleep": "base system; a child of the launcher that stays",
    "true": "base system; a child of the launcher that ends at once",
    "umount": "base system; gives the small disk back",
    "uname": "base system; Python's platform module asks it for the processor",
}
MACHINE: Final = os.environ.setdefault("PATH_OF_THE_MACHINE", os.environ.get("PATH", os.defpath))
# .venv, the database's programs where root copies them, and what a test has made itself.
FOLDERS: Final = (Path(sys.prefix), binaries.STATE, Path(tempfile.gettempdir()))
REFUSED: list[str] = []  # since the last test ended

_folder = Path(tempfile.mkdtemp(prefix="gj-programs-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)


class NotListedError(FileNotFoundError):
    """What a test meets on a machine that lacks the program."""


def found(*names: str) -> str | None:
    """Return the path of the first of these listed programs that the machine has."""
    assert LISTED.keys() >= set(names), f"not on the list of tests/programs.py: {names}"
    paths = (shutil.which(name, path=MACHINE) for name in names)
    return next((path for path in paths if path), None)


def watch() -> None:
    """Narrow the PATH of this process and its children, and refuse what is not on the list."""
    for name in LISTED:
        if path := found(name):
            (_folder / name).symlink_to(path)
    _folder.chmod(0o755)  # whoever a test becomes
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), str(_folder)])
    sys.addaudithook(_heard)


def _heard(event: str, args: tuple[Any, ...]) -> None:
    if event in {"subprocess.Popen", "os.exec", "os.posix_spawn"}:
        judge(os.fsdecode(args[0]))


def judge(program: str) -> None:
    """Raise NotListedError for a program that is neither ours nor listed; skip where a listed one is missing."""
    name = Path(program).name
    path = shutil.which(program)
    if name in LISTED:
        if path is None and program == name:
            pytest.skip(f"no {name} on this machine")
        return
    if path is None and os.sep in program:
        return  # there is no such file; the system says so itself
    if path is None or not _is_ours(Path(path)):
        REFUSED.append(program)
        raise NotListedError(2, f"tests may not start it: it is not on the list of {__file__}", program)


def _is_ours(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in FOLDERS) or path.samefile(sys.executable)


def take_refused() -> list[str]:
    """Return what was refused since the last call."""
    told = REFUSED.copy()
    REFUSED.clear()
    return told
