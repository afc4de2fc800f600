"""What a request carries once identity has seen it."""

from axes.helpers import get_client_ip_address
from django.conf import settings
from django.http import HttpRequest

from gongjian.identity.actor import Actor
from gongjian.text import clean

AGENT_LENGTH = 200


class ActorRequest(HttpRequest):
    """A request that passed ActorMiddleware; for annotations of views."""

    actor: Actor


def sender(request: HttpRequest) -> str:
    """Return the address that called the outermost of our proxies."""
    return origin(request.headers.get("X-Forwarded-For", ""), str(request.META.get("REMOTE_ADDR", "")))


def origin(forwarded: str, peer: str) -> str:
    """Return the address that called the outermost of our proxies; without proxies nobody's word counts but the socket.

    Whatever stands further left in X-Forwarded-For was sent along by the caller and may be anything.
    """
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()] if settings.PROXIES > 0 else []
    return hops[-settings.PROXIES] if 0 < settings.PROXIES <= len(hops) else peer


def client_ip(request: HttpRequest) -> str:
    """Return the address the request came from, or an empty text; the same one the lock-out of sign-in counts."""
    return get_client_ip_address(request) or ""


def client_agent(request: HttpRequest) -> str:
    """Return what the browser calls itself, shortened."""
    return clean(request.headers.get("User-Agent", ""))[:AGENT_LENGTH]
