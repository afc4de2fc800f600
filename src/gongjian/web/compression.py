"""Pages go out compressed where no proxy in front does it."""

import secrets
from collections.abc import Callable
from gzip import GzipFile
from io import BytesIO
from typing import Final

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

SMALL: Final = 1_024  # bytes that are not worth it
LEVEL: Final = 1  # takes less than half of what level 6 does, for a page a tenth larger
PADDING: Final = 100


class CompressionMiddleware:
    """Compresses HTML, and only HTML: no stream, no file to take away, nothing that is encoded already.

    Django's own middleware compresses whatever passes, at level 6. Answers to programs stay as they are: a receipt code
    may stand in them beside words the sender chose, and nothing in them is masked as the token of a form is. Static
    files never come here; they are compressed once for all.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if settings.PROXIES:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponse) and _is_page(response):
            patch_vary_headers(response, ("Accept-Encoding",))
            if _takes_gzip(request.headers.get("Accept-Encoding", "")):
                _compress(response)
        return response


def compressed(content: bytes) -> bytes:
    """Return content as gzip with a name of random length in its head.

    So the length does not tell whether a guess stands on the page a second time (BREACH).
    """
    out = BytesIO()
    name = "a" * secrets.randbelow(PADDING)
    with GzipFile(filename=name, mode="wb", compresslevel=LEVEL, fileobj=out, mtime=0) as file:
        file.write(content)
    return out.getvalue()


def _is_page(response: HttpResponse) -> bool:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    taken = "Content-Encoding" in response.headers or "Content-Disposition" in response.headers
    return kind == "text/html" and not taken and len(response.content) > SMALL


def _takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding names gzip, and not to refuse it (q=0)."""
    for one in accepted.lower().split(","):
        name, _semicolon, weight = one.partition(";")
        if name.strip() == "gzip":
            return weight.strip().rstrip("0").rstrip(".") not in {"q=", "q=0"}
    return False


def _compress(response: HttpResponse) -> None:
    response.content = compressed(response.content)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(response.content))
    etag = response.headers.get("ETag", "")
    if etag.startswith('"'):  # names the same page in other bytes
        response.headers["ETag"] = f"W/{etag}"
