"""What every template knows: the reader, the installation's names, the frame's links."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from gongjian.identity.queries import demonstration
from gongjian.notify.queries import unread
from gongjian.web.links import links, opens
from gongjian.web.middleware import reader_of
from gongjian.web.site import site


def reader(request: HttpRequest) -> dict[str, Any]:
    """Return reader, site, links, hotline, demonstration, actor, may_search and unread for templates.

    `may_search` and `unread` are asked only where the staff frame shows them; a view that knows `unread` hands it in.
    """
    who = reader_of(request)
    actor = getattr(request, "actor", None)
    return {
        "reader": who,
        "site": site(who.language),
        "links": links(),
        "hotline": settings.HOTLINE_NUMBER,
        "demonstration": demonstration,  # asked where a page shows it, so never by the pages of bad days
        "actor": actor,
        "may_search": cache(lambda: opens("search", actor)),
        "unread": cache(lambda: unread(actor.user_id) if actor and actor.user_id else 0),
    }
