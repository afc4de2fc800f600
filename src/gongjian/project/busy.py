"""The answer when the database cannot be asked right now: a plain page that needs nothing, and a number to quote."""

import logging
import secrets
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from procrastinate.exceptions import ConnectorException
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from gongjian.identity.actor import ANONYMOUS

BUSY = (OperationalError, InterfaceError, PoolTimeout, PoolClosed, TooManyRequests, ConnectorException)
RETRY_SECONDS = 10
# What the frame would ask the database for; the pages of bad days do without.
WITHOUT_DATABASE = {"demonstration": False}
PROGRAMS = ("/api/", "/open311/")  # their callers get a problem document instead of a page
logger = logging.getLogger(__name__)


def is_busy(error: BaseException | None) -> bool:
    """Tell whether an error, or what caused it, is the database being away or overloaded."""
    while error is not None:
        if isinstance(error, BUSY):
            return True
        error = error.__cause__ or error.__context__
    return False


def busy_answer(request: HttpRequest, error: BaseException | type[BaseException]) -> HttpResponse:
    """Return 503 with Retry-After; programs get a problem document, people a page."""
    number = secrets.token_hex(4).upper()
    logger.error("%s busy at %s: %s", number, request.path, error)
    headers = {"Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"}
    if request.path.startswith(PROGRAMS):
        problem = {"type": "about:blank", "title": "Busy", "status": 503, "instance": f"urn:reference:{number}"}
        return JsonResponse(
            problem, status=HTTPStatus.SERVICE_UNAVAILABLE, headers=headers, content_type="application/problem+json"
        )
    # Finding out who it is would ask the database again.
    request.actor = ANONYMOUS  # type: ignore[attr-defined]
    context = {**WITHOUT_DATABASE, "reference": number}
    page = render(request, "503.html", context, status=HTTPStatus.SERVICE_UNAVAILABLE)
    for name, value in headers.items():
        page.headers[name] = value
    return page
