"""Where a measured request says it comes from."""

from django.http import HttpRequest


def of_header(request: HttpRequest) -> str:
    """Return the address in the header: each report comes from one of its own, or the limit on reports stops them."""
    return request.headers.get("X-Forwarded-For") or request.META["REMOTE_ADDR"]
