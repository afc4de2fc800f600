"""Who acts for me while I am away: on one's own account, and for others by administrators."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from gongjian.console.forms import DeputyForm
from gongjian.console.frame import frame, own_tabs, posted
from gongjian.identity import actions
from gongjian.identity.access import IdentityRight
from gongjian.identity.guard import guarded
from gongjian.identity.models import User
from gongjian.identity.queries import deputies, names_of
from gongjian.identity.refusals import Refused
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rights import require_user
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day, midnight


def lines(user_id: int, at: datetime) -> list[dict[str, Any]]:
    """Return the deputies of a person and those this person stands in for, in words."""
    found = deputies(user_id, at=at)
    names = names_of({one.absent_id for one in found} | {one.deputy_id for one in found})
    return [
        {
            "id": one.id,
            "mine": one.absent_id == user_id,
            "name": names.get(one.deputy_id if one.absent_id == user_id else one.absent_id, ""),
            "starts": one.starts,
            "ends": one.ends,
            "runs": one.runs(at),
        }
        for one in found
    ]


def name_deputy(request: ActorRequest, absent: User, form: DeputyForm, at: datetime) -> bool:
    """Name the deputy the form says; False with the reason on the form."""
    if not form.is_valid():
        return False
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    begin = midnight(first)
    try:
        actions.deputise(
            absent=absent,
            deputy=form.cleaned_data["deputy"],
            starts=at if first == local_day(at) else begin,
            ends=midnight(last + timedelta(days=1)),
            actor=request.actor,
            at=at,
        )
    except Refused as refused:
        field = {"starts": "first", "ends": "last"}.get(refused.field, refused.field)
        form.add_error(field or None, str(refused))
        return False
    messages.success(request, _("定好了。这段时间由代理人看您的件、办您的件。"))
    return True


@guarded(IdentityRight.SESSIONS_OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def deputy(request: ActorRequest) -> HttpResponse:
    """Show and name who acts for me."""
    at = now()
    me = User.objects.get(pk=require_user(request.actor))
    form = DeputyForm(posted(request), initial={"first": local_day(at)})
    if form.is_bound and name_deputy(request, me, form, at):
        return redirect("console:deputy")
    context = {
        **frame(request, "profile"),
        "tabs": own_tabs(request.actor, "deputy"),
        "form": form,
        "standing": lines(me.pk, at),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "console/own_deputy.html", context, status=status)


@guarded(IdentityRight.SESSIONS_OWN)
@require_POST
def deputy_end(request: ActorRequest) -> HttpResponse:
    """Take one's own deputy back."""
    mine = {str(one["id"]): one["id"] for one in lines(require_user(request.actor), now()) if one["mine"]}
    number = request.POST.get("deputy", "")
    if number not in mine:
        raise Http404
    actions.end_deputy(deputy_id=mine[number], actor=request.actor, at=now())
    messages.success(request, _("收回了，从现在起由您自己办。"))
    return redirect("console:deputy")


@guarded(IdentityRight.PEOPLE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def person_deputy(request: ActorRequest, pk: int) -> HttpResponse:
    """Name a deputy for somebody, or take one back."""
    at, who = now(), get_object_or_404(User, pk=pk, kind=User.Kind.STAFF, is_active=True)
    number = request.POST.get("end", "")
    if number:
        mine = {str(one["id"]): one["id"] for one in lines(pk, at)}
        if number not in mine:
            raise Http404
        actions.end_deputy(deputy_id=mine[number], actor=request.actor, at=at)
        messages.success(request, _("代理收回了。"))
        return redirect("console:person_deputy", pk)
    form = DeputyForm(posted(request), initial={"first": local_day(at)})
    if form.is_bound and name_deputy(request, who, form, at):
        return redirect("console:person_deputy", pk)
    context = {**frame(request, "people"), "who": who, "form": form, "standing": lines(pk, at)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "console/person_deputy.html", context, status=status)
