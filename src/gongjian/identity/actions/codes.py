"""Codes to a phone, by which residents sign in without a password, and prove that a matter is theirs."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables

from gongjian.audit.retention import cutoff
from gongjian.identity.actions.record import note
from gongjian.identity.actor import ANONYMOUS
from gongjian.identity.models import SignInCode, User
from gongjian.identity.refusals import TooSoon
from gongjian.identity.rules import CODE_DIGITS, CODE_LIFE, CODE_LIMITS, CODE_TRIES, code_again_at, fold_code
from gongjian.sealing.index import blind_index

LOCK = 7_233_002  # class of the advisory locks by phone
# Counts the try and spends the code in one statement: of two right tries at once one passes, wrong ones all count.
TRY = """
update identity_signincode set tries = tries + 1, used_at = case when digest = %(digest)s then %(at)s end
where id = (select id from identity_signincode where phone_index = %(phone)s order by id desc limit 1)
  and used_at is null and tries < %(tries)s and expires_at > %(at)s
returning used_at is not null
"""


class CodeState(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    SPENT = "spent"  # none was sent, or it is used, too old or tried too often


def code_index(phone: str) -> bytes:
    """Return what names the phone (E.164) of a code: the same as of a contact."""
    return blind_index(phone, "phone")


@transaction.atomic
def issue_code(*, index: bytes, at: datetime, bound: str = "") -> str:
    """Make the code for the phone of an index and return it to be sent; the one before counts no more.

    Six digits, five minutes, five tries. With `bound` it is good only for whoever names the same again: one session and
    one matter. Raises TooSoon for a second one within a minute, a sixth within an hour or an eleventh within a day.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [LOCK, int.from_bytes(index[:4], signed=True)])
    longest = max(span for span, _most in CODE_LIMITS)
    sent = list(
        SignInCode.objects.filter(phone_index=index, created_at__gt=at - longest).values_list("created_at", flat=True)
    )
    again_at = code_again_at(sent, at)
    if again_at is not None:
        raise TooSoon(again_at)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    digest = _digest(index, code, bound)
    SignInCode.objects.create(phone_index=index, digest=digest, created_at=at, expires_at=at + CODE_LIFE)
    note("code.issue", actor=ANONYMOUS, user_id=None, at=at)
    return code


@sensitive_variables("code")
def try_code(*, index: bytes, code: str, at: datetime, bound: str = "") -> CodeState:
    """Spend one try of the newest code of this phone."""
    digest = _digest(index, fold_code(code), bound)
    facts: dict[str, Any] = {"digest": digest, "phone": index, "tries": CODE_TRIES, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(TRY, facts)
        row = cursor.fetchone()
    if row is None:
        return CodeState.SPENT
    if row[0]:
        return CodeState.RIGHT
    note("code.refused", actor=ANONYMOUS, user_id=None, at=at)
    return CodeState.WRONG


def _digest(index: bytes, code: str, bound: str) -> bytes:
    return salted_hmac(f"gongjian.identity.code{bound}", index.hex() + code, algorithm="sha256").digest()


def resident_of_phone(*, phone: str, at: datetime, language: str = "zh-hans") -> User:
    """Return the resident's account of this phone, opened now if there is none; two at once give the same one."""
    index = blind_index(phone, "phone")
    found = User.objects.filter(phone_index=index, kind=User.Kind.RESIDENT).first()
    if found is not None:
        return found
    user = User(
        username=f"r-{secrets.token_hex(8)}",
        kind=User.Kind.RESIDENT,
        phone=phone,
        phone_index=index,
        language=language,
        created_at=at,
    )
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        return User.objects.get(phone_index=index, kind=User.Kind.RESIDENT)
    note("user.create", actor=ANONYMOUS, user_id=user.pk, at=at, detail=User.Kind.RESIDENT)
    return user


def purge_codes(*, at: datetime) -> int:
    """Delete codes that have outlived their period and return how many; younger ones still count against the limits."""
    before = cutoff("sign-in-code", at) or at - timedelta(days=1)
    deleted, _rows = SignInCode.objects.filter(created_at__lt=before).delete()
    return deleted
