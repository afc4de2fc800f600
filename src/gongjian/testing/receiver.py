"""An example receiver of webhooks: checks signatures, keeps what it got, fails when it is told to."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

TOLERANCE: Final = 300


def verified(secret: str, headers: Any, body: bytes, now: float) -> bool:
    """Whether a message comes from who shares the secret, and was sent within five minutes of now.

    This is all a receiver needs; docs/api.md shows the same lines.
    """
    message_id, stamp = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(now - int(stamp)) > TOLERANCE:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    good = base64.b64encode(hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
    given = (part.partition(",")[2] for part in headers["webhook-signature"].split(" "))
    return any(hmac.compare_digest(good, one) for one in given)


class Receiver:
    """An HTTP server on this machine. `answers` are given in turn, then 204; `slow` seconds pass before each.

    What was verified and answered with success stands in `got`, every attempt in `tries`, in the order it came.
    """

    def __init__(self, secrets: Sequence[str] = (), *, clock: Callable[[], float] = time.time) -> None:
        self.secrets, self.clock = list(secrets), clock
        self.answers: list[int] = []
        self.slow = 0.0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.got: list[dict[str, Any]] = []
        self.tries: list[tuple[str, int]] = []
        self.ids: list[str] = []
        self.busy = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def events_of(self, number: str) -> list[int]:
        """Return the events of one case in the order in which they arrived."""
        return [one["data"]["event"] for one in self.got if one["data"].get("case") == number]

    def take(self, headers: Any, body: bytes) -> int:
        """Take one message in and return the status it is answered with."""
        self.busy.set()
        time.sleep(self.slow)
        with self._lock:
            message_id = headers["webhook-id"]
            if self.secrets and not any(verified(one, headers, body, self.clock()) for one in self.secrets):
                status = 401
            else:
                status = self.answers.pop(0) if self.answers else 204
            self.tries.append((message_id, status))
            if 200 <= status < 300:  # noqa: PLR2004 - success
                self.ids.append(message_id)
                self.got.append(json.loads(body))
            return status

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.take(self.headers, body)
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(0 if status == 204 else len(receiver.body)))  # noqa: PLR2004
                self.end_headers()
                if status != 204:  # noqa: PLR2004 - no content
                    self.wfile.write(receiver.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
                """Say nothing."""

        return Handler
