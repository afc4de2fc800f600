"""What every template knows: the reader, the installation's names, the frame's links."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from gongjian.web.links import links
from gongjian.web.middleware import reader_of
from gongjian.web.site import site


def reader(request: HttpRequest) -> dict[str, Any]:
    """Return reader, site, links, hotline, demonstration and actor for templates."""
    who = reader_of(request)
    return {
        "reader": who,
        "site": site(who.language),
        "links": links(),
        "hotline": settings.HOTLINE_NUMBER,
        "demonstration": settings.DEMONSTRATION,
        "actor": getattr(request, "actor", None),
    }
