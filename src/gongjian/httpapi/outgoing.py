"""Calling an address that somebody typed in: not ourselves, not the house's network, not for long, not for much.

The name is resolved once and the connection goes to the very address that was checked, so that a name cannot change
its mind in between. Redirects are not followed: a redirect is an answer like any other. One deadline holds for the
whole exchange, however the other side spends it.
"""

import http.client
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any, Final, cast, override
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongjian.httpapi import addresses

SECONDS: Final = 10.0
BODY_BYTES: Final = 4_096  # kept of an answer
ANSWER_BYTES: Final = 32_768  # read of an answer, its head included
LONGEST_URL: Final = 500
PORTS: Final = {"http": 80, "https": 443}
HOST: Final = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


class BadAddress(Exception):
    """The address must not or cannot be called; `message` says why."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class NoAnswer(Exception):
    """Nobody answered in time, or not in HTTP."""


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    body: bytes  # its beginning
    retry_after: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment at which an exchange is over."""

    moment: float

    @classmethod
    def in_seconds(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Return the seconds that remain. Raises TimeoutError when there are none."""
        left = self.moment - time.monotonic()
        if left <= 0:
            raise TimeoutError("too slow")
        return left


def check_url(url: str) -> SplitResult:
    """Return the parts of an address that may be called. Raises BadAddress; a name is not resolved yet."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise BadAddress(_("这不是有效的网址。")) from error
    host = parts.hostname or ""
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if parts.username is not None or parts.fragment:
        raise BadAddress(_("网址里不要带用户名、密码或 #。"))
    if parts.scheme not in PORTS or not HOST.fullmatch(host) or not plain or port == 0:
        raise BadAddress(_("写完整的网址，例如 https://example.org/hook。"))
    if parts.scheme != "https" and not _inside():
        raise BadAddress(_("网址要以 https:// 开头。"))
    spelt = addresses.literal(host)
    if spelt is not None:
        _check_address(spelt)
    return parts


def receiver_of(url: str) -> str:
    """Return which machine an address calls, host and port: what several addresses of one receiver share."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removesuffix(".")
    return f"{host}:{parts.port or PORTS.get(parts.scheme, 0)}"


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
    """Send a body and return the answer. Raises BadAddress, NoAnswer.

    Ten seconds in all: for resolving, connecting, TLS, sending, and the answer's head with the first 4 KB behind it.
    """
    deadline = Deadline.in_seconds(SECONDS)
    parts = check_url(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Connection(host, port, deadline, secure=parts.scheme == "https")
    try:
        connection.request("POST", target, body, dict(headers))
        with connection.getresponse() as response:
            return Answered(response.status, _beginning(response), response.getheader("Retry-After", ""))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}"[:200]) from error
    finally:
        connection.close()


def _beginning(response: http.client.HTTPResponse) -> bytes:
    """Return the first bytes of an answer. It has been given by now: what follows slowly, or breaks off, is left."""
    read = b""
    try:
        while len(read) < BODY_BYTES:
            more = response.read1(BODY_BYTES - len(read))
            if not more:
                break
            read += more
    except (OSError, http.client.HTTPException, ValueError):
        pass
    return read


def _resolve(host: str, port: int, deadline: Deadline) -> list[Any]:
    """Return what a name stands for. The system's resolver has a patience of its own, so it is asked in another thread.

    Raises NoAnswer.
    """
    answer: SimpleQueue[list[Any] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answer.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer.put(error)

    threading.Thread(target=ask, daemon=True, name="resolver").start()
    try:
        found = answer.get(timeout=deadline.left())
    except Empty:
        raise NoAnswer(f"{host}: the name was not resolved in time") from None
    if isinstance(found, Exception) or not found:
        raise NoAnswer(f"{host}: no such name")
    return found


def _check_address(address: str) -> None:
    """Raise BadAddress for an address inside, unless this installation may call the house's own network."""
    if not _inside() and addresses.refused(address):
        raise BadAddress(_("这个网址在内网或本机，不能推送到那里。"))


def _inside() -> bool:
    """Whether this installation may call the house's own network: a setting, for an intranet and for tests."""
    return bool(settings.WEBHOOKS_INSIDE)


class _Answer(io.RawIOBase):
    """What comes in, until the time is up or more came than an answer may hold."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock, self._deadline, self._room = sock, deadline, ANSWER_BYTES
        self._bytes = sock.makefile("rb", buffering=0)

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any, /) -> int | None:
        if not self._room:
            raise OSError(f"the answer is longer than {ANSWER_BYTES} bytes")
        self._sock.settimeout(self._deadline.left())
        count = self._bytes.readinto(memoryview(buffer)[: self._room])
        self._room -= count or 0
        return count

    @override
    def close(self) -> None:
        self._bytes.close()
        super().close()


class _Connection(http.client.HTTPConnection):
    """A connection to one checked address under the name that was asked for, and with one deadline for everything."""

    def __init__(self, host: str, port: int, deadline: Deadline, *, secure: bool) -> None:
        super().__init__(host, port)
        self._deadline, self._secure = deadline, secure
        self.default_port = PORTS["https" if secure else "http"]
        self.response_class = cast("type[http.client.HTTPResponse]", self._response)

    @override
    def connect(self) -> None:
        found = _resolve(self.host, self.port, self._deadline)
        for *_facts, address in found:
            _check_address(str(address[0]))
        family, kind, protocol, _name, address = found[0]
        self.sock = socket.socket(family, kind, protocol)
        self.sock.settimeout(self._deadline.left())
        self.sock.connect(address)
        if self._secure:
            self.sock.settimeout(self._deadline.left())
            self.sock = _tls().wrap_socket(self.sock, server_hostname=self.host.removesuffix("."))

    @override
    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        rest = memoryview(data)
        while rest:
            self.sock.settimeout(self._deadline.left())
            rest = rest[self.sock.send(rest) :]

    def _response(self, sock: socket.socket, *args: Any, **facts: Any) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(sock, *args, **facts)
        response.fp.close()
        response.fp = io.BufferedReader(_Answer(sock, self._deadline))
        return response


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
