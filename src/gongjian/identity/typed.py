"""What somebody typed into a form that was not taken: it goes back to the person with the page that says so.

A page of ours shows and sends again only what a page of ours has sent. Of a form that a foreign page sent nothing is
shown: its words would stand under our name, and one press would send them in the name of whoever sees them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict, UnreadablePostError

SECRETS: Final = frozenset({"password", "old", "new"})  # a form with one of these is never shown again
LEFT_OUT: Final = frozenset({"csrfmiddlewaretoken", "website"})
MOST_FIELDS: Final = 200
MOST_SIGNS: Final = 100_000


@dataclass(frozen=True)
class Typed:
    """A form as it was sent."""

    action: str
    fields: tuple[tuple[str, str], ...]
    words: tuple[str, ...]  # what a person reads in it
    files: bool  # were sent along and cannot come back


def typed(request: HttpRequest, *, checked: bool = False) -> Typed | None:
    """Return what was sent, where there are words in it; None for anything else, and for what is too long for a form.

    `checked` says that the form's own token was right.
    """
    if request.method != "POST" or _by_script(request) or not (checked or _from_our_page(request)):
        return None
    try:
        posted, files = request.POST, bool(request.FILES)
    except (SuspiciousOperation, UnreadablePostError, OSError):
        return None
    if not SECRETS.isdisjoint(posted):
        return None
    fields = tuple(_fields(posted))
    words = tuple(value for _name, value in fields if _are_words(value))
    if not words or len(fields) > MOST_FIELDS or sum(len(value) for _name, value in fields) > MOST_SIGNS:
        return None
    return Typed(request.get_full_path(), fields, words, files)


def _by_script(request: HttpRequest) -> bool:
    """Whether a script sent it, which keeps the words itself."""
    return "HX-Request" in request.headers or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"


def _from_our_page(request: HttpRequest) -> bool:
    """Whether the browser says that a page of this address sent the form; what says nothing is not believed."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site or origin:
        here = f"{request.scheme}://{request.get_host()}"
        return (site or "same-origin") == "same-origin" and (origin or here) == here
    return urlsplit(request.headers.get("Referer", "")).netloc == request.get_host()


def _fields(posted: QueryDict) -> Iterator[tuple[str, str]]:
    for name, values in posted.lists():
        if name not in LEFT_OUT:
            yield from ((name, str(value)) for value in values if value)


def _are_words(value: str) -> bool:
    """Whether somebody wrote this; codes, numbers and ticks go along unseen."""
    return not value.isascii() or len(value.split()) > 1
