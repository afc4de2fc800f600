"""The environment of a request as WSGI has it (PEP 3333), made from what the server knows of it (RSGI 1.5)."""

import sys
from collections.abc import Iterable
from io import BytesIO
from typing import IO, Any, Final, Protocol

STANDING: Final[dict[str, Any]] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}


class Headers(Protocol):
    """Header fields; their names are in small letters."""

    def items(self) -> Iterable[tuple[str, str]]: ...
    def get(self, key: str, default: str | None = None, /) -> str | None: ...
    def __contains__(self, key: str, /) -> bool: ...


class Scope(Protocol):
    """What the server tells of a request."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str

    @property
    def headers(self) -> Headers: ...


def environ_of(scope: Scope, body: IO[bytes] | None = None, size: int = 0) -> dict[str, Any]:
    """Return the environment of a request; what came as its body is known by now, whatever its header said."""
    server, _, port = scope.server.rpartition(":")
    environ = {
        **STANDING,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "REMOTE_ADDR": address_of(scope),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body or BytesIO(),
        "CONTENT_LENGTH": str(size) if size else "",
        "CONTENT_TYPE": scope.headers.get("content-type") or "",
    }
    for name, value in scope.headers.items():
        if name in {"content-type", "content-length"} or "_" in name:
            continue  # a name with an underscore would pass for one that a proxy vouches for
        key = f"HTTP_{name.upper().replace('-', '_')}"
        before = environ.get(key)
        environ[key] = value if before is None else f"{before}{'; ' if name == 'cookie' else ','}{value}"
    return environ


def address_of(scope: Scope) -> str:
    """Return the address at the other end of the connection."""
    return scope.client.rpartition(":")[0].strip("[]")
