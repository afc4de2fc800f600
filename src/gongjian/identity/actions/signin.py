"""Signing in and out: password, second factor, sessions. These acts need the request, for its session and address."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from axes.helpers import get_cool_off
from django.contrib.auth import HASH_SESSION_KEY, authenticate, login, logout
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables
from django_otp.plugins.otp_totp.models import TOTPDevice

from gongjian.audit.actions import record
from gongjian.identity.actions.record import note
from gongjian.identity.actor import ANONYMOUS, Actor
from gongjian.identity.middleware import SECOND_FACTOR_KEY
from gongjian.identity.models import Session, User
from gongjian.identity.requests import ActorRequest, client_agent, client_ip
from gongjian.identity.rights import require_user
from gongjian.identity.rules import CODE_DIGITS, fold_code, fold_name
from gongjian.identity.sessions import AGENT_KEY, IP_KEY

BACKEND = "gongjian.identity.backends.AssignmentBackend"
PENDING_KEY = "half_signed_in"  # user id and moment of a right password that still lacks its code
PENDING_LIFE = timedelta(minutes=5)


class Outcome(StrEnum):
    SIGNED_IN = "signed_in"
    CODE_NEEDED = "code_needed"
    CODE_WRONG = "code_wrong"
    REFUSED = "refused"
    LOCKED = "locked"


@dataclass(frozen=True)
class SignIn:
    """What came of a try; `until` is when a locked one may be tried again."""

    outcome: Outcome
    user: User | None = None
    until: datetime | None = None


@sensitive_variables("password", "code")
def sign_in(*, request: HttpRequest, username: str, password: str, code: str = "", at: datetime) -> SignIn:
    """Check name and password, then the one-time code if the account has an authenticator, and open a session.

    Unknown name, wrong password and closed account give the same REFUSED after about the same time. Five failures
    from one address lock that name there (axes). With a right password and no code the session waits for it.
    """
    folded = fold_name(username)
    user = authenticate(request, username=folded, password=password)
    if not isinstance(user, User):
        locked = bool(getattr(request, "axes_locked_out", False))
        request.axes_locked_out = False  # type: ignore[attr-defined] # our page says it, not the middleware's text
        _note_failure(folded, at, "locked" if locked else "password")
        until = at + (get_cool_off(request) or timedelta()) if locked else None
        return SignIn(Outcome.LOCKED if locked else Outcome.REFUSED, until=until)
    if not _device(user):
        _open(request, user, at, second_factor=False)
        return SignIn(Outcome.SIGNED_IN, user)
    request.session.flush()
    request.session[PENDING_KEY] = [user.pk, at.timestamp()]
    return confirm_code(request=request, code=code, at=at) if code.strip() else SignIn(Outcome.CODE_NEEDED)


@sensitive_variables("code")
def confirm_code(*, request: HttpRequest, code: str, at: datetime) -> SignIn:
    """Finish a sign-in with the code of the authenticator; REFUSED when there is none waiting, or for too long.

    Each wrong code doubles the pause before the next one counts; a code that was used once is wrong.
    """
    user_id = pending_user(request, at=at)
    user = User.objects.filter(pk=user_id, is_active=True).first() if user_id else None
    if user is None:
        request.session.pop(PENDING_KEY, None)
        return SignIn(Outcome.REFUSED)
    if not check_code(user=user, code=code):
        _note_failure(user.username, at, "code")
        return SignIn(Outcome.CODE_WRONG)
    _open(request, user, at, second_factor=True)
    return SignIn(Outcome.SIGNED_IN, user)


def pending_user(request: HttpRequest, *, at: datetime) -> int | None:
    """Return who gave the right password here less than five minutes ago and still owes a code."""
    waiting = request.session.get(PENDING_KEY)
    if not waiting or at.timestamp() - waiting[1] > PENDING_LIFE.total_seconds():
        return None
    return int(waiting[0])


def pending_mark(request: HttpRequest) -> str:
    """Return what tells one waiting sign-in of this browser from another that a second tab began."""
    waiting = request.session.get(PENDING_KEY)
    return salted_hmac(PENDING_KEY, str(waiting), algorithm="sha256").hexdigest() if waiting else ""


@transaction.atomic
def check_code(*, user: User, code: str, confirmed: bool = True) -> bool:
    """Whether this is the present code of the user's authenticator; it then counts no more. Two at once: one passes."""
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=confirmed).order_by("-id").first()
    digits = fold_code(code)
    if device is None or len(digits) != CODE_DIGITS or not digits.isdecimal():
        return False
    return bool(device.verify_token(digits))


def _device(user: User) -> bool:
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


@transaction.atomic
def _open(request: HttpRequest, user: User, at: datetime, *, second_factor: bool) -> None:
    request.session.flush()  # nothing of the anonymous session is kept, its key least of all
    login(request, user, backend=BACKEND)
    request.session[IP_KEY] = client_ip(request)
    request.session[AGENT_KEY] = client_agent(request)
    request.session[SECOND_FACTOR_KEY] = second_factor
    User.objects.filter(pk=user.pk).update(signed_in_at=at)
    record(
        action="identity.sign_in",
        actor_kind=user.kind,
        actor_id=user.pk,
        unit_id=None,
        object_kind="user",
        object_id=str(user.pk),
        detail="second factor" if second_factor else "",
        at=at,
    )


def open_session(*, request: HttpRequest, user: User, at: datetime) -> None:
    """Open a session for somebody who has proved by a code to the phone who they are."""
    _open(request, user, at, second_factor=False)


def _note_failure(username: str, at: datetime, detail: str) -> None:
    # A name that is no account's may be a password in the wrong field: it is not written down.
    known = User.objects.filter(username=username).values_list("pk", flat=True).first()
    note("sign_in.refused", actor=ANONYMOUS, user_id=known, at=at, detail=detail)


@transaction.atomic
def sign_out(*, request: ActorRequest, at: datetime) -> None:
    """End this session; without one nothing happens."""
    actor = request.actor
    user_id = actor.user_id
    if user_id is not None:
        note("sign_out", actor=actor, user_id=user_id, at=at)
    logout(request)


@transaction.atomic
def revoke_session(*, key: str, actor: Actor, at: datetime) -> bool:
    """End one of the actor's own sessions, refused from its next request on; False if it is not theirs or gone."""
    ended, _ = Session.objects.filter(pk=key, user_id=require_user(actor)).delete()
    if ended:
        note("session.revoke", actor=actor, user_id=actor.user_id, at=at, detail=key[:8])
    return bool(ended)


@transaction.atomic
def revoke_other_sessions(*, actor: Actor, at: datetime) -> int:
    """End every session of the actor but the present one and return how many."""
    ended, _ = Session.objects.filter(user_id=require_user(actor)).exclude(pk=actor.key).delete()
    if ended:
        note("session.revoke", actor=actor, user_id=actor.user_id, at=at, detail=f"others={ended}")
    return ended


def keep_signed_in(request: HttpRequest, user: User) -> None:
    """Give this session a new key and the new password's hash, so that it alone outlives a change of password."""
    request.session.cycle_key()
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
