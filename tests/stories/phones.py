"""A phone for the stories: a browser with its own disk, and a network that can be cut between it and the server."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Playwright

from conftest import LAUNCH, PATIENCE_MS
from tests.stories.listening import faults, listen

BLOCK = 65_536


class Line:
    """The line to the server; while it is cut nothing passes, also not from the service worker."""

    def __init__(self, server: str) -> None:
        self.target = (urlsplit(server).hostname, urlsplit(server).port)
        self.up = True
        self.open: list[socket.socket] = []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        self.up = False
        for one in self.open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.up = True

    def close(self) -> None:
        self.cut()
        self.door.close()

    def _serve(self) -> None:
        while True:
            try:
                caller, _address = self.door.accept()
            except OSError:
                return
            if not self.up:
                caller.close()
                continue
            with suppress(OSError):
                server = socket.create_connection(self.target)
                self.open += [caller, server]
                for one, other in ((caller, server), (server, caller)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while self.up and (data := one.recv(BLOCK)):
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Phone:
    """A browser whose disk outlives it."""

    def __init__(self, playwright: Playwright, folder: str, line: Line) -> None:
        self.playwright, self.folder, self.line = playwright, folder, line
        self.faults: list[str] = []
        self.context: BrowserContext
        self.page: Page
        self.start()

    def start(self) -> Page:
        self.context = self.playwright.chromium.launch_persistent_context(
            self.folder,
            **LAUNCH,
            locale="zh-CN",
            viewport={"width": 360, "height": 740},
            has_touch=True,
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.set_offline(not self.line.up)
        self.page = self.context.pages[0]
        listen(self.page, self.faults)
        return self.page

    def lose_signal(self) -> None:
        self.line.cut()
        self.context.set_offline(True)

    def find_signal(self) -> None:
        self.line.mend()
        self.context.set_offline(False)

    def kill(self) -> None:
        """End the browser with everything in it; the disk stays."""
        self.context.close()

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.line.url}{path}")
        self.page.wait_for_selector("html[data-ready]", state="attached")
        return self.page

    def prepared(self) -> None:
        """Wait until the service worker has everything and stands before the pages."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.page.evaluate(
            "new Promise(done => navigator.serviceWorker.controller ? done() :"
            " navigator.serviceWorker.addEventListener('controllerchange', () => done()))"
        )

    def dressed(self) -> None:
        """Wait until the service worker has fetched its shells in the language and look of this reader."""
        for _ in range(PATIENCE_MS // 100):
            if self.page.evaluate("caches.match('/phone/look').then(Boolean)"):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("the worker did not fetch its shells")

    def unexpected(self) -> list[str]:
        """Return what went wrong in the page besides the missing signal, which the browser notes for every request."""
        known = (
            "ERR_INTERNET_DISCONNECTED",
            "ERR_EMPTY_RESPONSE",
            "ERR_CONNECTION",
            "ERR_FAILED",
            "422",
            "409",
            "inline style",
        )
        return [one for one in faults(self.faults) if not any(word in one for word in known)]


@contextmanager
def phone_at(playwright: Playwright, folder: str, server: str) -> Iterator[Phone]:
    line = Line(server)
    phone = Phone(playwright, folder, line)
    try:
        yield phone
    finally:
        with suppress(Exception):
            phone.kill()
        line.close()
