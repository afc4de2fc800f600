"""Opening a new installation: the first administrator, then the list of what is still missing."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongjian.console.checklist import CODES, steps
from gongjian.console.forms import FirstForm
from gongjian.console.frame import frame, in_office, language_of, posted
from gongjian.httpapi.limits import allow
from gongjian.identity import actions
from gongjian.identity.access import IdentityRight
from gongjian.identity.guard import guarded
from gongjian.identity.queries import installation
from gongjian.identity.refusals import Refused
from gongjian.identity.requests import ActorRequest, client_ip
from gongjian.web.parts import Crumb
from gongjian.workdays.clock import now

TRIES_PER_MINUTE = 20


@guarded(anonymous=True)
@never_cache
@sensitive_post_parameters("password")
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: ActorRequest, token: str) -> HttpResponse:
    """Let the first administrator choose name and password, once, and go on to the set-up list."""
    at = now()
    may_try = allow("set-up", client_ip(request) or "-", TRIES_PER_MINUTE, at)
    if not may_try or not actions.setup_link_is_good(token, at=at):
        status = HTTPStatus.GONE if may_try else HTTPStatus.TOO_MANY_REQUESTS
        return render(request, "console/setup_void.html", status=status)
    form = FirstForm(posted(request), language=language_of(request))
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            user = actions.set_up_administrator(
                token=token,
                username=chosen["username"],
                name=chosen["name"],
                password=chosen["password"],
                unit_id=chosen["unit"],
                at=at,
            )
        except Refused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            actions.open_session(request=request, user=user, at=at)
            messages.success(request, _("您是系统管理员了。下面是开张前要看一遍的事。"))
            return redirect("console:setup_list")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "console/setup.html", {"form": form}, status=status)


@guarded(IdentityRight.PEOPLE_MANAGE)
@require_safe
def setup_list(request: ActorRequest) -> HttpResponse:
    """Show what an opening needs, what is there and what is missing."""
    found = steps(request.actor, at=now())
    context = {
        **frame(request, "office"),
        "steps": found,
        "open": sum(not step.done for step in found),
        "opened": installation().set_up_at,
        "crumbs": in_office(request.actor, Crumb(_("开张清单"))),
    }
    return render(request, "console/setup_list.html", context)


@guarded(IdentityRight.PEOPLE_MANAGE)
@require_POST
def setup_tick(request: ActorRequest) -> HttpResponse:
    """Tick a line off or take the tick back; `finish` closes the list."""
    at, code = now(), request.POST.get("step", "")
    if code == "finish":
        actions.finish_setup(actor=request.actor, at=at)
        messages.success(request, _("开张了。这张清单随时可以再看。"))
        return redirect("console:office")
    if code not in CODES:
        raise Http404
    actions.tick_step(code=code, done=request.POST.get("done") == "1", actor=request.actor, at=at)
    return redirect("console:setup_list")
