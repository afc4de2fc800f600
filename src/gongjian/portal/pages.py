"""The public face: home, search, who answers for what, my matters, who looked, a document, and two honest pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gongjian.casefile.stages import told_to_applicant
from gongjian.casework.kinds import Badge, kind_of
from gongjian.casework.limits import book
from gongjian.casework.models import Case
from gongjian.casework.numbers import read_number
from gongjian.casework.queries import COUNT_CAP, Desk, on_desk
from gongjian.documents.downloads import file_response
from gongjian.domains.hotline import queries as hotline
from gongjian.domains.hotline import rules as hotline_rules
from gongjian.domains.hotline.pages.proofs import proved
from gongjian.domains.hotline.pages.public import subject_names
from gongjian.domains.hotline.pages.reach import told_of
from gongjian.domains.hotline.pages.terms import term_words
from gongjian.domains.hotline.queries.reach import touches_of_person
from gongjian.identity.guard import guarded
from gongjian.identity.queries import units
from gongjian.identity.requests import ActorRequest
from gongjian.parties.actions import confirm_contact, stop_notices
from gongjian.parties.confirming import contact_of
from gongjian.portal import queries, rules
from gongjian.web.paging import Page
from gongjian.web.parts import Crumb, Row, StateBadge, Tile
from gongjian.web.searching import sought
from gongjian.web.words import clock_words, english, weekday
from gongjian.workdays.clock import now
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import local_clock, local_day

OFTEN: Final = 5
ONE_DAY: Final = timedelta(days=1)
EMPTY_SEARCH: Final = 10
TILE_PLACES: Final = 100
MATTERS: Final = 20
BADGE_ICONS: Final = {
    Badge.HOLD: "x", Badge.INFO: "clock", Badge.LATE: "bounce", Badge.OK: "check-circle", Badge.SOON: "alert",
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """One subject of the search or the list: what it is, who answers, in how long, where to report or ask."""

    name: str
    unit: str
    term: str
    report_url: str
    ask_url: str


@dataclass(frozen=True)
class Today:
    name: str
    words: str
    badge: StateBadge
    icon: str


def own(thing: object | None) -> str:
    """Return name_zh or name_en in the reader's language."""
    return "" if thing is None else str(getattr(thing, "name_en" if english() else "name_zh"))


@guarded(anonymous=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: ActorRequest, mark: str) -> HttpResponseBase:
    """Let the owner of an address say that it is theirs, or that nothing more is to be sent; the mark came by a notice.

    Following the link changes nothing: programs that look at mail follow links too.
    """
    contact_id = contact_of(mark)
    if contact_id is None:
        raise Http404(mark)
    done = ""
    if request.method == "POST":
        done = "stopped" if "stop" in request.POST else "confirmed"
        if done == "stopped":
            stop_notices(contact_id=contact_id)
        else:
            confirm_contact(contact_id=contact_id, at=now())
    return render(request, "portal/confirm.html", {"done": done, "hotline": settings.HOTLINE_NUMBER})


@guarded(anonymous=True)
@require_safe
def home(request: ActorRequest) -> HttpResponseBase:
    """Search first, then the telephone, four tiles, notices, who is there today, how we are doing."""
    at = now()
    topics = _tiles(at)
    week = hotline.last_week(at)
    in_hand, overdue = hotline.counts(on_desk(Desk(units=None)), on_desk(Desk(units=None, late_at=at)))
    context = {
        "often": [(own(t), f"{reverse('portal:search')}?q={own(t)}") for t in topics[:OFTEN]],
        "tiles": _doors(),
        "notices": _notices(at),
        "today": _today(at),
        "at": at,
        "figures": [
            (_("收到"), f"{week.received:,}", _("近 7 天，电话和网上一起算")),
            (_("办结"), f"{week.closed:,}", _("近 7 天，包括当场答复")),
            (_("正在办"), _capped(in_hand), _("现在还没有办结的")),
            (_("正在超时"), _capped(overdue), _("现在有一步超过了期限的")),
        ],
    }
    return render(request, "portal/home.html", context)


def _capped(number: int) -> str:
    return f"{COUNT_CAP:,}+" if number > COUNT_CAP else f"{number:,}"


def _tiles(at: datetime) -> list[hotline.TopicRef]:
    leaves = hotline.catalogue(at).leaves
    return sorted((t for t in leaves if t.order < TILE_PLACES), key=lambda t: t.order)


def _doors() -> list[Tile]:
    report = reverse("hotline:report")
    return [
        Tile(_("反映问题"), report, "report", _("路灯、噪声、占道……不用注册，一分钟写完"), main=True),
        Tile(_("查进度"), reverse("hotline:track"), "track", _("凭件号和查询码，或手机尾号")),
        Tile(_("问政策"), f"{report}?kind=enquiry", "book", _("就业、社保、教育、卫生、交通")),
        Tile(_("找单位"), reverse("portal:services"), "care", _("哪件事归哪个单位，多久答复")),
    ]


@dataclass(frozen=True)
class Announced:
    """One notice in the reader's language, or in Chinese with the word that the English follows."""

    title: str
    body: str
    follows: bool
    starts_at: datetime


def _notices(at: datetime) -> list[Announced]:
    return [Announced(*one.words(english=english()), one.starts_at) for one in hotline.notices(at)]


def _today(at: datetime) -> list[Today]:
    hours = [
        rules.Hours(h.words_en if english() else h.words_zh, frozenset(h.weekdays), h.opens, h.closes)
        for h in hotline.hours(at)
    ]
    found = rules.desks_today(hours, at, calendar().is_working)
    return [_today_row(desk, at, first=nth == 0) for nth, desk in enumerate(found)]


def _today_row(desk: rules.Desk, at: datetime, *, first: bool) -> Today:
    spans = _("全天") if desk.all_day else _list(f"{clock_words(a)}–{clock_words(b)}" for a, b in desk.spans)
    words = (spans or _("今天不开")) + (f"　{desk.note}" if desk.note and not desk.all_day else "")
    if desk.open_now:
        badge = StateBadge("ok", _("接听中") if desk.all_day else _("开着"), "check-circle")
    else:
        badge = StateBadge("hold", _opens_words(desk.opens, local_day(at)), "clock")
    return Today(desk.name, words, badge, "phone" if first else "building")


def _opens_words(opens: datetime | None, today: date) -> str:
    """Say when somebody comes next."""
    if opens is None:
        return _("已下班")
    day, facts = local_day(opens), {"time": clock_words(local_clock(opens)), "day": weekday(local_day(opens))}
    if day == today:
        return _("现在没开，%(time)s 开门") % facts
    return (_("已下班，明天 %(time)s 开门") if day - today == ONE_DAY else _("已下班，%(day)s %(time)s 开门")) % facts


def _list(parts: Iterable[str]) -> str:
    return (", " if english() else "，").join(parts)


@guarded(anonymous=True)
@require_safe
def search(request: ActorRequest) -> HttpResponseBase:
    """Find subjects and notices by a few words; a case number leads to its page."""
    at, asked = now(), sought(request.GET)
    text = "" if asked.vain else asked.text
    number = read_number(text)
    if number.startswith(f"{settings.CASE_NUMBER_PREFIX}-"):
        return redirect(f"{reverse('hotline:track')}?number={number}")
    topics = _matching(text, at)
    notices = [n for n in _notices(at) if text and text.lower() in f"{n.title} {n.body}".lower()]
    context = {
        "q": text,
        "vain": asked.told("") if asked.vain else "",
        "words": asked.words,
        "found": [_found(t, at) for t in topics or _tiles(at)[:EMPTY_SEARCH]],
        "hit": bool(topics),
        "notices": notices,
        "report_url": f"{reverse('hotline:report')}",
        "crumbs": [Crumb(_("首页"), reverse("portal:home")), Crumb(_("搜索"))],
    }
    return render(request, "portal/search.html", context)


def _matching(text: str, at: datetime) -> list[hotline.TopicRef]:
    """Return the topics whose name, pinyin or initials hold the words, then those that share parts of them."""
    if not text:
        return []
    leaves = hotline.catalogue(at).leaves
    plain = text.lower().replace(" ", "")
    whole = [t for t in leaves if plain in f"{t.name_zh}|{t.name_en}|{t.pinyin}".lower().replace(" ", "")]
    near = hotline_rules.best_matches(text, subject_names(leaves), EMPTY_SEARCH)
    by_code = {t.code: t for t in leaves}
    return list(dict.fromkeys([*whole, *(by_code[code] for code in near)]))[:EMPTY_SEARCH]


def _found(topic: hotline.TopicRef, at: datetime) -> Found:
    report = reverse("hotline:report")
    key = topic.limit_key or "hotline.answer"
    term = term_words(book().term(key=key, urgency=0, day=local_day(at)).term)
    unit = own(units().by_id.get(topic.lead_unit_id)) if topic.lead_unit_id else ""
    if topic.lead_subdistrict:
        unit = _("所在街道办事处")
    ask = f"{report}?kind=enquiry&topic={topic.code}"
    return Found(own(topic), unit, term, f"{report}?topic={topic.code}", ask)


@guarded(anonymous=True)
@require_safe
def services(request: ActorRequest) -> HttpResponseBase:
    """List every subject with the body that answers and the term, by group."""
    at = now()
    known = hotline.catalogue(at)
    groups = [(own(group), [_found(t, at) for t in known.leaves if t.parent_id == group.id]) for group in known.groups]
    crumbs = [Crumb(_("首页"), reverse("portal:home")), Crumb(_("找单位"))]
    return render(request, "portal/services.html", {"groups": groups, "crumbs": crumbs})


@guarded(resident=True)
@require_safe
def matters(request: ActorRequest) -> HttpResponseBase:
    """List the signed-in resident's own matters of every kind, newest first."""
    person_id = request.actor.person_id
    before = request.GET.get("before", "")
    parties = (
        hotline.my_cases(
            person_id=person_id, before=int(before) if before.isascii() and before.isdigit() else None, size=MATTERS
        )
        if person_id is not None
        else []
    )
    shown = parties[:MATTERS]
    rows = [_matter(party.case) for party in shown]
    following = str(shown[-1].pk) if len(parties) > MATTERS else ""
    context = {
        "rows": rows,
        "page": Page(rows, following),
        "more_url": f"?before={following}",
        "crumbs": [Crumb(_("首页"), reverse("portal:home")), Crumb(_("我的事项"))],
    }
    return render(request, "portal/matters.html", context)


def _matter(case: Case) -> Row:
    kind = kind_of(case.kind)
    state = kind.state_of[case.state]
    look, word = told_to_applicant(state)
    return Row(
        title=case.title,
        url=_case_url(kind.track, case.number),
        meta=(case.number, str(kind.label)),
        badges=(StateBadge(look, word, BADGE_ICONS[look]),),
        text=str(state.public),
    )


def _case_url(track: str, number: str) -> str:
    """Return the page of one case: where a kind is looked up at `x:track`, one case stands at `x:track_case`."""
    try:
        return reverse(f"{track}_case", args=[number])
    except NoReverseMatch:
        return reverse(track) if track else ""


@guarded(resident=True)
@require_safe
def access(request: ActorRequest) -> HttpResponseBase:
    """Show the signed-in resident who looked at the own contact data, when and why."""
    person_id = request.actor.person_id
    found = told_of(touches_of_person(person_id)) if person_id is not None else []
    rows = [(one, _case_url(kind_of(one.kind).track, one.number)) for one in found]
    crumbs = [Crumb(_("首页"), reverse("portal:home")), Crumb(_("我的信息谁看过"))]
    return render(request, "portal/access.html", {"rows": rows, "crumbs": crumbs})


@guarded(anonymous=True)
@require_safe
def document(request: ActorRequest, document_id: int) -> HttpResponseBase:
    """Give a file to whom casework lets have it; everything else is not there."""
    parties: Sequence[int] = [proof.party_id for proof in proved(request).values() if proof.full]
    found = queries.document_for(document_id, actor=request.actor, proved_parties=parties)
    if found is None:
        raise Http404
    try:
        return file_response(found, inline=True, thumb="thumb" in request.GET)
    except FileNotFoundError as error:
        raise Http404 from error


@guarded(anonymous=True)
@require_safe
def privacy(request: ActorRequest) -> HttpResponse:
    crumbs = [Crumb(_("首页"), reverse("portal:home")), Crumb(_("隐私与更正"))]
    return render(request, "portal/privacy.html", {"crumbs": crumbs})


@guarded(anonymous=True)
@require_safe
def accessibility(request: ActorRequest) -> HttpResponse:
    crumbs = [Crumb(_("首页"), reverse("portal:home")), Crumb(_("无障碍说明"))]
    return render(request, "portal/accessibility.html", {"crumbs": crumbs})
