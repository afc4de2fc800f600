"""The installation's own addresses: is it alive, is it ready, its figures, and the pages for what went wrong."""

import secrets
import sys
from http import HTTPStatus
from logging import getLogger

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from gongjian.httpapi.bodies import Fault
from gongjian.identity.guard import guarded
from gongjian.identity.typed import typed
from gongjian.project import health, lateness
from gongjian.project.busy import busy_answer, is_busy
from gongjian.project.errorframe import around
from gongjian.project.figures import exposition
from gongjian.project.unread import unread
from gongjian.web.missing import MissingError

LOCAL = {"127.0.0.1", "::1"}
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")
logger = getLogger(__name__)


@guarded(anonymous=True)
@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer while this process lives; asks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@guarded(anonymous=True)
@require_safe
@never_cache
def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 when database and migrations are there and due jobs are done in time, else 503 and what is not."""
    checks = {"database": health.database_answers()}
    checks["migrations"] = checks["database"] and health.migrations_applied()
    behind = lateness.background() if checks["migrations"] else None
    stuck = behind.stuck if behind else {}
    checks["worker"] = behind is not None and behind.beats
    checks["clocks"] = behind is not None and behind.ticks
    checks["queues"] = behind is not None and not stuck
    ready = all(checks.values())
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"ready": ready, **checks, "stuck": stuck}, status=status)


@guarded(anonymous=True)
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the figures to this machine or a bearer of GONGJIAN_METRICS_TOKEN; for others the page is absent."""
    if not _may_measure(request):
        return not_found(request)
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _may_measure(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    if token and constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}"):
        return True
    # Behind a proxy on the same machine everybody comes from 127.0.0.1.
    return request.META.get("REMOTE_ADDR") in LOCAL and not any(name in request.headers for name in FORWARDED)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was open too long, with a number to quote, and give back what was typed into it."""
    number = secrets.token_hex(4).upper()
    logger.warning("%s csrf at %s: %s", number, request.path, reason)
    context = {**around(request), "reference": number, "typed": typed(request)}
    answer = render(request, "csrf.html", context, status=HTTPStatus.FORBIDDEN)
    add_never_cache_headers(answer)
    return answer


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that the request could not be read."""
    if isinstance(exception, RequestDataTooBig):
        return unread(request, Fault.TOO_LARGE)
    too_many = isinstance(exception, TooManyFieldsSent | TooManyFilesSent)
    return render(request, "400.html", {**around(request), "too_many": too_many}, status=HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Say that the act is not this person's to do."""
    return render(request, "403.html", around(request), status=HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that nothing is there, or nothing that this person may see; why, where they may know it."""
    context = around(request)
    if isinstance(exception, MissingError):
        context |= {"missing": exception, "typed": typed(request, checked=True)}
    return render(request, "404.html", context, status=HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours, with a number that stands in the log; a busy database is told as busy."""
    error = sys.exc_info()[1]
    if error is not None and is_busy(error):
        return busy_answer(request, error)
    number = secrets.token_hex(4).upper()
    logger.error("%s failed at %s", number, request.path, exc_info=error)
    context = {**around(request, ask=False), "reference": number}
    return render(request, "500.html", context, status=HTTPStatus.INTERNAL_SERVER_ERROR)
