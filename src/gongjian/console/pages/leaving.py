"""Somebody leaves: open matters to a colleague or back to the unit, then roles, deputies, sessions and account end."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from gongjian.casework.errors import RefusedError
from gongjian.console import handing
from gongjian.console.forms_units import ReasonForm, whole
from gongjian.console.frame import frame, language_of, posted
from gongjian.console.pages.units import tell
from gongjian.domains.hotline.access import HotlineRight
from gongjian.identity import actions
from gongjian.identity.access import IdentityRight
from gongjian.identity.guard import guarded
from gongjian.identity.models import User
from gongjian.identity.queries import deputies, names_of, people_with, units
from gongjian.identity.refusals import Refused
from gongjian.identity.requests import ActorRequest
from gongjian.web.parts import Crumb
from gongjian.workdays.clock import now


class LeaveForm(ReasonForm):
    """For each unit where somebody handles open matters, who takes over."""

    def __init__(self, *args: Any, heirs: dict[int, tuple[str, list[tuple[int, str]]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for unit_id, (label, people) in heirs.items():
            self.fields[f"unit_{unit_id}"] = forms.TypedChoiceField(
                label=label,
                coerce=whole,
                empty_value=None,
                required=False,
                choices=[("", gettext_lazy("退回单位，由负责人再分")), *people],
            )

    def chosen(self) -> dict[int, int | None]:
        """Return who takes over in each unit."""
        return {
            int(name.removeprefix("unit_")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("unit_")
        }


@guarded(IdentityRight.PEOPLE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def person_leave(request: ActorRequest, pk: int) -> HttpResponse:
    """Show what somebody leaves behind and who may take it; then let them go."""
    at, language = now(), language_of(request)
    who = get_object_or_404(User, pk=pk, kind=User.Kind.STAFF)
    if who.pk == request.actor.user_id:
        raise Http404
    held = {unit_id: count for unit_id, count in handing.holds(who.pk).items() if unit_id is not None}
    form = LeaveForm(posted(request), heirs={unit_id: _heirs(unit_id, n, who, language) for unit_id, n in held.items()})
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            handed = handing.leave(user_id=who.pk, heirs=form.chosen(), reason=reason, actor=request.actor, at=at)
            actions.leave(user=who, reason=reason, actor=request.actor, at=at)
        except (Refused, RefusedError) as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            if handed.moved or handed.refused:
                tell(request, handed, _("接手的人"))
            messages.success(request, _("离岗办好了：岗位和代理收回，设备都退出，账号停用。"))
            return redirect("console:person", pk)
    context = {
        **frame(request, "people"),
        "form": form,
        "who": who,
        "held": sum(held.values()),
        "posts": handing.posts_of(who.pk, at=at).count(),
        "standing": len(deputies(who.pk, at=at)),
        "crumbs": [
            Crumb(_("人员"), reverse("console:people")),
            Crumb(who.name or who.username, reverse("console:person", args=[pk])),
            Crumb(_("离岗")),
        ],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    return render(request, "console/person_leave.html", context, status=status)


def _heirs(unit_id: int, count: int, who: User, language: str) -> tuple[str, list[tuple[int, str]]]:
    able = people_with(HotlineRight.CASE_HANDLE, unit_id=unit_id, at=now()) - {who.pk}
    names = sorted(names_of(able).items(), key=lambda one: one[1])
    label = _("{unit}的 {n} 件给谁").format(unit=units().by_id[unit_id].short(language), n=count)
    return label, names
