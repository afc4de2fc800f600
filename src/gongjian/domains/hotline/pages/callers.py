"""Callers held back for a time: the decision on a case, the list, the early end."""

from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from gongjian.casework.errors import RefusedError
from gongjian.domains.hotline.access import DeskRight
from gongjian.domains.hotline.actions.restricting import LONGEST_DAYS, release_caller, restrict_caller
from gongjian.domains.hotline.forms.everyday import ReleaseForm, RestrictForm
from gongjian.domains.hotline.pages.common import case_or_404, case_url, frame, show_refusal
from gongjian.domains.hotline.pages.search import before_of
from gongjian.domains.hotline.queries import case_for, party_of
from gongjian.domains.hotline.queries.restrictions import listed, newest_of, restriction
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.web.paging import encode, page_of
from gongjian.web.parts import Crumb, Tab
from gongjian.workdays.clock import now

SIZE: Final = 50


@guarded(DeskRight.CALLER_RESTRICT)
@require_GET
def callers(request: ActorRequest) -> HttpResponse:
    """Show the restrictions that hold, or those that are over."""
    at = now()
    over = request.GET.get("tab") == "over"
    found = listed(over=over, at=at, before=before_of(request.GET.get("after", "")), size=SIZE)
    page = page_of(found, SIZE, lambda one: encode([one.pk]))
    here = reverse("hotline:callers")
    context = {
        **frame(request.actor, "supervise"),
        "tabs": [Tab(_("有效的"), here, current=not over), Tab(_("已结束的"), f"{here}?tab=over", current=over)],
        "over": over,
        "page": page,
        "more_url": f"?{'tab=over&' if over else ''}after={page.next}",
        "at": at,
        "crumbs": [Crumb(_("来电限制"))],
    }
    return render(request, "hotline/callers.html", context)


@guarded(DeskRight.CALLER_RESTRICT)
@require_http_methods(["GET", "HEAD", "POST"])
def restrict(request: ActorRequest, number: str) -> HttpResponse:
    """Decide about the number of a case's requester."""
    at = now()
    case = case_or_404(request.actor, number)
    party = party_of(case.pk)
    contact = party.contact if party is not None else None
    index = bytes(contact.phone_index) if contact is not None and contact.phone_index else None
    form = RestrictForm(
        request.POST if request.method == "POST" else None, auto_id="restrict-%s", initial={"days": "30"}
    )
    if form.is_valid():
        try:
            made = restrict_caller(case=case, **form.cleaned_data, actor=request.actor, at=at)
        except RefusedError as error:
            show_refusal(form, error, at)
        else:
            messages.success(request, _("已限制，到期自己结束。当事人会收到通知。"))
            return redirect("hotline:caller_page", made.pk)
    context = {
        **frame(request.actor, "supervise"),
        "form": form,
        "case": case,
        "masked": contact.mask_phone if contact is not None else "",
        "before": newest_of(index, at) if index else None,
        "most": LONGEST_DAYS,
        "back": case_url(number),
        "crumbs": [Crumb(number, case_url(number)), Crumb(_("限制来电"))],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "hotline/caller_restrict.html", context, status=status)


@guarded(DeskRight.CALLER_RESTRICT)
@require_http_methods(["GET", "HEAD", "POST"])
def caller_page(request: ActorRequest, pk: int) -> HttpResponse:
    """Show one restriction, and end it before its time."""
    at = now()
    form = ReleaseForm(request.POST if request.method == "POST" else None, auto_id="release-%s")
    if form.is_valid():
        try:
            done = release_caller(restriction_id=pk, why=form.cleaned_data["why"], actor=request.actor, at=at)
        except RefusedError as error:
            show_refusal(form, error, at)
        else:
            if done:
                messages.success(request, _("结束了。"))
            return redirect("hotline:caller_page", pk)
    found: Any = restriction(pk)
    if found is None:
        raise Http404(pk)
    context = {
        **frame(request.actor, "supervise"),
        "one": found,
        "holds": found.ended_at is None and found.ends > at,
        "form": form,
        "case_url": case_url(found.case.number) if case_for(actor=request.actor, number=found.case.number) else "",
        "crumbs": [Crumb(_("来电限制"), reverse("hotline:callers")), Crumb(found.mask_phone)],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "hotline/caller_page.html", context, status=status)


routes: list[URLPattern] = [
    path("desk/callers/", callers, name="callers"),
    path("desk/callers/<int:pk>/", caller_page, name="caller_page"),
    path("desk/cases/<slug:number>/restrict/", restrict, name="restrict_caller"),
]
