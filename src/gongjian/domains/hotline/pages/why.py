"""Why a case was sent to a unit: the rule with clause and version, since when, who decided, and what to do if not."""

from collections.abc import Collection, Sequence
from typing import Final

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gongjian.casework.models import Case
from gongjian.domains.hotline.pages.acts import open_acts
from gongjian.domains.hotline.pages.casefile import Fact, seen, who_words
from gongjian.domains.hotline.pages.common import absent, act_url, case_url, chinese, frame, named
from gongjian.domains.hotline.queries import Dossier, Said, dossier, history
from gongjian.identity.guard import guarded
from gongjian.identity.queries import units
from gongjian.identity.requests import ActorRequest
from gongjian.web.parts import Crumb
from gongjian.web.words import day_words, shown_moment
from gongjian.workdays.clock import now

# The moves that bring a case to a unit.
SENDING: Final = ("dispatch", "backstop", "hand_over")


def sent_by(said: Sequence[Said]) -> Said | None:
    """Return the event that brought the case to the unit that holds it; None where it was never sent."""
    return next((one for one in said if one.event.move in SENDING), None)


def reasons(file: Dossier, said: Sequence[Said]) -> list[Fact]:
    """Return why this unit has the case, label by label; empty before it was sent."""
    request, sent = file.case.request, sent_by(said)
    if file.case.holder_unit_id is None:
        return []
    rule = request.rule
    found = [Fact(_("派给"), named(units().by_id.get(file.case.holder_unit_id)), strong=True)]
    if rule is not None:
        found += [
            Fact(
                _("依据"),
                _("派件目录 %(catalogue)s 版第 %(clause)s 条") % {"catalogue": rule.catalogue, "clause": rule.clause},
            ),
            Fact(_("条文"), rule.reason_zh if chinese() else rule.reason_en),
            Fact(_("目录生效"), _since(rule.valid)),
        ]
    else:
        found.append(Fact(_("依据"), _("没有按目录派，由派件员按职责判断")))
    if rule is None or rule.reason_zh not in request.dispatch_reason:  # else the rule's own words, said above
        found.append(Fact(_("派件理由"), seen(file, request.dispatch_reason)))
    if sent is not None:
        day, clock = shown_moment(sent.event.at)
        found += [Fact(_("谁派的"), who_words(sent)), Fact(_("什么时候"), f"{day_words(day, day)} {clock}")]
    return [one for one in found if one.words]


def _since(valid: object) -> str:
    lower = getattr(valid, "lower", None)
    return "" if lower is None else _("%(day)s起") % {"day": lower}


def remedy(file: Dossier, acts: Collection[str]) -> tuple[str, str]:
    """Return what to do if it is wrong: in words, and the address where it is done, or none.

    `acts` are those open to the reader.
    """
    case = file.case
    if case.closed_at is not None or case.holder_unit_id is None:
        return "", ""
    if "return" in acts:
        words = _("不归本单位：退回，写明依据和该派给谁。派件后 4 个工作小时内提最好；第二次退回转兜底单位。")
        return words, act_url(case.number, "return")
    if case.urgency != Case.Urgency.ORDINARY:
        return _("紧急的件不能退回：先办，同时打 %(line)s 提出异议。") % {"line": settings.HOTLINE_NUMBER}, ""
    if case.state in {"dispatched", "signed"}:
        return _("不归本单位：请单位负责人退回，写明依据和该派给谁。"), ""
    return _("已经开始办的件不能退回。认为派错了，打 %(line)s 找派件员。") % {"line": settings.HOTLINE_NUMBER}, ""


@guarded()
@require_GET
def why(request: ActorRequest, number: str) -> HttpResponse:
    """Say why this case is here, on a page of its own: lists lead to it."""
    at = now()
    file = dossier(actor=request.actor, number=number, at=at)
    if file is None:
        raise absent(request.actor, number)
    words, url = remedy(file, open_acts(file, request.actor, at))
    context = {
        **frame(request.actor, "inbox"),
        "case": file.case,
        "case_url": case_url(number),
        "why": reasons(file, history(file.case.pk)),
        "remedy": words,
        "remedy_url": url,
        "crumbs": [Crumb(number, reverse("hotline:case", args=[number])), Crumb(_("为什么派给我们"))],
    }
    return render(request, "hotline/why.html", context)


routes: list[URLPattern] = [path("desk/cases/<slug:number>/why/", why, name="why")]
