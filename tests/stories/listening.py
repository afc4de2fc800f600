"""What a browser reports while a story is told, and what of it is a fault."""

from collections.abc import Iterable

from playwright.sync_api import Page


def listen(page: Page, said: list[str], types: Iterable[str] = ("error",)) -> list[str]:
    """Write down every uncaught error of the page and every line of these types in its console; return the list."""
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type in types else None)
    return said


def faults(said: list[str]) -> list[str]:
    """Return what was said without requests given up for a newer one.

    `hx-sync="this:replace"` gives up a look-up that further typing made stale, and a page left gives up what it still
    asked. htmx writes both down as a pair of errors. A request that failed says `htmx:sendError`, and stays.
    """
    kept: list[str] = []
    for line in said:
        if line.startswith("htmx:sendAbort") and kept and kept[-1].startswith("htmx:afterRequest"):
            kept.pop()
        else:
            kept.append(line)
    return kept
