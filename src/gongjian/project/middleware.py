"""Stands before everything that asks the database."""

from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse

from gongjian.project.busy import busy_answer, is_busy
from gongjian.project.views import bad_request


class DatabaseBusyMiddleware:
    """Answers 503 instead of 500 while the database is away or every connection of the pool is taken.

    Text with a NUL, which no column holds and nobody types, is a bad request wherever it was asked for.

    Errors of middlewares below reach `views.server_error` instead, which asks the same question.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn a busy database into the busy answer, a NUL into a bad request; leave other errors alone."""
        if isinstance(error, DataError) and "NUL (0x00)" in str(error):
            return bad_request(request)
        return busy_answer(request, error) if is_busy(error) else None
