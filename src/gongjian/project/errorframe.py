"""The frame around the pages for what went wrong: whoever is at a desk keeps the desk's navigation."""

from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest

from gongjian.domains.hotline.pages.common import desk_nav
from gongjian.identity.actor import ANONYMOUS, Actor
from gongjian.identity.middleware import known_actor
from gongjian.project.busy import BUSY, WITHOUT_DATABASE


def around(request: HttpRequest, *, ask: bool = True) -> dict[str, Any]:
    """Return what an error page hands to its frame.

    Without `ask` only somebody who is known already counts: a page that tells of a failure must not fail alike.
    """
    actor = _actor(request, ask=ask)
    request.actor = actor  # type: ignore[attr-defined]
    if actor.kind != "staff":
        return WITHOUT_DATABASE
    return {**WITHOUT_DATABASE, "frame": "web/staff.html", "desk": desk_nav(actor, ""), "unread": 0}


def _actor(request: HttpRequest, *, ask: bool) -> Actor:
    known = known_actor(request)
    if known is not None or not ask:
        return known or ANONYMOUS
    asked: Actor = getattr(request, "actor", ANONYMOUS)
    try:
        known = asked if asked.kind else ANONYMOUS
    except (DatabaseError, *BUSY):
        return ANONYMOUS
    return known
