"""Passwords and authenticators: set, changed, taken away."""

from base64 import b32encode
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.http import base36_to_int, int_to_base36
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from django_otp.plugins.otp_totp.models import TOTPDevice

from gongjian.identity.actions.people import may_manage
from gongjian.identity.actions.record import note
from gongjian.identity.actions.signin import check_code, keep_signed_in
from gongjian.identity.actor import ANONYMOUS, Actor
from gongjian.identity.middleware import SECOND_FACTOR_KEY
from gongjian.identity.models import Session, User
from gongjian.identity.refusals import Refused
from gongjian.identity.rights import require_user
from gongjian.identity.rules import authenticator_address


@sensitive_variables("old", "new")
@transaction.atomic
def change_password(*, request: HttpRequest, old: str, new: str, actor: Actor, at: datetime) -> None:
    """Set a new password after the old one; every other session of this person ends. Raises Refused."""
    user = User.objects.select_for_update().get(pk=require_user(actor), kind=User.Kind.STAFF)
    if not user.check_password(old):
        raise Refused("old", _("现在的密码不对。"))
    if old == new:
        raise Refused("new", _("新密码要和现在的不一样。"))
    _write_password(user, new, "new")
    Session.objects.filter(user=user).exclude(pk=actor.key).delete()
    keep_signed_in(request, user)
    note("password.change", actor=actor, user_id=user.pk, at=at)


def _write_password(user: User, new: str, field: str) -> None:
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise Refused(field, " ".join(error.messages)) from error
    user.set_password(new)
    user.save(update_fields=["password"])


@transaction.atomic
def password_link(*, user: User, actor: Actor, at: datetime) -> tuple[str, str]:
    """Return the two parts of a link by which this person sets a password once, within three days.

    The one who hands it over never learns the password. Any change of the password makes the link void.
    """
    may_manage(actor)
    if user.kind != User.Kind.STAFF or not user.is_active:
        raise Refused("", _("只有在用的工作人员账号有密码。"))
    note("password.link", actor=actor, user_id=user.pk, at=at)
    return int_to_base36(user.pk), default_token_generator.make_token(user)


def link_user(uid: str, token: str) -> User | None:
    """Return whose password this link may set, or None for a used, old or made-up link."""
    try:
        user = User.objects.filter(pk=base36_to_int(uid), kind=User.Kind.STAFF, is_active=True).first()
    except ValueError:
        return None
    return user if default_token_generator.check_token(user, token) else None


@sensitive_variables("new")
@transaction.atomic
def set_password_by_link(*, uid: str, token: str, new: str, at: datetime) -> User:
    """Set the password this link stands for and end the person's sessions. Raises Refused, also for a used link."""
    found = link_user(uid, token)
    user = User.objects.select_for_update().filter(pk=found.pk).first() if found else None
    if user is None or not default_token_generator.check_token(user, token):
        raise Refused("", _("这条链接用过了或过期了，请找管理员再要一条。"))
    _write_password(user, new, "new")
    Session.objects.filter(user=user).delete()
    note("password.set", actor=ANONYMOUS, user_id=user.pk, at=at)
    return user


@sensitive_variables("password")
@transaction.atomic
def start_authenticator(*, password: str, issuer: str, actor: Actor) -> str:
    """Return the address for an authenticator to read; asked again before a code came, the same one.

    Raises Refused for a wrong password: who finds a desk unlocked must not bind an authenticator of their own.
    """
    user = User.objects.select_for_update().get(pk=require_user(actor))
    if not user.check_password(password):
        raise Refused("password", _("密码不对。"))
    device, _made = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": "authenticator"})
    return _address(device, user.username, issuer)


def waiting_authenticator(*, actor: Actor, issuer: str) -> str | None:
    """Return the address handed out before, while it waits for its first code."""
    device = TOTPDevice.objects.filter(user_id=require_user(actor), confirmed=False).first()
    return _address(device, actor.username, issuer) if device else None


def _address(device: TOTPDevice, username: str, issuer: str) -> str:
    return authenticator_address(
        issuer=issuer,
        username=username,
        secret=b32encode(device.bin_key).decode().rstrip("="),
        digits=device.digits,
        step=device.step,
    )


@sensitive_variables("code")
@transaction.atomic
def confirm_authenticator(*, request: HttpRequest, code: str, actor: Actor, at: datetime) -> bool:
    """Bind the authenticator after its first right code, in place of an older one; this session counts as confirmed."""
    user = User.objects.select_for_update().get(pk=require_user(actor))
    if not check_code(user=user, code=code, confirmed=False):
        return False
    TOTPDevice.objects.filter(user=user, confirmed=True).delete()
    TOTPDevice.objects.filter(user=user, confirmed=False).update(confirmed=True)
    request.session.cycle_key()
    request.session[SECOND_FACTOR_KEY] = True
    note("authenticator.bind", actor=actor, user_id=user.pk, at=at)
    return True


@sensitive_variables("code")
@transaction.atomic
def remove_authenticator(*, request: HttpRequest, code: str, actor: Actor, at: datetime) -> bool:
    """Unbind one's own authenticator with one of its codes; False for a wrong code."""
    user = User.objects.select_for_update().get(pk=require_user(actor))
    if not check_code(user=user, code=code):
        return False
    TOTPDevice.objects.filter(user=user).delete()
    request.session[SECOND_FACTOR_KEY] = False
    note("authenticator.unbind", actor=actor, user_id=user.pk, at=at)
    return True


@transaction.atomic
def drop_authenticator(*, user: User, actor: Actor, at: datetime) -> bool:
    """Unbind another person's lost authenticator and end their sessions; False if there was none."""
    may_manage(actor)
    dropped, _rows = TOTPDevice.objects.filter(user=user).delete()
    if dropped:
        Session.objects.filter(user=user).delete()
        note("authenticator.drop", actor=actor, user_id=user.pk, at=at)
    return bool(dropped)
