"""Stands before everything that asks the database."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from gongjian.httpapi.bodies import fault_of
from gongjian.identity.actor import ANONYMOUS
from gongjian.project.busy import PROGRAMS, WITHOUT_DATABASE, busy_answer, is_busy
from gongjian.project.maintenance import Notice, Watch, is_open, retry_after
from gongjian.project.unread import told_by_themselves, unread
from gongjian.project.views import bad_request
from gongjian.workdays.clock import now


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


class UnreadMiddleware:
    """Answers a request whose body the server did not read, before anybody takes it for an empty one.

    Programs' addresses word it themselves. Stands behind what gives a page its language and its content policy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        fault = fault_of(request)
        return unread(request, fault) if fault and not told_by_themselves(request.path) else self.get_response(request)


class MaintenanceMiddleware:
    """While the maintenance page is on, answers 503 to everybody: a page to people, a problem document to programs.

    Stands last, so that the page has its language and its content policy; nothing before it asks the database.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.watch = Watch(Path(settings.HOME))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        notice = None if is_open(request.path) else self.watch.now()
        return maintenance_answer(request, notice) if notice else self.get_response(request)


def maintenance_answer(request: HttpRequest, notice: Notice) -> HttpResponse:
    """Return 503 with Retry-After and what people need to know."""
    headers = {"Retry-After": str(retry_after(notice, at=now())), "Cache-Control": "no-store"}
    if request.path.startswith(PROGRAMS):
        problem = {"type": "about:blank", "title": "Maintenance", "status": 503, "detail": notice.reason}
        if notice.until:
            problem["until"] = notice.until.isoformat()
        return JsonResponse(
            problem, status=HTTPStatus.SERVICE_UNAVAILABLE, headers=headers, content_type="application/problem+json"
        )
    # Finding out who it is would ask the database.
    request.actor = ANONYMOUS  # type: ignore[attr-defined]
    page = render(
        request,
        "maintenance.html",
        {**WITHOUT_DATABASE, "until": notice.until, "reason": notice.reason},
        status=HTTPStatus.SERVICE_UNAVAILABLE,
    )
    for name, value in headers.items():
        page.headers[name] = value
    return page
