"""Where the frame's links lead. Pages live above this floor, so they are found by name and left out when absent."""

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse

from gongjian.identity.actor import Actor

# Overridden by settings.FRAME_LINKS.
NAMES: dict[str, str] = {
    "home": "portal:home",
    "matters": "portal:matters",
    "access": "portal:access",
    "privacy": "portal:privacy",
    "accessibility": "portal:accessibility",
    "open_data": "portal:open_data",
    "search": "console:search",
    "inbox": "console:inbox",
    "staff_home": "console:home",
    "profile": "console:profile",
    "sign_in": "console:sign_in",
    "sign_out": "console:sign_out",
    "stay": "console:stay",
    "look": "web:look",
    "unsent": "web:unsent",
}
_found: dict[tuple[str, str], dict[str, str]] = {}


def link(name: str) -> str:
    """Return the address of a named page, or an empty text if this installation has none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def links() -> dict[str, str]:
    """Return the frame's addresses by purpose; found once for each URL configuration."""
    place = where()
    if place not in _found:
        names = {**NAMES, **getattr(settings, "FRAME_LINKS", {})}
        _found[place] = {purpose: link(name) for purpose, name in names.items()}
    return _found[place]


def where() -> tuple[str, str]:
    """Return what every address depends on: the URL configuration and the prefix of the installation."""
    return get_urlconf() or settings.ROOT_URLCONF, get_script_prefix()


def opens(purpose: str, actor: Actor | None) -> bool:
    """Whether the page behind a link of the frame is there and lets this actor in."""
    rights = getattr(settings, "FRAME_RIGHTS", {}).get(purpose, ())
    return bool(links().get(purpose)) and (not rights or (actor is not None and any(map(actor.can, rights))))
