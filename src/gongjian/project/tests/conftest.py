"""One throw-away server for the whole session, and data folders to break."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gongjian.project.commands.withdb import throw_away
from gongjian.project.launcher import binaries
from gongjian.project.launcher.binaries import Identity
from gongjian.project.launcher.children import Lifeline
from gongjian.project.launcher.cluster import Cluster
from gongjian.project.launcher.home import Home


@pytest.fixture(scope="session")
def server() -> Iterator[Cluster]:
    with throw_away() as cluster:
        yield cluster


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that `nobody` may pass; pytest's own tmp_path is closed to others."""
    with tempfile.TemporaryDirectory(prefix="gjt-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def make_home(folder: Path) -> Iterator[Callable[..., Home]]:
    made = []

    def make(path: Path | None = None, who: Identity | None = None) -> Home:
        home = Home(path or folder / "home", who or binaries.identity(), state=folder / "state")
        made.append(home)
        return home

    yield make
    for home in made:
        home.close()


@pytest.fixture
def home(make_home: Callable[..., Home]) -> Home:
    return make_home()


@pytest.fixture
def cluster(home: Home) -> Iterator[Cluster]:
    """A made but not started cluster in a data folder."""
    home.open()
    who = home.who
    made = Cluster(
        home.postgres(),
        home.socket(),
        binaries.find(who),
        who,
        home.path / "log" / "pg.log",
        Lifeline(),
        {"shared_buffers": "16MB"},
    )
    made.create()
    yield made
    made.stop()


@pytest.fixture
def clean_env(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a process that has nothing to do with this test run."""
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "DJANGO_SETTINGS_MODULE", "GONGJIAN_SECRET", "GONGJIAN_SOCKET")
    return {name: value for name, value in os.environ.items() if name not in names}
