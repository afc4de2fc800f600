"""What if: words, topic, place and day, and who would get it, by which rule and why."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from gongjian.casework import limits
from gongjian.casework.limits import NoTermError
from gongjian.casework.models import Case
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.access import CatalogueRight
from gongjian.domains.hotline.actions.dispatching import DEFAULT_LIMIT, propose
from gongjian.domains.hotline.forms.reference import TryForm
from gongjian.domains.hotline.pages.common import chinese, frame, named
from gongjian.domains.hotline.pages.intake_route import community_choices
from gongjian.domains.hotline.pages.terms import basis_words, term_words
from gongjian.domains.hotline.queries import Catalogue, TopicRef, read_catalogue
from gongjian.identity.guard import guarded
from gongjian.identity.queries import units
from gongjian.identity.requests import ActorRequest
from gongjian.listing import listed
from gongjian.web.catalogues import Fact
from gongjian.web.links import link
from gongjian.web.parts import Crumb
from gongjian.web.templatetags.gongjian import plain_due
from gongjian.workdays.clock import now
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import local_day, moment_on


@dataclass(frozen=True)
class Guess:
    """A topic the words may mean."""

    name: str
    url: str
    chosen: bool


@guarded(CatalogueRight.CATALOGUE_MANAGE)
@require_safe
def rules_try(request: ActorRequest) -> HttpResponse:
    """Show who would get a matter on a day, by the rules of that day."""
    at = now()
    bound = request.GET or None
    form = TryForm(bound, communities=community_choices(), initial={"day": local_day(at), "kind": "complaint"})
    answer: dict[str, Any] = {}
    if form.is_bound and form.is_valid():
        answer = _answer(request, form.cleaned_data)
    office = link("console:office")
    crumbs = [
        *([Crumb(pgettext("栏目", "管理"), office)] if office else []),
        Crumb(_("派件规则"), reverse("hotline:rules")),
        Crumb(_("试一试派给谁")),
    ]
    context = {**frame(request.actor, "office"), "form": form, "crumbs": crumbs, **answer}
    return render(request, "hotline/admin_try.html", context)


def _answer(request: ActorRequest, asked: dict[str, Any]) -> dict[str, Any]:
    at = moment_on(asked["day"], time(9))
    known = read_catalogue(at)
    guesses = rules.best_matches(asked["words"], _names(known))
    topic = known.by_code(asked["topic"] or (guesses[0] if guesses else ""))
    emergency = rules.emergency_service(asked["words"], known.emergency)
    found = [Fact(_("哪一天"), asked["day"].isoformat())]
    if emergency:
        found.append(Fact(_("急件"), _("有紧急词：提示打 %(number)s，按危急办") % {"number": emergency}, "late"))
    if topic is None:
        return {"facts": [*found, Fact(_("类别"), _("认不出类别，派件员要自己选"), "soon")], "guesses": []}
    community = int(asked["community"]) if asked["community"] else None
    found += _route(known, topic, community, asked["kind"], bool(emergency), at)
    return {"facts": found, "guesses": _guesses(request, known, guesses, topic)}


def _names(known: Catalogue) -> dict[str, list[str]]:
    return {t.code: [t.name_zh, t.name_en, *known.everyday.get(t.code, ())] for t in known.leaves}


def _guesses(request: ActorRequest, known: Catalogue, codes: list[str], topic: TopicRef) -> list[Guess]:
    found = []
    for code in codes:
        query = request.GET.copy()
        query["topic"] = code
        found.append(Guess(named(known.by_code(code)), f"?{query.urlencode()}", chosen=code == topic.code))
    return found


def _route(
    known: Catalogue, topic: TopicRef, community: int | None, kind: str, emergency: bool, at: datetime
) -> list[Fact]:
    urgency = Case.Urgency.EMERGENCY if emergency else Case.Urgency.ORDINARY
    case = Case(kind=f"hotline.{kind}", topic_id=topic.id, community_id=community, urgency=urgency)
    proposal, book = propose(case, at, known), units().by_id
    found = [Fact(_("类别"), named(topic))]
    unit = book.get(proposal.unit_id or 0)
    if unit is None:
        return [*found, Fact(_("派给"), _("没有派件规则，派件员要自己选单位"), "soon")]
    found.append(Fact(_("派给"), named(unit)))
    if proposal.assist_ids:
        found.append(Fact(_("协办"), listed(named(book.get(one)) for one in proposal.assist_ids)))
    if (topic.lead_subdistrict or topic.assist_subdistrict) and community is None:
        found.append(Fact(_("地点"), _("这一类看地点：选一个社区，结果会不同"), "soon"))
    found.append(Fact(_("依据"), proposal.reason_zh if chinese() else proposal.reason_en))
    key = proposal.limit_key if proposal.limit_key not in {"", DEFAULT_LIMIT} else f"{DEFAULT_LIMIT}.{kind}"
    return [*found, _due(key, int(urgency), at)]


def _due(key: str, urgency: int, at: datetime) -> Fact:
    try:
        term = limits.book().term(key=key, urgency=urgency, day=local_day(at))
    except NoTermError:
        return Fact(_("答复时限"), _("这一天还没有这一类的时限"), "late")
    due = limits.book().due(key=key, urgency=urgency, at=at, calendar=calendar())
    words = _("%(term)s，%(due)s前答复") % {"term": term_words(term.term), "due": plain_due(due.at)}
    return Fact(_("9:00 派出"), "\n".join(filter(None, (words, basis_words(term), term.source))))


routes: list[URLPattern] = [path("office/rules/try/", rules_try, name="rules_try")]
