"""Pages for what went wrong: said plainly, with a number that also stands in the log."""

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

logger = logging.getLogger("gongjian.web")
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 5
HTTP_NOT_FOUND = 404
TEMPLATES = {400: "400.html", 403: "403.html", 404: "404.html", 500: "500.html", 503: "503.html"}


def reference() -> str:
    """Return a number to tell on the telephone, such as E-7Q2KM."""
    return "E-" + "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def error_page(request: HttpRequest, status: int, *, template: str = "", reason: str = "") -> HttpResponse:
    """Answer with the page for a status; everything but 404 is logged under the number the page shows.

    `reason` goes to the log only.
    """
    number = "" if status == HTTP_NOT_FOUND else reference()
    if number:
        logger.warning("%s %s %s %s %s", number, status, request.method, request.path, reason)
    context = {"reference": number, "status": status}
    response = HttpResponse(render_to_string(template or TEMPLATES[status], context, request), status=status)
    if number:
        response.headers["X-Reference"] = number
    response.headers["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler400."""
    return error_page(request, 400, reason=type(exception).__name__)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler403."""
    return error_page(request, 403, reason=str(exception or ""))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """handler404."""
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500; Django has logged the traceback just before."""
    return error_page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: mostly a form that lay open for a day, so it says that nothing is lost."""
    return error_page(request, 403, template="csrf.html", reason=reason)


def busy(request: HttpRequest, *, reason: str = "") -> HttpResponse:
    """Answer 503 and ask the browser to try again in 10 seconds."""
    response = error_page(request, 503, reason=reason)
    response.headers["Retry-After"] = "10"
    return response
