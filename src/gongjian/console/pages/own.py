"""One's own account: how it looks, where it is signed in, password, authenticator, notices."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongjian.console.forms import CodeForm, PasswordForm, ProfileForm, StartForm
from gongjian.console.frame import frame, own_tabs, posted, take_look
from gongjian.console.rules import browser_of
from gongjian.documents.qr import qr_svg
from gongjian.httpapi.limits import allow
from gongjian.identity import actions
from gongjian.identity.access import IdentityRight
from gongjian.identity.guard import guarded
from gongjian.identity.models import Session, User
from gongjian.identity.queries import has_authenticator, sessions_of
from gongjian.identity.refusals import Refused
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rights import require_user
from gongjian.notify import queries as notices
from gongjian.notify.actions import mark_read
from gongjian.web.forms import Form
from gongjian.web.site import site
from gongjian.workdays.clock import now

ID_DIGITS = 18  # what a bigint holds for certain
SECRETS_PER_MINUTE = 6  # passwords and codes tried in an open session


@dataclass(frozen=True)
class Device:
    """A signed-in browser as its owner knows it."""

    key: str
    browser: str
    system: str
    ip: str
    since: datetime
    seen: datetime
    here: bool


def _page(request: ActorRequest, current: str, **context: Any) -> HttpResponse:
    shared = {**frame(request, "profile"), "tabs": own_tabs(request.actor, current)}
    form = context.get("form")
    wrong = isinstance(form, Form) and form.is_bound and form.errors
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, f"console/own_{current}.html", {**shared, **context}, status=status)


@guarded(IdentityRight.SESSIONS_OWN, resident=True)
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: ActorRequest) -> HttpResponse:
    """Show and keep how this person reads; it goes with them to the next device."""
    user = User.objects.get(pk=require_user(request.actor))
    names = ("language", "mode", "text_step", "contrast", "single_keys")
    form = ProfileForm(posted(request), initial={name: getattr(user, name) for name in names})
    if form.is_valid():
        chosen = form.cleaned_data
        if request.actor.kind == "resident":
            chosen["single_keys"] = user.single_keys  # not shown to residents
        actions.save_profile(user_id=user.pk, **chosen)
        for name, value in chosen.items():
            setattr(user, name, value)
        messages.success(request, _("记住了。换一台设备登录也是这样。"))
        return take_look(user, reverse("console:profile"))
    return _page(request, "profile", form=form, who=user)


@guarded(IdentityRight.SESSIONS_OWN, resident=True)
@require_safe
def sessions(request: ActorRequest) -> HttpResponse:
    """Show where this person is signed in."""
    at = now()
    rows = [_device(row, request.actor.key) for row in sessions_of(require_user(request.actor), at=at)]
    devices = sorted(rows, key=lambda device: not device.here)
    return _page(request, "sessions", devices=devices, others=len(devices) > 1)


def _device(row: Session, key: str) -> Device:
    browser, system = browser_of(row.agent)
    return Device(row.pk, browser, system, row.ip or "", row.created, row.seen, here=row.pk == key)


@guarded(IdentityRight.SESSIONS_OWN, resident=True)
@require_POST
def sessions_end(request: ActorRequest) -> HttpResponse:
    """End one of one's own sessions, or all others."""
    key, at = request.POST.get("key", ""), now()
    if key:
        actions.revoke_session(key=key, actor=request.actor, at=at)
        messages.success(request, _("那台设备已退出。"))
    else:
        actions.revoke_other_sessions(actor=request.actor, at=at)
        messages.success(request, _("其他设备都已退出。"))
    return redirect("console:sessions")


@guarded(IdentityRight.SESSIONS_OWN)
@sensitive_post_parameters("old", "new")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: ActorRequest) -> HttpResponse:
    """Change one's own password."""
    at, form = now(), PasswordForm(posted(request))
    if form.is_valid() and _may_try(request, form, at):
        try:
            actions.change_password(request=request, **form.cleaned_data, actor=request.actor, at=at)
        except Refused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            messages.success(request, _("密码改好了。其他设备都已退出。"))
            return redirect("console:password")
    return _page(request, "password", form=form)


def _may_try(request: ActorRequest, form: Form, at: datetime) -> bool:
    """Whether another secret may be tried; else say so on the form."""
    if allow("own-secret", str(request.actor.user_id), SECRETS_PER_MINUTE, at):
        return True
    form.add_error(None, _("试得太频繁。等一分钟再试。"))
    return False


@guarded()
@require_safe
def two_factor(request: ActorRequest) -> HttpResponse:
    """Show whether an authenticator is bound, and the next step. Needs no right: rights may be waiting for it."""
    return _two_factor_page(request)


def _two_factor_page(request: ActorRequest, form: Form | None = None) -> HttpResponse:
    bound = has_authenticator(require_user(request.actor))
    issuer = site("zh").name
    address = None if bound else actions.waiting_authenticator(actor=request.actor, issuer=issuer)
    context: dict[str, Any] = {"bound": bound, "needed": bool(request.actor.withheld)}
    if address:
        secret = parse_qs(urlsplit(address).query)["secret"][0]
        context["qr"] = qr_svg(address, _("用认证器扫这个二维码"))
        context["secret"] = " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))
    first = CodeForm() if bound or address else StartForm()
    return _page(request, "two_factor", form=form or first, **context)


@guarded()
@sensitive_post_parameters("password")
@require_POST
def two_factor_start(request: ActorRequest) -> HttpResponse:
    """Hand out the QR code after the password."""
    at, form = now(), StartForm(request.POST)
    if form.is_valid() and _may_try(request, form, at):
        try:
            actions.start_authenticator(
                password=form.cleaned_data["password"], issuer=site("zh").name, actor=request.actor
            )
        except Refused as refused:
            form.add_error(refused.field, str(refused))
        else:
            return redirect("console:two_factor")
    return _two_factor_page(request, form)


@guarded()
@require_POST
def two_factor_confirm(request: ActorRequest) -> HttpResponse:
    """Bind the authenticator by its first code."""
    at, form = now(), CodeForm(request.POST)
    if form.is_valid() and _may_try(request, form, at):
        code = form.cleaned_data["code"]
        if actions.confirm_authenticator(request=request, code=code, actor=request.actor, at=at):
            messages.success(request, _("绑定好了。下次登录要动态码。"))
            return redirect("console:two_factor")
        form.add_error("code", _("动态码不对。核对手机的时间，等下一个再试。"))
    return _two_factor_page(request, form)


@guarded()
@require_POST
def two_factor_remove(request: ActorRequest) -> HttpResponse:
    """Unbind the authenticator with one of its codes."""
    at, form = now(), CodeForm(request.POST)
    if form.is_valid() and _may_try(request, form, at):
        code = form.cleaned_data["code"]
        if actions.remove_authenticator(request=request, code=code, actor=request.actor, at=at):
            messages.success(request, _("解绑了。登录只用密码。"))
            return redirect("console:two_factor")
        form.add_error("code", _("动态码不对或已经用过。等认证器换下一个再试。"))
    return _two_factor_page(request, form)


@guarded(IdentityRight.SESSIONS_OWN, resident=True)
@require_safe
def inbox(request: ActorRequest) -> HttpResponse:
    """Show what this person was told, newest first."""
    page = notices.inbox(require_user(request.actor), _row_id(request.GET.get("after", "")))
    some_unread = any(message.read_at is None for message in page.messages)
    return _page(request, "inbox", page=page, some_unread=some_unread)


@guarded(IdentityRight.SESSIONS_OWN, resident=True)
@require_POST
def inbox_read(request: ActorRequest) -> HttpResponse:
    """Mark one message as read and go where it leads, or without a message mark them all."""
    user_id, at = require_user(request.actor), now()
    if "message" not in request.POST:
        mark_read(user_id=user_id, at=at)
        return redirect("console:inbox")
    chosen, target = _row_id(request.POST["message"]), request.POST.get("link", "")
    if chosen is not None:
        mark_read(user_id=user_id, at=at, message_ids=[chosen])
    if target and url_has_allowed_host_and_scheme(target, None):
        return redirect(target)
    return redirect("console:inbox")


def _row_id(text: str) -> int | None:
    """Return the number a list wrote into its own links; anything else is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS else None
