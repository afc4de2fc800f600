"""Calling an address that somebody typed in: not ourselves, not the house's network, not for long, not for much.

The name is resolved once and the connection goes to the very address that was checked, so that a name cannot change
its mind in between. Redirects are not followed: a redirect is an answer like any other.
"""

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, override
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongjian.httpapi.rules import refused_address

SECONDS: Final = 10.0
ANSWER_BYTES: Final = 4_096
LONGEST_URL: Final = 500
PORTS: Final = {"http": 80, "https": 443}


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


def check_url(url: str) -> SplitResult:
    """Return the parts of an address that may be called. Raises BadAddress; the name is not resolved yet."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise BadAddress(_("这不是有效的网址。")) from error
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if parts.scheme not in PORTS or not parts.hostname or not plain or port == 0:
        raise BadAddress(_("写完整的网址，例如 https://example.org/hook。"))
    if parts.username is not None or parts.fragment:
        raise BadAddress(_("网址里不要带用户名、密码或 #。"))
    if parts.scheme != "https" and not _inside():
        raise BadAddress(_("网址要以 https:// 开头。"))
    return parts


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
    """Send a body and return the answer. Raises BadAddress, NoAnswer.

    Ten seconds in all, for the resolving, the connecting and the first 4 KB of the answer.
    """
    parts = check_url(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    ends = time.monotonic() + SECONDS
    connection = _Pinned(host, port, _resolve(host, port), secure=parts.scheme == "https")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, dict(headers))
        _hurry(connection, ends)
        response = connection.getresponse()
        return Answered(response.status, _beginning(connection, response, ends), response.getheader("Retry-After", ""))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}"[:200]) from error
    finally:
        connection.close()


def _beginning(connection: "_Pinned", response: http.client.HTTPResponse, ends: float) -> bytes:
    """Return the first bytes of an answer; one that trickles in slowly is cut off when the time is up."""
    read = b""
    while len(read) < ANSWER_BYTES:
        _hurry(connection, ends)
        more = response.read1(ANSWER_BYTES - len(read))
        if not more:
            break
        read += more
    return read


def _hurry(connection: "_Pinned", ends: float) -> None:
    """Leave the next step the seconds that remain."""
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("too slow")
    if connection.sock is not None:
        connection.sock.settimeout(left)


def _resolve(host: str, port: int) -> str:
    """Return the address of a name. Raises BadAddress where any of its addresses lies inside."""
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise NoAnswer(f"{host}: no such name") from error
    if not found:
        raise NoAnswer(f"{host}: no such name")
    if not _inside() and any(refused_address(address.partition("%")[0]) for address in found):
        raise BadAddress(_("这个网址在内网或本机，不能推送到那里。"))
    return found[0]


def _inside() -> bool:
    """Whether this installation may call the house's own network: a setting, for an intranet and for tests."""
    return bool(settings.WEBHOOKS_INSIDE)


class _Pinned(http.client.HTTPConnection):
    """A connection to one checked address under the name that was asked for."""

    def __init__(self, host: str, port: int, address: str, *, secure: bool) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self._address, self._secure = address, secure
        self.default_port = 443 if secure else 80

    @override
    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = _tls().wrap_socket(plain, server_hostname=self.host) if self._secure else plain


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
