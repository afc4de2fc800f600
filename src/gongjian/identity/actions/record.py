"""The audit entry of an act on accounts."""

from datetime import datetime

from gongjian.audit.actions import record
from gongjian.identity.actor import Actor


def note(action: str, *, actor: Actor, user_id: int | None, at: datetime, detail: str = "") -> None:
    """Record an act on a user's account; `action` comes without the room's name in front."""
    record(
        action=f"identity.{action}",
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        unit_id=actor.unit_id,
        object_kind="user",
        object_id="" if user_id is None else str(user_id),
        detail=detail,
        at=at,
    )
