"""Following a matter of another: from the similar ones of a report, and later by the follower's own code.

Who follows reads what a passer-by may: topic or approved title, road, the day, the step and by when it is answered.
"""

import base64
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.contrib.sessions.backends.base import SessionBase
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.crypto import get_random_string
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongjian.casework.errors import RefusedError
from gongjian.casework.kinds import Stage, kind_of
from gongjian.casework.models import Case
from gongjian.domains.hotline.actions.following import Reach, follow, is_followable, is_open_to_followers, stop
from gongjian.domains.hotline.forms.public import FollowForm
from gongjian.domains.hotline.pages.common import named
from gongjian.domains.hotline.pages.drafts import DRAFT, Draft, drop, found, names_one, seal, store_of, unseal
from gongjian.domains.hotline.pages.progress import stage_badge, steps
from gongjian.domains.hotline.pages.report_steps import next_step, step_url
from gongjian.domains.hotline.queries import catalogue
from gongjian.domains.hotline.queries.following import Followed, case_of, followed
from gongjian.domains.hotline.queries.open311 import expected_of
from gongjian.httpapi.limits import allow
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest, client_ip
from gongjian.parties.phones import line_of
from gongjian.places.queries import communities, road_in
from gongjian.sealing.fields import Sealed
from gongjian.sealing.keys import SealError
from gongjian.sealing.masking import mask_phone
from gongjian.sealing.tokens import spelled, written
from gongjian.web.middleware import reader_of
from gongjian.web.parts import Crumb
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day

NEAR: Final = "near"  # the field that says which of the matters on the page
MARK: Final = "hotline.near"
VISITOR: Final = "visitor"
KEPT: Final = "followed"
MOST_KEPT: Final = 20
FOLLOWS_A_MINUTE: Final = 6
FOLLOWS_A_DAY: Final = 10  # of one matter by one address
# How long the code stays on the page: to write it down, print it, or survive a reload.
CODE_SHOWN: Final = timedelta(minutes=15)
INVALID, GONE, TOO_MANY = 422, 409, 429
TYPED: Final = ("phone", "email")


def mark_of(case_id: int) -> str:
    """Return what stands for a case in a page that strangers read: nobody makes one up, or learns a number by it."""
    return base64.urlsafe_b64encode(Sealed(MARK, text=str(case_id)).sealed()).decode()


def _marked(request: ActorRequest) -> Case | None:
    """Return the case that a page of ours has shown and this request names."""
    mark = request.POST.get(NEAR) or request.GET.get(NEAR, "")
    try:
        return case_of(int(Sealed(MARK, sealed=base64.urlsafe_b64decode(mark)).open()))
    except (SealError, ValueError):
        return None


def follow_url(draft: Draft, case_id: int) -> str:
    """Return where one begins to follow a matter that a report has been shown."""
    return f"{reverse('hotline:report_follow')}?{urlencode({DRAFT: draft.token, NEAR: mark_of(case_id)})}"


@guarded(anonymous=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report_follow(request: ActorRequest) -> HttpResponseBase:
    """Ask how to tell somebody of the matter that is theirs too; nothing has to be filled in."""
    at, case = now(), _marked(request)
    draft = found(request) if names_one(request) else None  # another one of this visitor is none of this page's
    language = reader_of(request).language
    posted = request.method == "POST"
    day = local_day(at)
    form = FollowForm(request.POST, day=day) if posted else FollowForm(initial={"language": language}, day=day)
    if case is None or not is_followable(case, at=at):
        return _page(request, form, None, draft, at, GONE)
    if not posted:
        return _page(request, form, case, draft, at)
    if not form.is_valid():
        return _page(request, form, case, draft, at, INVALID)
    if form.from_a_program or not _may_follow(request, case, at):
        form.add_error(None, _("这个网络地址提交得太多。过一会儿再按一次，您写的都在。"))
        return _page(request, form, case, draft, at, TOO_MANY)
    try:
        follower_id = _follow(request, case, form, draft, at)
    except RefusedError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error.message))
        return _page(request, form, case, draft, at, INVALID)
    return redirect(f"{reverse('hotline:report_followed')}?{urlencode({KEPT: follower_id})}")


def _may_follow(request: ActorRequest, case: Case, at: datetime) -> bool:
    address = client_ip(request)
    return allow("follow", address, FOLLOWS_A_MINUTE, at) and allow(
        "follow-case", f"{address} {case.pk}", FOLLOWS_A_DAY, at, window=timedelta(days=1)
    )


def _follow(request: ActorRequest, case: Case, form: FollowForm, draft: Draft | None, at: datetime) -> int:
    """Follow once: the session's row is held, so that a second press waits and finds it done.

    What was typed for a report goes with the same step, and not before.
    """
    said = form.cleaned_data
    reach = Reach(said["phone"], said["email"], said["language"] or "zh-hans")

    def run(session: SessionBase) -> int:
        visitor = session.setdefault(VISITOR, get_random_string(32))
        made = follow(case=case, visitor=str(visitor), reach=reach, actor=request.actor, at=at)
        told = {"sms": mask_phone(line_of(reach.phone)), "email": reach.email}.get(made.told_by, "")
        new = {"code": made.code, "at": at.isoformat(), "told": told}
        before = _kept(session).get(str(made.follower_id))
        keep(session, made.follower_id, new if before is None or made.code else before)
        if draft is not None and not draft.sent:
            drop(session, draft.token)
        return made.follower_id

    return store_of(request).change(run)


def _page(
    request: ActorRequest, form: FollowForm, case: Case | None, draft: Draft | None, at: datetime, status: int = 200
) -> HttpResponse:
    """Draw the form; without a case only that there is nothing to follow, with what was typed."""
    ours = draft is not None and not draft.sent
    context = {
        "form": form,
        "matter": _matter(case, at) if case is not None else None,
        "typed": [(one.label, words) for one in form if (words := str(one.value() or "")) and one.name in TYPED],
        "near": request.POST.get(NEAR) or request.GET.get(NEAR, ""),
        "draft_key": draft.token if draft is not None else "",
        "words": draft.description or draft.words if draft is not None and ours else "",
        "back": step_url("similar", draft) if draft is not None and ours else reverse("hotline:report"),
        "next": step_url(next_step(draft, "where"), draft) if draft is not None and ours else reverse("hotline:report"),
    }
    return render(request, "hotline/report_follow.html", context, status=status)


def _matter(case: Case, at: datetime) -> dict[str, Any]:
    """Return what a passer-by may know of a case."""
    topic = catalogue(at).topics.get(case.topic_id or 0)
    place = next((one for one in communities() if one.id == case.community_id), None)
    return {
        "title": case.request.public_title or named(topic),
        "place": road_in(case.request.address) or named(place),
        "opened_at": case.opened_at,
        "badge": stage_badge(case.kind, case.state),
    }


def _kept(session: SessionBase) -> dict[str, dict[str, str]]:
    """Return by id what this visitor follows or has proved to follow, with the code while it may still be shown."""
    return unseal(session, KEPT)


def keep(session: SessionBase, follower_id: int, entry: dict[str, str]) -> None:
    """Keep that this visitor follows something, the newest last; the oldest falls out."""
    kept = {one: told for one, told in _kept(session).items() if one != str(follower_id)}
    kept[str(follower_id)] = entry
    seal(session, KEPT, dict(list(kept.items())[-MOST_KEPT:]))


@guarded(anonymous=True)
@never_cache
@require_GET
def report_followed(request: ActorRequest) -> HttpResponseBase:
    """Say that it is done, and give the code."""
    at, asked = now(), request.GET.get(KEPT, "")
    entry = _kept(request.session).get(asked)
    one = followed(int(asked)) if entry is not None else None
    if entry is None or one is None:
        return redirect("hotline:track")
    code = entry.get("code", "")
    if code and at - (parse_datetime(entry["at"]) or at) > CODE_SHOWN:
        code = ""
        store_of(request).change(lambda session: keep(session, one.id, entry | {"code": ""}))
    context = {
        "matter": _matter(one.case, at) if is_open_to_followers(one.case, at=at) else None,
        "code": written(code),
        "spelled": spelled(code, get_language() or "zh"),
        "told": entry.get("told", ""),
        "told_phone": bool(entry.get("told")) and "@" not in entry["told"],
        "follow_url": reverse("hotline:following", args=[one.id]),
    }
    return render(request, "hotline/report_followed.html", context)


def _mine(request: ActorRequest, follower_id: int) -> Followed:
    """Return what this visitor follows; 404 for what they have not proved."""
    one = followed(follower_id) if str(follower_id) in _kept(request.session) else None
    if one is None:
        raise Http404(follower_id)
    return one


@guarded(anonymous=True)
@never_cache
@require_GET
def following(request: ActorRequest, follower_id: int) -> HttpResponseBase:
    """Say where the matter stands, as far as anybody may know; nothing of it where it is not public any more."""
    at, one = now(), _mine(request, follower_id)
    case = one.case
    known = one.stopped_at is None and is_open_to_followers(case, at=at)
    stage = kind_of(case.kind).state_of[case.state].stage
    context = {
        "one": one,
        "matter": _matter(case, at) if known else None,
        "sentence": _sentence(stage),
        "steps": steps(case) if known else [],
        "expected_at": expected_of(case.pk) if known and case.closed_at is None else None,
        "crumbs": [Crumb(_("首页"), "/"), Crumb(_("查进度"), reverse("hotline:track")), Crumb(_("我关注的事"))],
    }
    return render(request, "hotline/following.html", context)


def _sentence(stage: Stage) -> str:
    """Return in one sentence where a matter stands, for those whose matter it is not."""
    return {
        Stage.RECEIVED: _("我们收到了，正在看该由谁来办。"),
        Stage.SENT: _("已经派给负责的单位。"),
        Stage.HANDLING: _("负责的单位正在办。"),
        Stage.ANSWERED: _("单位答复了。答复的内容只给反映的人。"),
        Stage.CLOSED: _("这件事结束了。您那里还没有解决，可以自己反映。"),
    }[stage]


@guarded(anonymous=True)
@require_POST
def following_stop(request: ActorRequest, follower_id: int) -> HttpResponseBase:
    """Follow no longer, by one's own press."""
    one = _mine(request, follower_id)
    if stop(follower_id=one.id, at=now()):
        messages.success(request, _("好的，不再关注，也不再通知您。"))
    return redirect("hotline:following", one.id)


routes: list[URLPattern] = [
    path("report/follow", report_follow, name="report_follow"),
    path("report/followed", report_followed, name="report_followed"),
    path("following/<int:follower_id>", following, name="following"),
    path("following/<int:follower_id>/stop", following_stop, name="following_stop"),
]
