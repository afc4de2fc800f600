"""An answer on its way: nobody who reads slowly keeps a thread, a connection of the database, or memory.

Pages go over in one piece. A file goes by its name, and the server reads it as fast as the reader does. A stream, such
as an export, is first written to its end, on the disk if it is long: the server's own streams wait for nobody and would
pile up in memory before a slow reader.
"""

from collections.abc import Callable
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import Any, Final, Protocol, cast

from django.http import FileResponse
from django.http.response import HttpResponseBase

from gongjian.httpapi.bodies import MB

IN_MEMORY: Final = 1 * MB
OPEN_S: Final = 60.0  # within which the server has opened a file of ours that has no name

type Fields = list[tuple[str, str]]
type Later = Callable[[float, Callable[[], None]], None]


class Exchange(Protocol):
    """What the server lets us answer with."""

    def response_empty(self, status: int, headers: Fields, /) -> None: ...
    def response_bytes(self, status: int, headers: Fields, body: bytes, /) -> None: ...
    def response_file(self, status: int, headers: Fields, file: str, /) -> None: ...


def send(response: HttpResponseBase, status: int, fields: Fields, exchange: Exchange, later: Later) -> None:
    """Hand an answer of Django's over to the server, and close it."""
    try:
        if not response.streaming:
            exchange.response_bytes(status, fields, cast("Any", response).content)
        elif name := _name_of(response):
            exchange.response_file(status, fields, name)
        else:
            _written(response, status, fields, exchange, later)
    finally:
        response.close()


def _name_of(response: HttpResponseBase) -> str:
    """Return the path of the file that a response sends whole, or an empty text."""
    file = getattr(response, "file_to_stream", None) if isinstance(response, FileResponse) else None
    name = getattr(file, "name", None)
    whole = isinstance(name, str) and file is not None and file.seekable() and file.tell() == 0
    return str(name) if whole else ""


def _written(response: HttpResponseBase, status: int, fields: Fields, exchange: Exchange, later: Later) -> None:
    """Write a stream to its end, then send what was written."""
    with ExitStack() as undo:
        file = undo.enter_context(SpooledTemporaryFile(IN_MEMORY))
        for piece in cast("Any", response):
            file.write(piece)
        size = file.tell()
        sized = [(name, value) for name, value in fields if name.lower() != "content-length"]
        sized.append(("content-length", str(size)))
        if size <= IN_MEMORY:
            file.seek(0)
            exchange.response_bytes(status, sized, file.read())
            return
        file.flush()
        exchange.response_file(status, sized, f"/dev/fd/{file.fileno()}")
        later(OPEN_S, undo.pop_all().close)
