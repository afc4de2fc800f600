"""The embedded PostgreSQL server: made, started, proven and stopped.

Liveness is an answered query from a server that is our own child. A pid file proves nothing: after kill -9 its number
may belong to anybody. An answer alone proves nothing either: it may come from an earlier launcher's orphan. So every
start gives the server a fresh name, and only an answer with that name counts.
"""

import os
import secrets
import shutil
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import pq, sql

from gongjian.project.launcher import refusals
from gongjian.project.launcher.binaries import Binaries, Identity
from gongjian.project.launcher.children import Child, Lifeline, Recipe, command_lines
from gongjian.project.terminal import say

OWNER, APP, DATABASE = "gongjian_owner", "gongjian_app", "gongjian"
PORT = "5432"  # only the name of the socket file; the server listens on no network address
LOCALE = (
    "--encoding=UTF8",
    "--auth=trust",  # the socket folder has mode 0700: who may enter it is the server's user or root
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--lc-collate=C",
    "--lc-ctype=C.UTF-8",  # with plain C the trigram index holds no Chinese
)
TUNING = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "io_method": "sync",  # with io workers, 18.6 hung in crash recovery for ever when one of them was killed
    "log_min_messages": "warning",
    "log_timezone": "Asia/Shanghai",
    "timezone": "Asia/Shanghai",
    "idle_in_transaction_session_timeout": "60s",
}
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
PATIENCE = 600.0  # seconds; recovery of a large database takes its time


KILLED = {-9, 137}  # what a process ended by kill -9 leaves, seen directly or through its tether


class ServerEndedError(Exception):
    """The server process ended before it answered; carries the end of its log, and whether somebody killed it."""

    def __init__(self, log: str, *, killed: bool) -> None:
        super().__init__(log)
        self.killed = killed


@dataclass
class Cluster:
    """One data folder and the server that runs on it."""

    folder: Path
    socket: Path
    binaries: Binaries
    who: Identity
    log: Path
    lifeline: Lifeline
    tuning: Mapping[str, str] = field(default_factory=dict)
    server: Child | None = None
    name: str = ""

    @property
    def data(self) -> Path:
        """The data folder proper."""
        return self.folder / "data"

    def url(self, role: str) -> str:
        """Return the address of the database for one role."""
        return f"postgresql://{role}@/{DATABASE}?host={self.socket}"

    def create(self) -> bool:
        """Make the data folder unless it is there; an interrupted attempt leaves nothing that looks finished."""
        if (self.data / "PG_VERSION").exists():
            self._require_same_major()
            return False
        fresh = self.folder / "data.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        made = self.who.run([self.binaries.tool("initdb"), "-D", str(fresh), "-U", "postgres", *LOCALE])
        if made.returncode:
            raise refusals.server_ended(made.stderr + made.stdout, self.folder)
        fresh.rename(self.data)
        return True

    def _require_same_major(self) -> None:
        written = (self.data / "PG_VERSION").read_text().strip()
        if written != self.binaries.major:
            raise refusals.other_major(self.data, written, self.binaries.major)

    def start(self) -> None:
        """Start the server as our child and wait until it answers; an earlier launcher's orphan is stopped first."""
        self.stop_orphan()
        self.name = f"gongjian-{secrets.token_hex(6)}"
        settings = {
            **TUNING,
            **self.tuning,
            "cluster_name": self.name,
            "unix_socket_directories": str(self.socket),
            "port": PORT,
        }
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        recipe = Recipe(
            "postgresql",
            [self.binaries.tool("postgres"), "-D", str(self.data), *flags],
            end="INT",  # fast stop: sessions are ended, nothing is lost
            grace=60,
            user=self.who.user,
            env={"LC_ALL": "C", "PGHOST": "", "PGDATA": ""},
        )
        with self.log.open("ab") as out:
            self.server = Child(recipe, self.lifeline, out=out)
        self._await_answer(self.server)

    def _await_answer(self, server: Child) -> None:
        started, told = time.monotonic(), False
        while time.monotonic() - started < PATIENCE:
            if server.poll() is not None:
                raise ServerEndedError(self.log_tail(), killed=server.poll() in KILLED)
            if self.answers():
                return
            if not told and time.monotonic() - started > 10:  # noqa: PLR2004 - seconds
                told = True
                say("  数据库正在恢复，请稍候。  The database is recovering; please wait.")
            time.sleep(0.02)
        raise refusals.no_answer(self.log)

    def answers(self) -> bool:
        """Tell whether the server that was started last answers a query within two seconds."""
        try:
            with self.connect("postgres", connect_timeout=2) as connection:
                return connection.execute("select current_setting('cluster_name')").fetchone() == (self.name,)
        except psycopg.Error:
            return False

    def hangs(self) -> bool:
        """Tell whether the server waits for a recovery that nobody does.

        When the process that recovers is itself killed, 18.6 answers "in recovery mode" for ever: the server lives,
        its log is silent, and there is no process named startup. A long recovery has one, and is left alone.
        """
        try:
            self.connect("postgres", connect_timeout=2).close()
        except psycopg.Error as error:
            return "recovery mode" in str(error) and not self._recovers()
        return False

    def _recovers(self) -> bool:
        return any(self.name in line and " startup" in line for line in command_lines())

    def kill(self) -> None:
        """End the server at once; the next start recovers what was committed."""
        if (self.data / "postmaster.pid").exists():
            os.kill(int((self.data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)

    def connect(
        self, database: str = DATABASE, *, user: str = "postgres", connect_timeout: int = 10
    ) -> psycopg.Connection:
        """Open a connection of the launcher's own; the application never uses the superuser."""
        return psycopg.connect(
            host=str(self.socket),
            port=PORT,
            user=user,
            dbname=database,
            autocommit=True,
            connect_timeout=connect_timeout,
        )

    def stop_orphan(self) -> None:
        """Stop a server that an earlier launcher left behind when it was killed."""
        if not (self.data / "postmaster.pid").exists():
            return
        ping = pq.PGconn.ping(f"host={self.socket} port={PORT} connect_timeout=2".encode())
        if ping in {pq.Ping.OK, pq.Ping.REJECT}:
            self.who.run([self.binaries.tool("pg_ctl"), "stop", "-D", str(self.data), "-m", "fast", "-w", "-t", "60"])

    def stop(self) -> None:
        """Stop our own server."""
        if self.server is not None:
            self.server.stop()
            self.server = None

    def log_tail(self, size: int = 4000) -> str:
        """Return the end of the server's log."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - size))
            return log.read().decode(errors="replace")

    def furnish(self) -> None:
        """Make the two roles and the database where they are missing, and prove that Chinese trigrams work."""
        with self.connect("postgres") as connection:
            for role, may_create in ((OWNER, "CREATEDB"), (APP, "NOCREATEDB")):
                known = connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
                verb = "ALTER" if known else "CREATE"
                attributes = f"LOGIN {may_create} NOSUPERUSER NOCREATEROLE NOREPLICATION"
                connection.execute(f"{verb} ROLE {role} {attributes}".encode())
            connection.execute(
                f"GRANT {APP} TO {OWNER}".encode()
            )  # so that the owner can prove what the role may not do
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
                )
        with self.connect() as connection:
            connection.execute("create extension if not exists pg_trgm")
            connection.execute("create extension if not exists btree_gist")
            if not _trigrams(connection):
                raise refusals.no_chinese()


def _trigrams(connection: psycopg.Connection) -> bool:
    row = connection.execute("select show_trgm('路灯')").fetchone()
    return bool(row and row[0])
