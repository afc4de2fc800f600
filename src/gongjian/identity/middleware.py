"""Puts the actor on every request."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from django.contrib.auth import HASH_SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject, empty

from gongjian.identity.actor import ANONYMOUS, Actor
from gongjian.identity.models import Session
from gongjian.identity.queries import actor_by_id
from gongjian.identity.sessions import USER_KEY, SessionStore, row_key
from gongjian.workdays.clock import now

SECOND_FACTOR_KEY = "second_factor"
SEEN_STEP = timedelta(minutes=5)


class ActorMiddleware:
    """`request.actor` costs nothing until a view asks who it is; a page for everybody never does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: actor_of_session(cast("SessionStore", request.session), at=now()))  # type: ignore[attr-defined]
        return self.get_response(request)


def known_actor(request: HttpRequest) -> Actor | None:
    """Return who it is where that was asked already, and nothing where it would have to be asked now."""
    actor = getattr(request, "actor", None)
    if isinstance(actor, SimpleLazyObject):
        actor = vars(actor)["_wrapped"]  # looking at an attribute of its own would ask
    return None if actor is empty else cast("Actor | None", actor)


def actor_of_session(session: SessionStore, *, at: datetime) -> Actor:
    """Return who is signed in, in one query besides the session's own; ANONYMOUS without one."""
    user_id = session.get(USER_KEY)
    if user_id is None or session.session_key is None:
        return ANONYMOUS
    key = row_key(session.session_key)
    actor = actor_by_id(
        int(user_id),
        at=at,
        key=key,
        second_factor=bool(session.get(SECOND_FACTOR_KEY)),
        session_hash=session.get(HASH_SESSION_KEY, ""),
    )
    if actor is None:
        session.flush()
        return ANONYMOUS
    if session.seen is None or at - session.seen > SEEN_STEP:
        Session.objects.filter(pk=key).update(seen=at)
    return actor
