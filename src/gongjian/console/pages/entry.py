"""Coming in and going out."""

from datetime import datetime
from http import HTTPStatus
from math import ceil

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongjian.console.actions import send_code, sign_in_by_phone
from gongjian.console.forms import CodeForm, NewPasswordForm, PhoneCodeForm, PhoneForm, SignInForm
from gongjian.console.frame import knows_look, language_of, posted, safe_next, start_page, take_look
from gongjian.httpapi.limits import allow
from gongjian.identity import actions
from gongjian.identity.actions import CodeState, Outcome
from gongjian.identity.actions.secrets import link_user
from gongjian.identity.actions.signin import pending_mark, pending_user
from gongjian.identity.guard import guarded
from gongjian.identity.models import User
from gongjian.identity.queries import demonstration
from gongjian.identity.refusals import Refused, TooSoon
from gongjian.identity.requests import ActorRequest, client_ip
from gongjian.identity.rules import CODE_LIFE
from gongjian.parties.phones import can_text, display_phone, normalise_phone
from gongjian.parties.refusals import InvalidPhone
from gongjian.parties.texting import barred_code
from gongjian.web.forms import Form
from gongjian.web.links import links
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day, local_moment

TRIES_PER_MINUTE = 30  # from one address: an office behind one router signs in at nine o'clock
CODES_PER_MINUTE = 6
NOTHING_WRONG = HTTPStatus.OK
WRONG = HTTPStatus.UNPROCESSABLE_ENTITY
TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS


@guarded(anonymous=True)
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: ActorRequest) -> HttpResponse:
    """Let staff in by name and password; with an authenticator the code may come along or on the next page."""
    at, wanted = now(), safe_next(request)
    if request.method != "POST" and request.actor.kind == "staff":
        return HttpResponseRedirect(wanted or reverse("console:home"))
    form = SignInForm(posted(request))
    status = WRONG if form.is_bound else NOTHING_WRONG
    if form.is_valid():
        if not allow("sign-in", client_ip(request) or "-", TRIES_PER_MINUTE, at):
            form.add_error(None, _("这个网络登录得太频繁。等一分钟再试。"))
            return _sign_in_page(request, form, wanted, TOO_MANY)
        done = actions.sign_in(request=request, **form.cleaned_data, at=at)
        if done.outcome is Outcome.SIGNED_IN and done.user:
            return _enter(request, done.user, wanted)
        if done.outcome in {Outcome.CODE_NEEDED, Outcome.CODE_WRONG}:
            return _to_code(request, wanted, wrong=done.outcome is Outcome.CODE_WRONG)
        status = _say_refused(form, done.until, at)
    return _sign_in_page(request, form, wanted, status)


def _say_refused(form: Form, until: datetime | None, at: datetime) -> HTTPStatus:
    if until is None:
        form.add_error(None, _("工号或密码不对。连错 5 次，这个工号在这里会锁 15 分钟。"))
        return WRONG
    minutes = ceil((until - at).total_seconds() / 60)
    form.add_error(
        None,
        _("错了太多次，先锁 {minutes} 分钟，{clock} 以后再试。锁定期间每试一次都从头计时。").format(
            minutes=minutes, clock=f"{local_moment(until):%H:%M}"
        ),
    )
    return TOO_MANY


def _sign_in_page(request: HttpRequest, form: Form, wanted: str, status: HTTPStatus) -> HttpResponse:
    return render(request, "console/sign_in.html", {"form": form, "next": wanted}, status=status)


def _to_code(request: HttpRequest, wanted: str, *, wrong: bool) -> HttpResponse:
    if wrong:
        messages.error(request, _("密码对了，动态码不对或已经用过。等认证器换下一个再试。"))
    query = f"?{urlencode({'next': wanted})}" if wanted else ""
    return HttpResponseRedirect(reverse("console:sign_in_code") + query)


def _enter(request: HttpRequest, user: User, wanted: str) -> HttpResponse:
    target = wanted or reverse("console:home")
    return HttpResponseRedirect(target) if knows_look(request) else take_look(user, target)


@guarded(anonymous=True)
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: ActorRequest) -> HttpResponse:
    """Take the code of the authenticator after a right password, for five minutes."""
    at, wanted = now(), safe_next(request)
    if pending_user(request, at=at) is None:
        return redirect("console:sign_in")
    mark = pending_mark(request)
    if request.POST.get("waiting", mark) != mark:
        messages.warning(request, _("另一个窗口里开始了另一次登录，这一次没有登录。请从头登录。"))
        return redirect("console:sign_in")
    form = CodeForm(posted(request))
    if form.is_valid():
        done = actions.confirm_code(request=request, code=form.cleaned_data["code"], at=at)
        if done.outcome is Outcome.SIGNED_IN and done.user:
            return _enter(request, done.user, wanted)
        if done.outcome is Outcome.REFUSED:
            return redirect("console:sign_in")
        form.add_error("code", _("动态码不对或已经用过。等认证器换下一个再试。"))
    status = WRONG if form.is_bound else NOTHING_WRONG
    context = {"form": form, "next": wanted, "waiting": mark}
    return render(request, "console/sign_in_code.html", context, status=status)


@guarded(anonymous=True)
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def phone_sign_in(request: ActorRequest) -> HttpResponse:
    """Let a resident in by a code to the phone: first the number, then the code, on one address."""
    wanted = safe_next(request)
    if request.method != "POST":
        if request.actor.kind == "resident":
            return HttpResponseRedirect(wanted or reverse("console:home"))
        return _phone_page(request, PhoneForm(), wanted)
    return _take_code(request, wanted) if "code" in request.POST else _send_code(request, wanted)


def _phone_page(
    request: HttpRequest, form: Form, wanted: str, status: HTTPStatus = NOTHING_WRONG, **more: str
) -> HttpResponse:
    shown = display_phone(more["phone"]) if more.get("phone") else ""
    context = {"form": form, "next": wanted, "number": shown, **more}
    return render(request, "console/phone_sign_in.html", context, status=status)


def _send_code(request: HttpRequest, wanted: str) -> HttpResponse:
    at, form = now(), PhoneForm(request.POST)
    phone = _phone_of(form)
    if phone is None:
        return _phone_page(request, form, wanted, WRONG)
    if not allow("sign-in-code", client_ip(request) or "-", CODES_PER_MINUTE, at):
        form.add_error(None, _("这个网络要得太频繁，请等一分钟再试。"))
        return _phone_page(request, form, wanted, TOO_MANY)
    shown, note = "", ""
    try:
        code = send_code(phone=phone, language=language_of(request), at=at)
        shown = code if demonstration() else ""
    except TooSoon as soon:
        if soon.again_at - at > CODE_LIFE:
            form.add_error("phone", _too_many_codes(soon.again_at))
            return _phone_page(request, form, wanted, TOO_MANY)
        note = _("刚刚发过一条，还有效。一分钟后可以再发。")
    code_form = PhoneCodeForm(initial={"phone": phone})
    return _phone_page(request, code_form, wanted, phone=phone, shown_code=shown, note=note)


def _too_many_codes(again_at: datetime) -> str:
    clock = f"{local_moment(again_at):%m-%d %H:%M}"
    return _("这个号码今天要了太多次验证码。{clock} 以后可以再要，急事请打电话。").format(clock=clock)


def _phone_of(form: Form) -> str | None:
    """Return the number as E.164, or put the reason on the form."""
    if not form.is_valid():
        return None
    try:
        phone = normalise_phone(form.cleaned_data["phone"])
    except InvalidPhone as error:
        form.add_error("phone", str(error))
        return None
    if not can_text(phone):
        form.add_error("phone", _("座机收不到短信，请写手机号。"))
        return None
    if barred := barred_code(phone, local_day(now())):
        words = _("我们的短信发不到 %(code)s 的号码。没有账号也能反映：留一个邮箱，或者凭件号和查询码查进度。")
        form.add_error("phone", words % {"code": barred})
        return None
    return phone


def _take_code(request: HttpRequest, wanted: str) -> HttpResponse:
    at, first, form = now(), PhoneForm(request.POST), PhoneCodeForm(request.POST)
    phone = _phone_of(first)
    if phone is None:
        return _phone_page(request, first, wanted, WRONG)
    if not form.is_valid():
        return _phone_page(request, form, wanted, WRONG, phone=phone)
    state, user = sign_in_by_phone(
        request=request, phone=phone, code=form.cleaned_data["code"], language=language_of(request), at=at
    )
    if user is not None:
        return _enter(request, user, wanted)
    if state is CodeState.WRONG:
        form.add_error("code", _("验证码不对，请核对短信里的 6 位数字。"))
    else:
        form.add_error("code", _("这个验证码已经用过、过期或错得太多，请重新要一个。"))
    return _phone_page(request, form, wanted, WRONG, phone=phone)


@guarded(anonymous=True)
@never_cache
@sensitive_post_parameters("new")
@require_http_methods(["GET", "HEAD", "POST"])
def password_set(request: ActorRequest, uid: str, token: str) -> HttpResponse:
    """Let somebody with a link from an administrator set a password."""
    user = link_user(uid, token)
    if user is None:
        return render(request, "console/password_link_void.html", status=HTTPStatus.GONE)
    form = NewPasswordForm(posted(request))
    if form.is_valid():
        try:
            actions.set_password_by_link(uid=uid, token=token, new=form.cleaned_data["new"], at=now())
        except Refused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            messages.success(request, _("密码设好了，用它登录。"))
            return redirect("console:sign_in")
    status = WRONG if form.is_bound else NOTHING_WRONG
    return render(request, "console/password_set.html", {"form": form, "who": user}, status=status)


@guarded(anonymous=True)
@require_POST
def sign_out(request: ActorRequest) -> HttpResponse:
    """End this session; a second press does no harm."""
    staff = request.actor.kind == "staff"
    actions.sign_out(request=request, at=now())
    messages.success(request, _("已退出登录。"))
    return redirect("console:sign_in") if staff else HttpResponseRedirect(links()["home"] or "/")


@guarded(resident=True)
@require_safe
def home(request: ActorRequest) -> HttpResponse:
    """Go where this actor's work or matters begin."""
    return HttpResponseRedirect(start_page(request.actor))


@guarded(resident=True)
@require_POST
def stay(request: ActorRequest) -> HttpResponse:
    """Begin the session's term anew and say how many seconds it has."""
    request.session.modified = True
    return JsonResponse({"seconds": request.session.get_expiry_age()})
