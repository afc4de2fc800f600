"""Before anything is rendered: who reads, in which language and which look."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from gongjian.web.reader import LOOK_COOKIE, Reader, read_look


class ReaderMiddleware:
    """Set request.reader and the language, and say on what the answer depends.

    Order of the language: cookie gj_lang, then Accept-Language, then Simplified Chinese.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = translation.get_language_from_request(request)
        request.reader = read_look(request.COOKIES.get(LOOK_COOKIE), language)  # type: ignore[attr-defined]
        with translation.override(language):
            response = self.get_response(request)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        if "Content-Language" not in response.headers:
            response.headers["Content-Language"] = "zh-Hans" if language == "zh-hans" else language
        return response


def reader_of(request: HttpRequest) -> Reader:
    """Return the reader of a request, also of one that never passed the middleware."""
    found = getattr(request, "reader", None)
    return found if isinstance(found, Reader) else Reader()
