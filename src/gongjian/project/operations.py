"""The operator's page: how everything is, in one list, and the jobs that were given up."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, resolve
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from gongjian.console.access import ConsoleRight
from gongjian.console.frame import frame, language_of
from gongjian.identity.actor import Actor
from gongjian.identity.guard import Guard, guarded
from gongjian.identity.refusals import Refused
from gongjian.identity.requests import ActorRequest
from gongjian.project import failures, vitals
from gongjian.project.lines import LABELS, Answer, Level
from gongjian.web.forms import TooLongError, words_of
from gongjian.web.links import link
from gongjian.web.parts import StateBadge
from gongjian.workdays.clock import now

SHOWN = 50
PLACES = {Level.OK: ("ok", "check"), Level.WARN: ("soon", "alert"), Level.FAIL: ("late", "x")}


@dataclass(frozen=True)
class Line:
    """One row of the list."""

    name: str
    label: str
    badge: StateBadge
    words: str
    url: str


@guarded(ConsoleRight.HEALTH_READ)
@require_safe
@never_cache
def operations(request: ActorRequest) -> HttpResponse:
    """Show the lines that `gongjian doctor` prints under the same names, and the failed jobs."""
    return _page(request, at=now())


def _page(request: ActorRequest, *, at: datetime, refused: Exception | None = None, job_id: int = 0) -> HttpResponse:
    english = language_of(request) == "en"
    found = [_line(name, answer, request.actor, english=english) for name, answer in vitals.lines(at=at)]
    worst = {line.badge.state for line in found}
    jobs = (
        failures.failed(limit=SHOWN) if any(line.name == "jobs" and line.badge.state != "ok" for line in found) else []
    )
    context = {
        **frame(request, "operations"),
        "lines": found,
        "state": "late" if "late" in worst else "soon" if "soon" in worst else "ok",
        "at": at,
        "jobs": jobs,
        "more": len(jobs) == SHOWN,
        "may_act": request.actor.can(ConsoleRight.HEALTH_MANAGE),
        "audit_url": link("console:audit") if request.actor.can(ConsoleRight.ENTRIES_READ) else "",
        "refused": refused,
        "refused_job": job_id,
        "reason": words_of(request, "reason"),  # as it was typed, where it was refused
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "operations.html", context, status=status)


def _line(name: str, answer: Answer, actor: Actor, *, english: bool) -> Line:
    state, icon = PLACES[answer.level]
    words = {Level.OK: _("正常"), Level.WARN: _("注意"), Level.FAIL: pgettext("运行状况", "出错")}[answer.level]
    label, said = LABELS[name][english], (answer.en[:1].upper() + answer.en[1:]) if english else answer.zh
    return Line(name, label, StateBadge(state, words, icon), said, _page_of(answer.page, actor))


def _page_of(name: str, actor: Actor) -> str:
    """Return the address of the page where a line is mended, if this actor may open it and it is there."""
    if name.startswith("#"):
        return name
    address = link(name) if name else ""
    guard: Guard | None = getattr(resolve(address).func, "guard", None) if address else None
    return address if guard and (guard.right is None or actor.can(guard.right)) else ""


@guarded(ConsoleRight.HEALTH_MANAGE)
@require_POST
def operations_job(request: ActorRequest, job_id: int, act: str) -> HttpResponse:
    """Put a failed job back, or discard it with a reason."""
    at = now()
    try:
        if act == "retry":
            done = failures.retry(job_id=job_id, actor=request.actor, at=at)
            said = _("任务 {number} 已重新排队。")
        elif act == "discard":
            reason = words_of(request, "reason", failures.LONGEST_REASON)
            done = failures.discard(job_id=job_id, reason=reason, actor=request.actor, at=at)
            said = _("任务 {number} 已放弃，原因记入审计。")
        else:
            raise Http404
    except (Refused, TooLongError) as refused:
        return _page(request, at=at, refused=refused, job_id=job_id)
    if done:
        messages.success(request, said.format(number=job_id))
    else:
        messages.info(request, _("任务 {number} 已经不在失败的任务里，可能有人先处理了。").format(number=job_id))
    return redirect("operations")


urlpatterns = [
    path("office/operations/", operations, name="operations"),
    path("office/operations/jobs/<int:job_id>/<slug:act>/", operations_job, name="operations_job"),
]
