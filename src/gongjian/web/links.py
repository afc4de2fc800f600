"""Where the frame's links lead. Pages live above this floor, so they are found by name and left out when absent."""

from django.conf import settings
from django.urls import NoReverseMatch, get_urlconf, reverse

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
}
_found: dict[str | None, dict[str, str]] = {}


def link(name: str) -> str:
    """Return the address of a named page, or an empty text if this installation has none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def links() -> dict[str, str]:
    """Return the frame's addresses by purpose; found once for each URL configuration."""
    urlconf = get_urlconf() or settings.ROOT_URLCONF
    if urlconf not in _found:
        names = {**NAMES, **getattr(settings, "FRAME_LINKS", {})}
        _found[urlconf] = {purpose: link(name) for purpose, name in names.items()}
    return _found[urlconf]
