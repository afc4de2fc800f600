"""Keys of programs: who has one, what it opens, when it was used last; given, renewed and taken back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongjian.console.forms_programs import KeyForm, RotateForm
from gongjian.console.frame import frame, in_office, language_of, posted
from gongjian.httpapi import queries
from gongjian.httpapi.access import HttpApiRight
from gongjian.httpapi.actions import keys as actions
from gongjian.httpapi.grants import Grant, grants
from gongjian.httpapi.refusals import Refused
from gongjian.httpapi.webhooks import is_good
from gongjian.identity.guard import guarded
from gongjian.identity.models import ApiKey
from gongjian.identity.queries import units
from gongjian.identity.requests import ActorRequest
from gongjian.web.paging import BadCursor, Keyset, Page
from gongjian.web.parts import Crumb, Filter, Option
from gongjian.web.searching import sought
from gongjian.workdays.clock import now
from gongjian.workdays.rules import midnight

PAGE = 50
ORDER = Keyset("-id")


@dataclass(frozen=True)
class KeyRow:
    """A key in words."""

    key: ApiKey
    unit: str
    good: bool
    used_at: datetime | None


def _row(key: Any, language: str, at: datetime) -> KeyRow:
    unit = units().by_id.get(key.unit_id) if key.unit_id else None
    return KeyRow(key, unit.short(language) if unit else "", is_good(key, at), key.used_at)


@guarded(HttpApiRight.KEYS_MANAGE)
@require_safe
def key_list(request: ActorRequest) -> HttpResponse:
    """Show every key, the newest first."""
    at, asked, ended = now(), sought(request.GET), request.GET.get("state") == "ended"
    good = queries.good_keys(at).values("pk")
    rows = queries.keys().exclude(pk__in=good) if ended else queries.keys().filter(pk__in=good)
    if asked.vain:
        rows = rows.none()
    elif asked.text:
        rows = rows.filter(name__icontains=asked.text) | rows.filter(user__username__icontains=asked.text)
    try:
        page: Page[ApiKey] = ORDER.page(rows, size=PAGE, cursor=request.GET.get("after", ""))
    except BadCursor:
        page = ORDER.page(rows, size=PAGE)
    more = {"q": asked.words, "state": "ended" if ended else "", "after": page.next}
    states = [Option("", _("在用"), not ended), Option("ended", _("停用或过期"), ended)]
    context = {
        **frame(request, "office"),
        "rows": [_row(key, language_of(request), at) for key in page.rows],
        "page": page,
        "q": asked.words,
        "none_words": asked.told(_("没有这样的密钥。程序要用接口，先发一把。")),
        "filters": [Filter("state", _("状态"), states)],
        "crumbs": in_office(request.actor, Crumb(_("接口密钥"))),
        "more_url": f"{reverse('console:keys')}?{urlencode({k: v for k, v in more.items() if v})}",
    }
    return render(request, "console/key_list.html", context)


@guarded(HttpApiRight.KEYS_MANAGE)
@sensitive_variables("issued", "context")
@require_http_methods(["GET", "HEAD", "POST"])
def key_new(request: ActorRequest) -> HttpResponse:
    """Give a program a key; it is shown on the page that follows, once."""
    at, form = now(), KeyForm(posted(request), language=language_of(request))
    if form.is_valid():
        facts = dict(form.cleaned_data)
        last = facts.pop("expires")
        ends = midnight(last + timedelta(days=1)) if last else None
        try:
            issued = actions.issue_key(
                program=facts["program"],
                name=facts["name"],
                rights=facts["rights"],
                unit_id=facts["unit"],
                per_minute=facts["per_minute"],
                expires_at=ends,
                actor=request.actor,
                at=at,
            )
        except Refused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            return _page(request, issued.key_id, plaintext=issued.plaintext)
    context = {
        **frame(request, "office"),
        "form": form,
        "grants": _choices(form),
        "crumbs": in_office(request.actor, Crumb(_("接口密钥"), reverse("console:keys")), Crumb(_("发密钥"))),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "console/key_new.html", context, status=status)


def _choices(form: KeyForm) -> list[tuple[Grant, bool]]:
    picked = form["rights"].value() or []
    return [(grant, str(grant.right) in picked) for grant in grants().values()]


@guarded(HttpApiRight.KEYS_MANAGE)
@require_safe
def key_page(request: ActorRequest, pk: int) -> HttpResponse:
    """Show one key and what it opens."""
    return _page(request, pk)


@sensitive_variables("plaintext", "context")
def _page(request: ActorRequest, pk: int, *, plaintext: str = "", form: RotateForm | None = None) -> HttpResponse:
    at, language = now(), language_of(request)
    key = queries.keys().filter(pk=pk).first()
    if key is None:
        raise Http404
    known = grants()
    context = {
        **frame(request, "office"),
        "row": _row(key, language, at),
        "rights": [known[right] for right in key.rights if right in known],
        "others": [right for right in key.rights if right not in known],
        "webhooks": list(queries.subscriptions().filter(key=key)),
        "may_webhooks": request.actor.can(HttpApiRight.WEBHOOKS_MANAGE),
        "plaintext": plaintext,
        "form": form or RotateForm(),
        "crumbs": in_office(request.actor, Crumb(_("接口密钥"), reverse("console:keys")), Crumb(key.name)),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None else HTTPStatus.OK
    response = render(request, "console/key_page.html", context, status=status)
    if plaintext:
        response["Cache-Control"] = "no-store"
    return response


@guarded(HttpApiRight.KEYS_MANAGE)
@sensitive_variables("issued")
@require_POST
def key_rotate(request: ActorRequest, pk: int) -> HttpResponse:
    """Give a new key; the old one stays good for some days."""
    form = RotateForm(request.POST)
    if not form.is_valid():
        return _page(request, pk, form=form)
    overlap = timedelta(days=form.cleaned_data["overlap"])
    try:
        issued = actions.rotate_key(key_id=pk, overlap=overlap, actor=request.actor, at=now())
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("console:key", pk)
    return _page(request, issued.key_id, plaintext=issued.plaintext)


@guarded(HttpApiRight.KEYS_MANAGE)
@require_POST
def key_revoke(request: ActorRequest, pk: int) -> HttpResponse:
    """Take a key back at once."""
    try:
        actions.revoke_key(key_id=pk, actor=request.actor, at=now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("密钥停用了，马上打不开任何东西。"))
    return redirect("console:key", pk)


routes = (
    path("office/keys/", key_list, name="keys"),
    path("office/keys/new/", key_new, name="key_new"),
    path("office/keys/<int:pk>/", key_page, name="key"),
    path("office/keys/<int:pk>/rotate/", key_rotate, name="key_rotate"),
    path("office/keys/<int:pk>/revoke/", key_revoke, name="key_revoke"),
)
