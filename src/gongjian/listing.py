"""Several things in one line, in the language that is active."""

from collections.abc import Iterable

from django.utils.translation import get_language


def listed(words: Iterable[str]) -> str:
    """Return words parted as their language parts them: 路灯、井盖 or lamps, covers."""
    return (", " if (get_language() or "").startswith("en") else "、").join(words)
