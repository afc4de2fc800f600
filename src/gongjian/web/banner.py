"""The banner above every resident's page: holidays, typhoons, planned stops. A room above says where it comes from."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Banner:
    """One banner in the reader's language."""

    title: str
    body: str
    follows: bool = False  # in Chinese for a reader of English, because the English is still to come


type Source = Callable[[datetime, str], Sequence[Banner]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Let a room say what stands above the pages now; it answers from memory."""
    _sources.append(source)


def banners(at: datetime, language: str) -> list[Banner]:
    """Return what stands above the pages now; a banner is never the reason why a page cannot be shown."""
    found: list[Banner] = []
    for source in _sources:
        try:
            found += source(at, language)
        except Exception:
            logger.exception("banner")
    return found
