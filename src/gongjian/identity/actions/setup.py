"""The first administrator of a new installation, and the list of what an opening needs."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from gongjian.identity.access import IdentityRight
from gongjian.identity.actions.people import assign, create_user
from gongjian.identity.actions.record import note
from gongjian.identity.actions.reference import changed
from gongjian.identity.actor import SYSTEM, Actor
from gongjian.identity.models import Installation, SetupLink, SetupStep, User
from gongjian.identity.queries import has_administrator
from gongjian.identity.refusals import Refused
from gongjian.identity.rights import require

LINK_LIFE: Final = timedelta(hours=24)
ROLE: Final = "administrator"
LOCK: Final = 7_233_002  # any number nobody else uses for an advisory lock


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def issue_setup_link(*, at: datetime) -> str | None:
    """Return the token of a new set-up link, good once within a day; None where an administrator can sign in.

    Links given out before become void.
    """
    _one_at_a_time()
    if has_administrator(at=at):
        return None
    SetupLink.objects.filter(used_at=None).delete()
    token = secrets.token_urlsafe(32)
    SetupLink.objects.create(digest=_digest(token), created_at=at, expires_at=at + LINK_LIFE)
    note("setup.link", actor=SYSTEM, user_id=None, at=at)
    return token


def setup_link_is_good(token: str, *, at: datetime) -> bool:
    """Whether this link still lets the first administrator in."""
    good = SetupLink.objects.filter(digest=_digest(token), used_at=None, expires_at__gt=at).exists()
    return good and not has_administrator(at=at)


@sensitive_variables("password", "token")
@transaction.atomic
def set_up_administrator(*, token: str, username: str, name: str, password: str, unit_id: int, at: datetime) -> User:
    """Open the first administrator's account with this password; the link is spent.

    Raises Refused for a used or old link, where an administrator exists, and as `create_user`.
    """
    _one_at_a_time()
    if not password:
        raise Refused("password", _("还没写密码。"))
    if not setup_link_is_good(token, at=at):
        raise Refused("", _("这条链接用过了、过期了，或者已经有管理员了。"))
    user = create_user(username=username, name=name, password=password, actor=SYSTEM, at=at)
    assign(user=user, unit=unit_id, role=ROLE, actor=SYSTEM, at=at)
    SetupLink.objects.filter(digest=_digest(token)).update(used_at=at)
    changed()  # every process knows at once that this is no demonstration
    note("setup.administrator", actor=SYSTEM, user_id=user.pk, at=at)
    return user


def _one_at_a_time() -> None:
    """Let two browsers with the same link come one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])


@transaction.atomic
def tick_step(*, code: str, done: bool, actor: Actor, at: datetime) -> None:
    """Tick a line of the set-up list off, or take the tick back. Raises Forbidden."""
    require(actor, IdentityRight.PEOPLE_MANAGE)
    if done:
        _row, new = SetupStep.objects.get_or_create(code=code, defaults={"user_id": actor.user_id, "done_at": at})
    else:
        new = bool(SetupStep.objects.filter(code=code).delete()[0])
    if new:
        note("setup.step", actor=actor, user_id=None, at=at, detail=f"{code} {'done' if done else 'open'}")


@transaction.atomic
def finish_setup(*, actor: Actor, at: datetime) -> None:
    """Close the set-up list: the installation is open for business. A second time changes nothing."""
    require(actor, IdentityRight.PEOPLE_MANAGE)
    row, _made = Installation.objects.select_for_update().get_or_create(pk=1)
    if row.set_up_at is None:
        row.set_up_at = at
        row.save(update_fields=["set_up_at"])
        note("setup.finish", actor=actor, user_id=None, at=at)
