"""Which kinds of notice there are, for whom, and which nobody can switch off: each room registers its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from django.utils.functional import Promise

from gongjian.notify.models import Channel

type Words = "str | Promise"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notice, named by its template "app/name"."""

    template: str
    label: Words
    reader: Literal["staff", "resident"]
    channels: tuple[str, ...]  # it can come by
    fixed: Words = ""  # why it cannot be switched off; empty where it can


_known: Final[dict[str, Kind]] = {}


def register(kinds: Iterable[Kind]) -> None:
    """Make kinds known: in the `ready` of an app."""
    _known.update({kind.template: kind for kind in kinds})


def kinds_for(reader: str) -> list[Kind]:
    """Return the kinds somebody may be told, those one can choose about first."""
    return sorted((k for k in _known.values() if k.reader == reader), key=lambda kind: bool(kind.fixed))


def kind_of(template: str) -> Kind | None:
    return _known.get(template)


def is_fixed(template: str) -> bool:
    """Whether a choice about this kind counts for nothing."""
    found = _known.get(template)
    return found is not None and bool(found.fixed)


def comes_unasked(channel: str, reader: str) -> bool:
    """Whether a notice comes by this channel as long as somebody has chosen nothing: what the outbox does."""
    return channel == Channel.SITE or (channel == Channel.SMS and reader == "resident")
