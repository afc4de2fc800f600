"""What a load is told: a case as a record, its history as steps.

Both are named tuples because a large load makes ten million of them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from django.db import models

from gongjian.parties.models import Contact
from gongjian.sealing.fields import SealedTextField

KEEP: Final = -1  # the holder stays as it is
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Step(NamedTuple):
    """One move as it happened; texts and holder as `casework.actions.Change` has them."""

    move: str
    at: datetime
    actor_kind: str = "system"
    actor_id: int | None = None
    unit_id: int | None = None  # of the actor
    channel: str = "web"
    by_party: bool = False
    public_text: str = ""
    internal_text: str = ""
    holder_unit_id: int | None = KEEP
    holder_id: int | None = KEEP
    limits: Mapping[str, str] = _NOTHING
    dues: Mapping[str, datetime] = _NOTHING
    shares: Sequence[int] = ()
    target: str | None = None  # for a correction
    reminder_of: str = ""  # the clock whose reminder or end this move of the system was
    breach: bool = False


class Record(NamedTuple):
    """One case with its history; `contact` holds the prepared columns of a `Contact`, or None for anonymous."""

    kind: str
    title: str
    description: str
    topic_id: int | None
    topic_words: str
    channel: str
    urgency: int
    confidentiality: int
    address: str
    lon: float | None
    lat: float | None
    community_id: int | None
    cell: str
    language: str
    contact: Mapping[str, Any] | None
    person_id: int | None
    consent_contact: bool
    notify: bool
    steps: Sequence[Step]
    receipt_index: bytes | None = None
    detail: Mapping[str, Any] = _NOTHING  # further columns of ServiceRequest
    rows: Sequence[tuple[type[models.Model], Mapping[str, Any]]] = ()  # replies, returns and the like, without case
    with_clocks: bool = True  # False for imported history: no clocks, no deadlines
    clocks_from: datetime | None = None  # moves before it happened elsewhere and start no clock here
    more_words: str = ""  # folded words that also find the case: the number it had elsewhere


def sealed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of `parties.actions.contact_row` as they go over COPY, sealed; worth keeping for a pool."""
    return {
        name: column.seal(value) if isinstance(column := Contact._meta.get_field(name), SealedTextField) else value
        for name, value in row.items()
    }
