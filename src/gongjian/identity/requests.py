"""What a request carries once identity has seen it."""

from axes.helpers import get_client_ip_address
from django.http import HttpRequest

from gongjian.identity.actor import Actor

AGENT_LENGTH = 200


class ActorRequest(HttpRequest):
    """A request that passed ActorMiddleware; for annotations of views."""

    actor: Actor


def client_ip(request: HttpRequest) -> str:
    """Return the address the request came from, or an empty text; the same one the lock-out of sign-in counts."""
    return get_client_ip_address(request) or ""


def client_agent(request: HttpRequest) -> str:
    """Return what the browser calls itself, shortened."""
    return request.headers.get("User-Agent", "")[:AGENT_LENGTH]
