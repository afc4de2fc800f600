"""Stands before everything that asks the database."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from gongjian.project.busy import busy_answer, is_busy


class DatabaseBusyMiddleware:
    """Answers 503 instead of 500 while the database is away or every connection of the pool is taken.

    Errors of middlewares below reach `views.server_error` instead, which asks the same question.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn a busy database into the busy answer; leave other errors alone."""
        return busy_answer(request, error) if is_busy(error) else None
