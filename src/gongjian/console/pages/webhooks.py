"""Where programs are told what happens: addresses, what is told, the log of what arrived, sending again."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongjian.casework.kinds import kinds
from gongjian.casework.models import CaseEvent
from gongjian.console.forms_programs import ReplayForm, WebhookForm
from gongjian.console.frame import frame, in_office, posted
from gongjian.httpapi import queries
from gongjian.httpapi.access import HttpApiRight
from gongjian.httpapi.actions import webhooks as actions
from gongjian.httpapi.models import Delivery, Subscription
from gongjian.httpapi.refusals import Refused
from gongjian.httpapi.settled import settled
from gongjian.httpapi.tasks import wake
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.web.paging import BadCursor, Keyset, Page
from gongjian.web.parts import Crumb, Filter, Option
from gongjian.workdays.clock import now

PAGE = 50
ORDER = Keyset("-id")
PATIENCE = 2.0
BADGES = {"waiting": ("soon", "clock"), "sent": ("ok", "check"), "given_up": ("late", "x")}


@guarded(HttpApiRight.WEBHOOKS_MANAGE)
@require_safe
def webhook_list(request: ActorRequest) -> HttpResponse:
    """Show every address that is told, the newest first."""
    try:
        page: Page[Subscription] = ORDER.page(queries.subscriptions(), size=PAGE, cursor=request.GET.get("after", ""))
    except BadCursor:
        page = ORDER.page(queries.subscriptions(), size=PAGE)
    context = {
        **frame(request, "office"),
        "rows": page.rows,
        "page": page,
        "crumbs": in_office(request.actor, Crumb(pgettext("栏目", "推送"))),
        "more_url": f"{reverse('console:webhooks')}?{urlencode({'after': page.next})}",
    }
    return render(request, "console/webhook_list.html", context)


def _trail(request: ActorRequest, *last: Crumb) -> list[Crumb]:
    return in_office(request.actor, Crumb(pgettext("栏目", "推送"), reverse("console:webhooks")), *last)


@guarded(HttpApiRight.WEBHOOKS_MANAGE)
@sensitive_variables("made")
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_new(request: ActorRequest) -> HttpResponse:
    """Begin to tell an address; the secret is shown on the page that follows, once."""
    at = now()
    form = WebhookForm(posted(request), keys=list(queries.good_keys(at).order_by("name", "pk")))
    if form.is_valid():
        facts = form.cleaned_data
        try:
            made = actions.subscribe(
                key_id=facts["key"],
                name=facts["name"],
                url=facts["url"],
                kinds=facts["kinds"],
                moves=facts["moves"],
                position=max(settled(CaseEvent._meta.db_table, patience=PATIENCE), 0),
                actor=request.actor,
                at=at,
            )
        except Refused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            return _page(request, made.id, secret=made.secret)
    return _form_page(request, form, _trail(request, Crumb(_("新推送"))))


@guarded(HttpApiRight.WEBHOOKS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_edit(request: ActorRequest, pk: int) -> HttpResponse:
    """Change name, address or what is told."""
    row = _found(pk)
    initial = {"name": row.name, "url": row.url, "kinds": row.kinds, "moves": row.moves}
    form = WebhookForm(posted(request), keys=None, initial=initial)
    if form.is_valid():
        try:
            actions.change(subscription_id=pk, **form.cleaned_data, actor=request.actor, at=now())
        except Refused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            messages.success(request, _("改好了，从下一条起有效。"))
            return redirect("console:webhook", pk)
    home = reverse("console:webhook", args=[pk])
    crumbs = _trail(request, Crumb(row.name, home), Crumb(_("修改")))
    return _form_page(request, form, crumbs)


def _form_page(request: ActorRequest, form: WebhookForm, crumbs: list[Crumb]) -> HttpResponse:
    context = {**frame(request, "office"), "form": form, "crumbs": crumbs}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "console/webhook_form.html", context, status=status)


@guarded(HttpApiRight.WEBHOOKS_MANAGE)
@require_safe
def webhook_page(request: ActorRequest, pk: int) -> HttpResponse:
    """Show one address and the log of what arrived there."""
    return _page(request, pk)


def _found(pk: int) -> Any:
    row = queries.subscriptions().filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@sensitive_variables("secret", "context")
def _page(request: ActorRequest, pk: int, *, secret: str = "", form: ReplayForm | None = None) -> HttpResponse:
    row, state = _found(pk), request.GET.get("state", "")
    states = [state] if state in Delivery.State.values else []
    rows = queries.deliveries(pk, states=states)
    try:
        page: Page[Delivery] = ORDER.page(rows, size=PAGE, cursor=request.GET.get("after", ""))
    except BadCursor:
        page = ORDER.page(rows, size=PAGE)
    names = {move.name: move.label for kind in kinds() for move in kind.moves}
    options = [Option("", _("全部"), not states), *(Option(v, str(w), v in states) for v, w in Delivery.State.choices)]
    more = {"state": state if states else "", "after": page.next}
    context = {
        **frame(request, "office"),
        "row": row,
        "kinds": [kind.label for kind in kinds() if kind.key in row.kinds],
        "moves": [names.get(name, name) for name in row.moves],
        "lines": [(one, names.get(one.move, one.move), *BADGES[one.state]) for one in page.rows],
        "page": page,
        "filters": [Filter("state", _("状态"), options)],
        "more_url": f"{reverse('console:webhook', args=[pk])}?{urlencode({k: v for k, v in more.items() if v})}",
        "secret": secret,
        "form": form or ReplayForm(),
        "crumbs": _trail(request, Crumb(row.name)),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None else HTTPStatus.OK
    return render(request, "console/webhook_page.html", context, status=status)


@guarded(HttpApiRight.WEBHOOKS_MANAGE)
@require_POST
def webhook_act(request: ActorRequest, pk: int, act: str) -> HttpResponse:
    """Do one of the short acts: on, off, ping, secret, failed, from, remove."""
    facts: dict[str, Any] = {"subscription_id": pk, "actor": request.actor, "at": now()}
    _found(pk)
    try:
        if act == "secret":
            return _page(request, pk, secret=actions.rotate_secret(**facts))
        if act == "from":
            return _from(request, pk, facts)
        if act == "remove":
            actions.remove(**facts)
            messages.success(request, _("推送删掉了。"))
            return redirect("console:webhooks")
        messages.success(request, _do(act, pk, facts))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("console:webhook", pk)


def _do(act: str, pk: int, facts: dict[str, Any]) -> str:
    if act == "on":
        actions.switch_on(**facts)
        wake(pk)
        return _("推送启用了，从停下的地方接着送。")
    if act == "off":
        actions.switch_off(**facts)
        return _("推送停了。这期间的事件都留着，启用后再送。")
    if act == "ping":
        return _ping(facts)
    if act == "failed":
        again = actions.replay_failed(**facts)
        wake(pk)
        return _told(again)
    raise Http404


def _ping(facts: dict[str, Any]) -> str:
    outcome = actions.ping(**facts)
    if outcome.good:
        return _("测试消息送到了，对方回答 %(status)s。") % {"status": outcome.status}
    return _("测试消息没有送到：%(why)s") % {"why": outcome.status or outcome.error}


def _told(again: int) -> str:
    return ngettext("%(n)s 条重新去送。", "%(n)s 条重新去送。", again) % {"n": again}


def _from(request: ActorRequest, pk: int, facts: dict[str, Any]) -> HttpResponse:
    form = ReplayForm(request.POST)
    if not form.is_valid():
        return _page(request, pk, form=form)
    again = actions.replay_from(event_id=form.cleaned_data["from_event"], **facts)
    wake(pk)
    messages.success(request, _told(again))
    return redirect("console:webhook", pk)


@guarded(HttpApiRight.WEBHOOKS_MANAGE)
@require_POST
def delivery_act(request: ActorRequest, pk: int, delivery: int, act: str) -> HttpResponse:
    """Send one delivery again, or give it up so that the later ones of its case go."""
    facts: dict[str, Any] = {
        "subscription_id": pk, "delivery_id": delivery, "actor": request.actor, "at": now(),
    }  # fmt: skip
    doing = {"retry": actions.retry, "discard": actions.discard}.get(act)
    if doing is None:
        raise Http404
    _found(pk)
    if not doing(**facts):
        raise Http404
    if act == "retry":
        wake(pk)
    messages.success(request, _told(1) if act == "retry" else _("这一条不再送，后面的接着送。"))
    return redirect("console:webhook", pk)


routes = (
    path("office/webhooks/", webhook_list, name="webhooks"),
    path("office/webhooks/new/", webhook_new, name="webhook_new"),
    path("office/webhooks/<int:pk>/", webhook_page, name="webhook"),
    path("office/webhooks/<int:pk>/edit/", webhook_edit, name="webhook_edit"),
    path("office/webhooks/<int:pk>/<slug:act>/", webhook_act, name="webhook_act"),
    path("office/webhooks/<int:pk>/deliveries/<int:delivery>/<slug:act>/", delivery_act, name="delivery_act"),
)
