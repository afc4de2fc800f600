"""Roles: which rights a role gives, in plain words."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongjian.console.forms import NewRoleForm
from gongjian.console.frame import frame, language_of, posted
from gongjian.console.rights import all_rights, grouped
from gongjian.identity import actions
from gongjian.identity.access import IdentityRight
from gongjian.identity.guard import guarded
from gongjian.identity.models import Assignment, Role
from gongjian.identity.queries import roles
from gongjian.identity.reference import RESIDENT, RoleRef
from gongjian.identity.refusals import Refused
from gongjian.identity.requests import ActorRequest
from gongjian.web.forms import TooLongError, words_of
from gongjian.web.parts import Crumb
from gongjian.workdays.clock import now


def _crumbs(*last: Crumb) -> list[Crumb]:
    first = Crumb(pgettext("栏目", "管理"), reverse("console:office"))
    return [first, Crumb(_("岗位和权限"), reverse("console:roles") if last else ""), *last]


@guarded(IdentityRight.ROLES_MANAGE)
@require_safe
def role_list(request: ActorRequest) -> HttpResponse:
    """Show every role with how many hold it now."""
    at = now()
    held = Assignment.objects.filter(Q(ends=None) | Q(ends__gt=at), starts__lte=at, user__is_active=True)
    counts = dict(held.values_list("role").annotate(n=Count("user", distinct=True)))
    shown = [(role, role.name(language_of(request)), counts.get(role.id, 0)) for role in roles().values()]
    return _list(request, NewRoleForm(language=language_of(request)), shown=shown)


def _list(request: ActorRequest, form: NewRoleForm, **context: Any) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    shown = {**frame(request, "office"), "form": form, "crumbs": _crumbs(), **context}
    return render(request, "console/role_list.html", shown, status=status)


@guarded(IdentityRight.ROLES_MANAGE)
@require_POST
def role_new(request: ActorRequest) -> HttpResponse:
    """Add a role, most often as a copy of another one."""
    form = NewRoleForm(request.POST, language=language_of(request))
    if form.is_valid():
        try:
            made = actions.create_role(**form.cleaned_data, actor=request.actor, at=now())
        except Refused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            messages.success(request, _("岗位建好了。看一遍它的权限，再给人。"))
            return redirect("console:role", made.code)
    return _list(request, form, shown=[(role, role.name(language_of(request)), None) for role in roles().values()])


def _role(code: str) -> RoleRef:
    found = next((role for role in roles().values() if role.code == code), None)
    if found is None:
        raise Http404
    return found


@guarded(IdentityRight.ROLES_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def role_page(request: ActorRequest, code: str) -> HttpResponse:
    """Show what a role may do, and change it for everybody who holds it."""
    role, fault = _role(code), ""
    if posted(request) is not None:
        fault = _change(request, role)
        if not fault:
            return redirect("console:role", code)
    language = language_of(request)
    context = {
        **frame(request, "office"),
        "role": role,
        "name": role.name(language),
        "fixed": role.code == RESIDENT,
        "fault": fault,
        "names": {n: words_of(request, n) if fault else getattr(role, n) for n in ("name_zh", "name_en")},
        "second_factor": "second_factor" in request.POST if fault else role.second_factor,
        "groups": grouped(request.POST.getlist("rights") if fault else role.rights),
        "holders": Assignment.objects.filter(Q(ends=None) | Q(ends__gt=now()), role_id=role.id).count(),
        "crumbs": _crumbs(Crumb(role.name(language))),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK
    return render(request, "console/role_page.html", context, status=status)


def _change(request: ActorRequest, role: RoleRef) -> str:
    """Change the role as posted and return why not, in words."""
    try:
        changed = actions.change_role(
            role_id=role.id,
            name_zh=words_of(request, "name_zh", 20),
            name_en=words_of(request, "name_en", 40),
            second_factor="second_factor" in request.POST,
            rights=request.POST.getlist("rights"),
            known=all_rights(),
            actor=request.actor,
            at=now(),
        )
    except (Refused, TooLongError) as refused:
        return str(refused)
    messages.success(request, _("改好了，做这个岗位的人马上生效。") if changed else _("没有变化。"))
    return ""


@guarded(IdentityRight.ROLES_MANAGE)
@require_POST
def role_remove(request: ActorRequest, code: str) -> HttpResponse:
    """Remove a role nobody ever held."""
    try:
        actions.remove_role(role_id=Role.objects.get(pk=_role(code).id).pk, actor=request.actor, at=now())
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("console:role", code)
    messages.success(request, _("岗位删掉了。"))
    return redirect("console:roles")
