"""The one decorator that stands before every view."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_cache_control

from gongjian.identity.actor import Actor
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rights import Forbidden, Right
from gongjian.identity.typed import typed

FORBIDDEN = 403
RESIDENT_SIGN_IN = "console:phone_sign_in"
SECOND_FACTOR_PAGE = "console:two_factor"


@dataclass(frozen=True)
class Guard:
    """Who may pass; stands on the view as `view.guard`, so that a test can read every route."""

    right: Right | None
    anonymous: bool
    resident: bool

    def admits(self, actor: Actor) -> bool:
        """Whether this kind of actor may come in at all; the right is asked after that."""
        return self.anonymous or actor.kind == "staff" or (self.resident and actor.kind == "resident")


def guarded[**P, R: HttpResponseBase](
    right: Right | None = None, *, anonymous: bool = False, resident: bool = False
) -> Callable[[Callable[Concatenate[ActorRequest, P], R]], Callable[Concatenate[ActorRequest, P], HttpResponseBase]]:
    """Let signed-in staff pass, with `right` only those who hold it.

    `anonymous` opens the view to everybody, `resident` to signed-in residents beside staff. Others are sent to sign
    in, or refused with `Forbidden`.
    """
    if anonymous and (right is not None or resident):
        raise ValueError("A view is open to everybody, or it asks for something.")
    guard = Guard(right, anonymous, resident)

    def decorate(
        view: Callable[Concatenate[ActorRequest, P], R],
    ) -> Callable[Concatenate[ActorRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded_view(request: ActorRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if guard.anonymous:
                return view(request, *args, **kwargs)
            refusal = _refusal(guard, request)
            if refusal is not None:
                return refusal
            response = view(request, *args, **kwargs)
            # The next person at a shared computer must not see this page by going back.
            patch_cache_control(response, private=True, no_store=True)
            return response

        guarded_view.guard = guard  # type: ignore[attr-defined]
        return guarded_view  # type: ignore[return-value] # wraps() gives the view's attributes, not its type

    return decorate


def _refusal(guard: Guard, request: ActorRequest) -> HttpResponse | None:
    actor = request.actor
    if not actor.signed_in:
        return _send(request, RESIDENT_SIGN_IN if guard.resident else settings.LOGIN_URL)
    if not guard.admits(actor):
        raise Forbidden(guard.right or "staff")
    if guard.right is None or actor.can(guard.right):
        return None
    if guard.right in actor.withheld:
        return _send(request, SECOND_FACTOR_PAGE)
    raise Forbidden(guard.right)


def _send(request: ActorRequest, page: str) -> HttpResponse:
    """Send to another page and back again; htmx is told to load it whole, not into a corner of this one.

    A page that only asks by itself whether something is new gets nothing: what stands typed on it must not be lost.
    Words that were typed into a page without script come back with the way to sign in.
    """
    if "X-Poll" in request.headers:
        return HttpResponse(status=204)
    htmx = "HX-Request" in request.headers
    back = request.get_full_path()
    if htmx or request.method not in {"GET", "HEAD"}:
        came_from = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
        back = came_from.path if came_from.netloc == request.get_host() else ""
    target = resolve_url(page) + (f"?{urlencode({'next': back})}" if back else "")
    if htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    lost = typed(request)
    if lost is not None:
        answer = render(request, "signed_out.html", {"typed": lost, "sign_in_url": target}, status=FORBIDDEN)
        patch_cache_control(answer, private=True, no_store=True)
        return answer
    return HttpResponseRedirect(target)
