"""The process group: PostgreSQL, web server and workers, started in order, tended, ended in order."""

import http.client
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg

from gongjian.project.launcher import refusals
from gongjian.project.launcher.children import Child, Lifeline, Recipe, sign_of
from gongjian.project.launcher.cluster import Cluster, ServerEndedError
from gongjian.project.terminal import warn

SETTLED = 60.0  # seconds after which an earlier failure is forgotten
LONGEST_PAUSE = 30.0
HOPELESS = 6  # ends in a row without one answer
WORKERS = ("worker", "deliver")
STUCK = 120.0  # seconds without a word to the database; a healthy worker asks every second
BEAT_CHECK = 30.0
SILENT = """
select coalesce(max(state_change) < clock_timestamp() - make_interval(secs => %s), true)
from pg_stat_activity where application_name = %s
"""
HANG_CHECK = 3.0
HANGS = 9.0  # seconds without anybody recovering before the server is killed


@dataclass
class Backoff:
    """How long to wait before the next attempt: at once, then 1, 2, 4 ... 30 seconds."""

    failures: int = 0
    not_before: float = 0.0

    def failed(self, now: float, lived: float) -> None:
        """Note an end after so many seconds of life."""
        if lived > SETTLED:
            self.failures = 0
        self.not_before = now + (min(LONGEST_PAUSE, 2.0 ** (self.failures - 1)) if self.failures else 0.2)
        self.failures += 1


@dataclass
class Service:
    """A process that is started again on every end, also with exit code 0: a worker may end that way and be needed."""

    recipe: Recipe
    child: Child | None = None
    started: float = 0.0
    backoff: Backoff = field(default_factory=Backoff)

    def tend(self, lifeline: Lifeline) -> None:
        """Start it when it is not running and its pause is over."""
        now = time.monotonic()
        if self.child is not None:
            code = self.child.poll()
            if code is None:
                return
            self.child = None
            self.backoff.failed(now, now - self.started)
            warn(f"! {self.recipe.name} 已退出，将重新启动  {self.recipe.name} ended ({code}) and is started again")
        if now >= self.backoff.not_before:
            self.child, self.started = Child(self.recipe, lifeline), now

    @property
    def hopeless(self) -> bool:
        """Whether it keeps ending as soon as it is started."""
        return self.backoff.failures >= HOPELESS


class Group:
    """Everything the launcher runs."""

    def __init__(self, lifeline: Lifeline, cluster: Cluster | None, services: Iterable[Service]) -> None:
        self.lifeline = lifeline
        self.cluster = cluster
        self.services = list(services)
        self.database = Backoff()
        self.database_started = time.monotonic()
        self.next_beat_check = 0.0
        self.next_hang_check = 0.0
        self.hangs_since: float | None = None

    def tend(self) -> None:
        """Look after every process once. Raises Refusal when the database cannot be kept running."""
        self._tend_database()
        for service in self.services:
            service.tend(self.lifeline)
        self._restart_stuck_worker()

    def _tend_database(self) -> None:
        cluster, now = self.cluster, time.monotonic()
        if cluster is None:
            return
        if cluster.server is not None and cluster.server.poll() is None:
            self._end_hanging_database(cluster, now)
            return
        if cluster.server is not None:
            cluster.server = None
            self.database.failed(now, now - self.database_started)
            warn("! 数据库已退出，将重新启动  The database ended and is started again")
        if now < self.database.not_before:
            return
        try:
            cluster.start()
            self.database_started = time.monotonic()
        except ServerEndedError as ended:
            # A server that ends by itself again and again will not recover; one that is killed will.
            if self.database.failures >= HOPELESS and not ended.killed:
                raise refusals.server_ended(str(ended), cluster.folder) from ended

    def _end_hanging_database(self, cluster: Cluster, now: float) -> None:
        """Kill a server that has hung in recovery for a while; it is then started again."""
        if now < self.next_hang_check:
            return
        self.next_hang_check = now + HANG_CHECK
        if not cluster.hangs():
            self.hangs_since = None
        elif self.hangs_since is None:
            self.hangs_since = now
        elif now - self.hangs_since >= HANGS:
            warn("! 数据库恢复时停住了，将重新启动  The database hung in recovery and is started again")
            self.hangs_since = None
            cluster.kill()

    def _restart_stuck_worker(self) -> None:
        """A live process proves nothing: a worker that lost its database may stay, idle; then it asks no more."""
        now = time.monotonic()
        if self.cluster is None or now < self.next_beat_check:
            return
        self.next_beat_check = now + BEAT_CHECK
        for service in self.services:
            name = service.recipe.name
            if name in WORKERS and service.child and now - service.started > STUCK and self.is_silent(name):
                warn(f"! {name} 没有动静，将重新启动  {name} gives no sign and is started again")
                service.child.stop()

    def is_silent(self, worker: str) -> bool:
        """Tell whether the database has heard nothing of a worker for a while."""
        if self.cluster is None:
            return False
        try:
            with self.cluster.connect(connect_timeout=2) as connection:
                row = connection.execute(SILENT, [STUCK, sign_of(worker)]).fetchone()
        except psycopg.Error:
            return False
        return bool(row and row[0])

    def end(self) -> None:
        """End web server and workers together, then the database, so that running requests still find it."""
        running = [service.child for service in self.services if service.child is not None]
        for child in running:
            child.ask_to_end()
        for child in running:
            child.wait()
        if self.cluster is not None:
            self.cluster.stop()


def port_is_free(host: str, port: int) -> bool:
    """Tell whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(host: str, port: int) -> bool:
    """Tell whether our web server answers /healthz."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(target, port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
