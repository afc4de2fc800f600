import os
import signal
import time

import psycopg
import pytest

from gongjian.project.launcher.children import Lifeline, command_lines
from gongjian.project.launcher.cluster import APP, DATABASE, OWNER, Cluster, ServerEndedError
from gongjian.project.launcher.group import Group
from gongjian.project.launcher.refusals import server_ended
from gongjian.project.terminal import Refusal


def postmaster(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


def test_first_start_makes_roles_database_and_chinese_trigrams(cluster):
    cluster.start()
    cluster.furnish()
    with cluster.connect(user=OWNER) as connection:
        assert connection.execute("select array_length(show_trgm('路灯'), 1)").fetchone() == (3,)
        roles = connection.execute(
            "select rolname, rolsuper, rolcreatedb, rolcanlogin from pg_roles where rolname like 'gongjian%' order by 1"
        ).fetchall()
        assert roles == [(APP, False, False, True), (OWNER, False, True, True)]
        owner = connection.execute(
            "select pg_get_userbyid(datdba) from pg_database where datname = %s", [DATABASE]
        ).fetchone()
        assert owner == (OWNER,)


def test_second_start_keeps_what_was_written(cluster):
    cluster.start()
    cluster.furnish()
    with cluster.connect(user=OWNER) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('路灯')")
    cluster.stop()
    assert not cluster.answers()
    assert cluster.create() is False
    cluster.start()
    cluster.furnish()
    with cluster.connect() as connection:
        assert connection.execute("select word from kept").fetchone() == ("路灯",)


def test_server_listens_on_no_network_address(server):
    with server.connect() as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)
    assert server.socket.stat().st_mode & 0o777 == 0o700


def test_of_two_workers_the_silent_one_is_told(server, monkeypatch):
    """A lively one beside it proves nothing, nor does a connection that asks no more."""
    group = Group(Lifeline(), server, [])
    assert group.is_silent("worker")
    with server.connect() as connection:
        connection.execute("set application_name = 'gongjian worker'")
        assert not group.is_silent("worker")
        assert group.is_silent("deliver")
        monkeypatch.setattr("gongjian.project.launcher.group.STUCK", 0.0)
        assert group.is_silent("worker")


def test_kill_9_of_the_postmaster_is_recovered(cluster):
    cluster.start()
    cluster.furnish()
    with cluster.connect(user=OWNER) as connection:
        connection.execute("create table kept as select 1 as one")
    killed = postmaster(cluster)
    os.kill(killed, signal.SIGKILL)
    cluster.server.wait()
    cluster.server = None
    for _ in range(20):  # its children need a moment to notice
        try:
            cluster.start()
            break
        except ServerEndedError:
            time.sleep(0.2)
    assert postmaster(cluster) != killed
    with cluster.connect() as connection:
        assert connection.execute("select one from kept").fetchone() == (1,)


def test_orphan_of_a_killed_launcher_is_stopped_first(cluster):
    cluster.start()
    orphan = postmaster(cluster)
    # The tether is frozen and forgotten, as if it had been lost with the launcher.
    os.kill(cluster.server.process.pid, signal.SIGSTOP)
    lost, cluster.server = cluster.server, None
    assert cluster.answers()
    cluster.start()
    assert postmaster(cluster) != orphan
    assert cluster.server.poll() is None
    assert cluster.answers()
    os.kill(lost.process.pid, signal.SIGCONT)
    lost.process.wait(60)
    assert cluster.answers()


def test_an_answer_of_another_server_is_not_taken_for_our_own(server, cluster):
    twin = Cluster(
        server.folder, server.socket, server.binaries, server.who, cluster.log, cluster.lifeline, server.tuning
    )
    twin.stop_orphan = lambda: None
    with pytest.raises(ServerEndedError):
        twin.start()
    assert server.answers()


def test_interrupted_initdb_leaves_nothing_that_looks_finished(cluster, folder):
    half = cluster.folder / "data.new"
    cluster.data.rename(half)
    (half / "PG_VERSION").unlink()
    assert cluster.create() is True
    assert not half.exists()


def test_another_major_version_is_refused_with_a_remedy(cluster):
    (cluster.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(Refusal, match="pg_dump 17"):
        cluster.create()


def test_full_disk_is_one_sentence(folder):
    refusal = server_ended("FATAL: could not write: No space left on device", folder)
    assert "磁盘已满" in str(refusal)
    assert str(refusal).count("\n") == 1


def test_application_role_cannot_change_the_schema(server):
    with server.connect(user=OWNER) as connection:
        connection.execute("revoke create on schema public from public")
    with server.connect(user=APP) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("create table intruder (id int)")


def test_a_server_that_answers_does_not_hang_and_a_killed_one_is_gone(cluster):
    cluster.create()
    cluster.start()
    assert not cluster.hangs()
    cluster.kill()
    cluster.server.wait()
    assert not cluster.answers()
    cluster.start()
    assert cluster.answers()


def test_processes_are_listed_without_a_program_of_the_machine(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert any("pytest" in line for line in command_lines())
