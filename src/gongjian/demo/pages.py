"""Leaving the demonstration, from the browser."""

import csv
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gongjian.console.frame import frame, posted
from gongjian.demo import leaving
from gongjian.identity.access import IdentityRight
from gongjian.identity.guard import guarded
from gongjian.identity.queries import demonstration, installation
from gongjian.identity.refusals import Refused
from gongjian.identity.requests import ActorRequest
from gongjian.web.forms import FoldedField, Form
from gongjian.web.parts import Crumb
from gongjian.web.words import bracketed
from gongjian.workdays.clock import now


class LeaveForm(Form):
    """The name of the district, who stays, and the sentence that gives up real data."""

    keep = forms.TypedMultipleChoiceField(
        label=gettext_lazy("保留这些账号"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    district = FoldedField(label=gettext_lazy("照着写一遍名称"), max_length=60)
    sure = FoldedField(label=gettext_lazy("照着写一遍那句话"), max_length=60, required=False)

    def __init__(self, *args: Any, real: leaving.Real, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(user.pk, bracketed(user.name or user.username, user.username)) for user in real.staff]
        self.fields["keep"].choices = choices  # type: ignore[attr-defined]
        self.fields["keep"].initial = [user.pk for user in real.staff]
        if not choices:
            del self.fields["keep"]
        if not real.any:
            del self.fields["sure"]


@guarded(IdentityRight.DEMONSTRATION_LEAVE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: ActorRequest) -> HttpResponse:
    """Say what would go, then empty the demonstration and show the proof."""
    at = now()
    shared: dict[str, Any] = {
        **frame(request, "office"),
        "crumbs": [Crumb(pgettext("栏目", "管理"), reverse("console:office")), Crumb(_("离开演示"))],
    }
    if not demonstration():
        leaving.erase_files(at=at)
        proof = leaving.report()
        return render(
            request, "demo/left.html", {**shared, "lines": proof, "left_at": installation().demonstration_left_at}
        )
    real = leaving.real_things(at)
    form = LeaveForm(posted(request), real=real)
    if form.is_valid():
        try:
            left = leaving.leave(
                district_name=form.cleaned_data["district"],
                sure=form.cleaned_data.get("sure", ""),
                keep=form.cleaned_data.get("keep", ()),
                actor=request.actor,
                at=at,
            )
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            logout(request)
            return _done(request, left)
    context = {
        **shared,
        "form": form,
        "real": real,
        "tables": leaving.overview(),
        "district": leaving.district(),
        "sentence": _("真实数据也删除"),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "demo/leave.html", context, status=status)


def _done(request: ActorRequest, left: leaving.Left) -> HttpResponse:
    """Show the proof and the way in; nobody is signed in any more."""
    token = left.setup_token
    context = {
        "lines": [line for line in left.lines if line.before or not line.kept],
        "rows": sum(line.before for line in left.lines if not line.kept),
        "digest": left.digest,
        "setup_url": request.build_absolute_uri(reverse("console:setup", args=[token])) if token else "",
    }
    return render(request, "demo/done.html", context)


@guarded(IdentityRight.DEMONSTRATION_LEAVE)
@require_safe
def report(request: ActorRequest) -> HttpResponse:  # noqa: ARG001 - every view takes it
    """Give the proof as a table for a spreadsheet program."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="demonstration-left.csv"'
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow([_("表"), _("清空前"), _("清空后"), _("保留")])
    writer.writerows([line.name, line.before, line.after, _("是") if line.kept else ""] for line in leaving.report())
    return response
