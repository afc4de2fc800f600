"""Paper leaves the house: what was printed, and whether contact data stood on it, goes on record."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from gongjian.audit.actions import record
from gongjian.identity.actor import Actor


@transaction.atomic
def note_print(*, numbers: Collection[str], with_contact: Collection[str], actor: Actor, at: datetime) -> None:
    """Record that the work orders of these cases were printed, one entry for each."""
    for number in numbers:
        record(
            action="hotline.print",
            actor_kind=actor.kind,
            actor_id=actor.user_id,
            unit_id=actor.unit_id,
            object_kind="case",
            object_id=number,
            detail="with contact" if number in with_contact else "",
            at=at,
        )
