"""Rights: words of the form `domain:thing:act`, declared by each room's access.py."""

from enum import StrEnum

from django.core.exceptions import PermissionDenied

from gongjian.identity.actor import Actor


class Right(StrEnum):
    """Has no members; every room that has rights subclasses it once."""


class Forbidden(PermissionDenied):
    """The actor is known and may not do this; pages answer 403."""

    def __init__(self, right: str) -> None:
        super().__init__(right)
        self.right = right


def require_user(actor: Actor) -> int:
    """Return the id of the signed-in user, or raise `Forbidden`."""
    if actor.user_id is None:
        raise Forbidden("signed-in")
    return actor.user_id


def require(actor: Actor, right: Right) -> None:
    """Let the act go on, or raise `Forbidden`."""
    if not actor.can(right):
        raise Forbidden(right)
