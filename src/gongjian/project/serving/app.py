"""The web server's door: what comes is read here, then worked on by one of a few threads.

The server speaks RSGI with us, and we speak WSGI with Django. In between lies what a server of WSGI alone could not do:
a body is read, with a ceiling and a time, before it takes a thread (ADR 14). Three queues: ordinary requests, those
with files, whose pictures take their time, and questions after our health, answered whatever else goes on.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, Final

from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from gongjian.documents.engine import handed_in
from gongjian.httpapi.bodies import FORM_MOST, JSON_MOST, STATUS, TOLD, Fault
from gongjian.identity.requests import origin
from gongjian.project.serving.answers import Exchange, send
from gongjian.project.serving.bodies import Body, Pace, Source, read
from gongjian.project.serving.environ import Scope, address_of, environ_of
from gongjian.project.serving.readers import Readers

logger = logging.getLogger(__name__)

ORDINARY, FILES, HEALTH = "ordinary", "files", "health"
HEALTH_PATHS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
PROGRAMS: Final = "/api/"

type Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Any]


class Connection(Source, Exchange):
    """One request at the server: its body comes from here, its answer goes there."""


@dataclass(frozen=True, slots=True)
class Job:
    """A request whose body is here."""

    scope: Scope
    exchange: Exchange
    body: Body
    arrived: float
    done: asyncio.Future[None]


class Application:
    """What the server calls for each request (RSGI)."""

    def __init__(self, application: Wsgi, threads: Mapping[str, int], pace: Pace | None = None) -> None:
        self.application, self.threads, self.pace = application, threads, pace or Pace()
        self.queues: dict[str, SimpleQueue[Job]] = {name: SimpleQueue() for name in threads}
        self.readers = Readers()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the threads of this process."""
        self.loop = loop
        for name, number in self.threads.items():
            for _ in range(number):
                Thread(target=self._work, args=(self.queues[name],), name=name, daemon=True).start()

    async def __rsgi__(self, scope: Scope, connection: Connection) -> None:
        """Read the body, let a thread answer, and stay until it has."""
        arrived, body, reserved = monotonic(), Body(), 0
        length = scope.headers.get("content-length")
        if length not in {None, "0"} or "transfer-encoding" in scope.headers:
            body, reserved = await self._body(scope, connection, int(length) if length else None)
        try:
            if body.fault is Fault.CUT_SHORT:
                connection.response_empty(STATUS[Fault.CUT_SHORT], [])  # nobody is there any more
                return
            done = self.loop.create_future()
            self.queues[desk_of(scope)].put(Job(scope, connection, body, arrived, done))
            await done
        finally:
            self.readers.release(reserved)

    async def _body(self, scope: Scope, source: Source, declared: int | None) -> tuple[Body, int]:
        """Return the body and how much room it takes until it is worked on."""
        most = most_of(scope.path) if declared is None or declared > JSON_MOST else JSON_MOST
        room = most if declared is None else min(declared, most)
        sender = origin(scope.headers.get("x-forwarded-for") or "", address_of(scope))
        if not self.readers.enter(sender, room):
            return Body(fault=Fault.CROWDED), 0
        try:
            return await read(source, most=most, declared=declared, pace=self.pace), room
        finally:
            self.readers.came(sender)

    def _work(self, queue: "SimpleQueue[Job]") -> None:
        while True:
            job = queue.get()
            try:
                self._answer(job)
            except Exception:  # a thread outlives whatever it meets
                logger.exception("no answer for %s", job.scope.path)
                job.exchange.response_empty(500, [])
            finally:
                job.body.file.close()
                self.loop.call_soon_threadsafe(_finish, job.done)

    def _answer(self, job: Job) -> None:
        handed_in.set(job.arrived)
        environ = environ_of(job.scope, job.body.file, job.body.size)
        if job.body.fault is not None:
            environ[TOLD] = job.body.fault
        told: list[Any] = []

        def start(status: str, fields: list[tuple[str, str]], _error: object = None) -> None:
            told.extend((int(status[:3]), fields))

        response: HttpResponseBase = self.application(environ, start)
        send(response, told[0], told[1], job.exchange, self._later)

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        self.loop.call_soon_threadsafe(self.loop.call_later, seconds, act)


def _finish(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


def desk_of(scope: Scope) -> str:
    """Return which queue a request waits in."""
    if scope.path in HEALTH_PATHS:
        return HEALTH
    return FILES if (scope.headers.get("content-type") or "").startswith("multipart/") else ORDINARY


def most_of(path: str) -> int:
    """Return how many bytes may be sent to an address."""
    if path.startswith(PROGRAMS):
        return JSON_MOST
    try:
        view = resolve(path).func
    except Resolver404:
        return JSON_MOST
    return int(getattr(view, "largest_body", FORM_MOST))
