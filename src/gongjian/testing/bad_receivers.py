"""Receivers of webhooks that misbehave, each in one way; for tests and to try out a deadline by hand.

They are slow in small steps, so that no single wait is long, and each ends properly at last: whoever judges by the time
of one step is told of a success.
"""

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

STEP: Final = 0.05  # seconds between two bytes
BLOCK: Final = 65_536
RESET_AT_ONCE: Final = struct.pack("ii", 1, 0)

# How one connection is treated until it is over.
type Behaviour = Callable[[socket.socket, threading.Event], None]


def _hear(connection: socket.socket) -> None:
    """Read the whole request: who hangs up on unread words takes back what he has said himself."""
    said = b""
    while (more := connection.recv(BLOCK)) and b"\r\n\r\n" not in (said := said + more):
        pass
    head, _end, body = said.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    missing = int(length[1]) - len(body) if length else 0
    while missing > 0 and (more := connection.recv(BLOCK)):
        missing -= len(more)


def _slowly(connection: socket.socket, text: bytes, over: threading.Event) -> None:
    for number in range(len(text)):
        if over.wait(STEP):
            return
        connection.sendall(text[number : number + 1])


def _for_ever(connection: socket.socket, text: bytes, over: threading.Event) -> None:
    while not over.is_set():
        connection.sendall(text)


def says_nothing(connection: socket.socket, over: threading.Event) -> None:
    _hear(connection)
    over.wait()


def reads_nothing(connection: socket.socket, over: threading.Event) -> None:
    del connection
    over.wait()


def head_by_bytes(connection: socket.socket, over: threading.Event) -> None:
    _hear(connection)
    _slowly(connection, b"HTTP/1.1 204 No Content\r\nX-More: " + b"x" * 300 + b"\r\n\r\n", over)


def body_by_bytes(connection: socket.socket, over: threading.Event) -> None:
    _hear(connection)
    connection.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 200\r\n\r\n")
    _slowly(connection, b"x" * 200, over)


def endless_body(connection: socket.socket, over: threading.Event) -> None:
    _hear(connection)
    connection.sendall(b"HTTP/1.1 500 No\r\n\r\n")
    _for_ever(connection, b"x" * BLOCK, over)


def endless_chunks(connection: socket.socket, over: threading.Event) -> None:
    _hear(connection)
    connection.sendall(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n")
    _for_ever(connection, b"400\r\n" + b"x" * 1_024 + b"\r\n", over)


def endless_chunk_size(connection: socket.socket, over: threading.Event) -> None:
    _hear(connection)
    connection.sendall(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n")
    _for_ever(connection, b"0" * BLOCK, over)


def endless_headers(connection: socket.socket, over: threading.Event) -> None:
    _hear(connection)
    connection.sendall(b"HTTP/1.1 204 No Content\r\n")
    _for_ever(connection, b"X-More: " + b"x" * 1_000 + b"\r\n", over)


def endless_header(connection: socket.socket, over: threading.Event) -> None:
    _hear(connection)
    connection.sendall(b"HTTP/1.1 204 No Content\r\nX-More: ")
    _for_ever(connection, b"x" * BLOCK, over)


def endless_status(connection: socket.socket, over: threading.Event) -> None:
    _hear(connection)
    _for_ever(connection, b"H" * BLOCK, over)


def continues_for_ever(connection: socket.socket, over: threading.Event) -> None:
    _hear(connection)
    _for_ever(connection, b"HTTP/1.1 100 Continue\r\n\r\n" * 100, over)


def speaks_otherwise(connection: socket.socket, over: threading.Event) -> None:
    del over
    _hear(connection)
    connection.sendall(b"220 mail.example.org ESMTP\r\n\xff\x00\r\n")


def hangs_up(connection: socket.socket, over: threading.Event) -> None:
    del over
    _hear(connection)


def resets(connection: socket.socket, over: threading.Event) -> None:
    del over
    _hear(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)


def half_a_handshake(connection: socket.socket, over: threading.Event) -> None:
    """The head of a TLS record whose 16,384 bytes then come one by one."""
    connection.recv(BLOCK)
    connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")
    _slowly(connection, b"x" * 300, over)


@dataclass
class Bad:
    """A server that misbehaves: where it listens, and how many callers stayed until it was done with them."""

    port: int
    endured: int = 0


@contextmanager
def misbehaving(behave: Behaviour) -> Iterator[Bad]:
    """Give a server on this machine that treats every connection like that."""
    over = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    here = Bad(server.getsockname()[1])
    threads: list[threading.Thread] = []

    def treat(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            behave(connection, over)
            here.endured += not over.is_set()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = server.accept()
                threads.append(threading.Thread(target=treat, args=[connection], daemon=True))
                threads[-1].start()

    door = threading.Thread(target=accept, daemon=True)
    door.start()
    try:
        yield here
    finally:
        over.set()
        server.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for somebody
        server.close()
        for thread in (door, *threads):
            thread.join()


@contextmanager
def never_accepting() -> Iterator[Bad]:
    """Give a server whose waiting room is full: who calls now is neither let in nor sent away."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, contextlib.ExitStack() as waiting:
        port = server.getsockname()[1]
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect(("127.0.0.1", port))
        yield Bad(port)
