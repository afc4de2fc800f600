"""Proving a matter by a code to its phone: for who knows the phone's ending, and has not got the receipt code.

The message goes to the number that stands on the case. The code is good for the session that asked for it, and is asked
for only where that session has proved the ending: of numbers that nobody has proved, this address tells nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from gongjian.domains.hotline.actions.proving import send_proof_code, takes_code, try_proof_code
from gongjian.domains.hotline.forms.public import ProofCodeForm
from gongjian.domains.hotline.pages.proofs import mine
from gongjian.domains.hotline.pages.track import carried, let_in, prove_first, wanted
from gongjian.domains.hotline.queries import Tracked
from gongjian.httpapi.limits import allow
from gongjian.identity.actions import CodeState
from gongjian.identity.guard import guarded
from gongjian.identity.refusals import TooSoon
from gongjian.identity.requests import ActorRequest, client_ip
from gongjian.identity.rules import CODE_LIFE
from gongjian.workdays.clock import now

SESSION_KEY: Final = "proof_code"
TRIES_A_MINUTE: Final = 10
CODES_A_MINUTE: Final = 6  # of one address
CODES_A_DAY: Final = 5  # of one matter; the phone's own limits stand in identity, and leave some for signing in
A_DAY: Final = timedelta(days=1)
INVALID, TOO_MANY = HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS


@guarded(anonymous=True)
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def track_code(request: ActorRequest, number: str) -> HttpResponseBase:
    """Send a code, then take it; what was written for an act goes along."""
    at, own = now(), mine(request, number)
    if own is None or request.method != "POST":
        return prove_first(request, number, wanted(request))
    if own.full:
        return let_in(request, own, at)
    if not takes_code(own):
        return prove_first(request, number, wanted(request))
    return _take(request, own, at) if "code" in request.POST else _send(request, own, at)


def _send(request: ActorRequest, own: Tracked, at: datetime) -> HttpResponse:
    form = ProofCodeForm()
    number = own.case.number
    if not (
        allow("track-code", client_ip(request), CODES_A_MINUTE, at)
        and allow("track-code-number", number, CODES_A_DAY, at, window=A_DAY)
    ):
        told = _("验证码要得太多了。过一会儿再要，或者用查询码，也可以打 12349。")
        return _page(request, own, form, TOO_MANY, note=told)
    try:
        send_proof_code(own=own, session=_session(request), at=at)
    except TooSoon as soon:
        if soon.again_at - at > CODE_LIFE:
            told = _("这个号码今天要了太多次验证码。明天再要，或者用查询码，也可以打 12349。")
            return _page(request, own, form, TOO_MANY, note=told)
        return _page(request, own, form, note=_("刚刚发过一条。一分钟后可以再发。"))
    return _page(request, own, form)


def _take(request: ActorRequest, own: Tracked, at: datetime) -> HttpResponse:
    form = ProofCodeForm(request.POST)
    if form.from_a_program or not form.is_valid():
        return _page(request, own, form, INVALID)
    if not allow("track-code-tries", client_ip(request), TRIES_A_MINUTE, at):
        form.add_error(None, _("试得太多了。过一会儿再试，或者用查询码，也可以打 12349。"))
        return _page(request, own, form, TOO_MANY)
    state = try_proof_code(own=own, session=_session(request), code=form.cleaned_data["code"], at=at)
    if state is CodeState.RIGHT:
        return let_in(request, replace(own, full=True), at)
    wrong = state is CodeState.WRONG
    form.add_error(
        "code",
        _("验证码不对，请核对短信里的 6 位数字。")
        if wrong
        else _("这个验证码已经用过、过期或错得太多，请重新要一个。"),
    )
    return _page(request, own, form, INVALID)


def _session(request: ActorRequest) -> str:
    """Return what binds a code to this visitor's session; a new one where none was asked for yet."""
    kept = request.session.get(SESSION_KEY)
    if not isinstance(kept, str):
        kept = request.session[SESSION_KEY] = get_random_string(32)
    return kept


def _page(
    request: ActorRequest, own: Tracked, form: ProofCodeForm, status: int = HTTPStatus.OK, note: str = ""
) -> HttpResponse:
    act = wanted(request)
    context = {
        "form": form,
        "number": own.case.number,
        "note": note,
        "act": act,
        "waiting": carried(request, act) if act is not None else [],
    }
    return render(request, "hotline/track_code.html", context, status=status)


routes: list[URLPattern] = [path("track/<str:number>/code", track_code, name="track_code")]
