"""Keeping what a call-taker types: a draft for each form; of two windows on one neither writes over the other."""

import json
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from django.db import connection

from gongjian.domains.hotline.models import IntakeDraft
from gongjian.identity.actor import Actor
from gongjian.identity.rights import require_user

# What tells one call's form from another on the page and is no word of the call.
NO_WORDS: Final = frozenset({"token", "seen", "started"})
KEEP_INTAKE: Final = """
insert into hotline_intakeform as d (token, user_id, form, sent, saved_at)
values (%(token)s, %(user)s, %(form)s, %(sent)s, %(at)s)
on conflict (token) do update
set form = excluded.form, sent = excluded.sent, saved_at = excluded.saved_at, version = d.version + 1
where d.user_id = excluded.user_id and d.sent is null and (%(seen)s::integer is null or d.version = %(seen)s::integer)
returning version
"""


class Kept(NamedTuple):
    """Under which token a form is kept now, and which version of it that is."""

    token: str
    version: int


def new_token() -> str:
    """Return the name of a new form: nobody can guess it."""
    return secrets.token_urlsafe(16)


def words_of_form(form: str) -> bytes:
    """Return the digest of what a call-taker typed, whichever window and token it stands in."""
    typed = sorted((name, value.strip()) for name, value in parse_qsl(form) if name not in NO_WORDS)
    return sha256(json.dumps(typed, ensure_ascii=False).encode()).digest()


def keep_intake(*, token: str, form: str, seen: int | None, actor: Actor, at: datetime) -> Kept | None:
    """Keep a call-taker's form, sealed. `seen` is the version its page has read; None for a page that says none.

    Where another window has written meanwhile, or the token has become another call, the form is kept under a token of
    its own. Returns None for a late save of words that have become a case: they must not come back.
    """
    version = _write_intake(token, form, seen, None, actor, at)
    if version is not None:
        return Kept(token, version)
    row = IntakeDraft.objects.filter(pk=token, user=require_user(actor)).first()
    if row is not None and row.sent is not None and bytes(row.sent) == words_of_form(form):
        return None
    if row is not None and row.sent is None and words_of_form(row.text) == words_of_form(form):
        return Kept(token, row.version)  # it was saved before, and the answer was lost
    fresh = new_token()
    _write_intake(fresh, form, None, None, actor, at)
    return Kept(fresh, 1)


def close_intake(*, token: str, said: str, words: bytes, actor: Actor, at: datetime) -> bool:
    """Keep what is read out in place of the form that has become a case; False where the token is not free for it."""
    return _write_intake(token, said, None, words, actor, at) is not None


def _write_intake(
    token: str, form: str, seen: int | None, sent: bytes | None, actor: Actor, at: datetime
) -> int | None:
    sealed = IntakeDraft._meta.get_field("form").seal(form)
    facts: dict[str, Any] = {"token": token, "user": require_user(actor), "form": sealed, "seen": seen, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(KEEP_INTAKE, facts | {"sent": sent})
        row = cursor.fetchone()
    return row[0] if row else None


def drop_intake(*, token: str, actor: Actor) -> None:
    """Throw an unfinished form away."""
    IntakeDraft.objects.filter(pk=token, user=actor.user_id, sent=None).delete()
