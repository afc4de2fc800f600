"""Finding cases by words and facts, one index condition at a time; the same list as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gongjian.casework.access import restricted_units
from gongjian.casework.models import Case
from gongjian.casework.numbers import read_number
from gongjian.casework.queries import COUNT_CAP, Search, search
from gongjian.casework.queries import found as found_rows
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions.exporting import export_cases
from gongjian.domains.hotline.forms.search import Known, SearchForm
from gongjian.domains.hotline.pages.board_rows import as_json, topic_choices, unit_choices
from gongjian.domains.hotline.pages.common import chinese, desk_nav, named, rows
from gongjian.domains.hotline.pages.keeping import ALL, bar, opening
from gongjian.domains.hotline.queries import case_for, catalogue, counts, unread_rows
from gongjian.domains.hotline.queries.everyday import Beside, beside, beside_of
from gongjian.domains.hotline.queries.lists import recent, recent_rows
from gongjian.domains.hotline.workflow import KINDS, STATES
from gongjian.identity.actor import Actor
from gongjian.identity.guard import guarded
from gongjian.identity.queries import units
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rights import Forbidden
from gongjian.places.queries import communities
from gongjian.web.downloads import attachment
from gongjian.web.paging import BadCursor, decode, encode, page_of
from gongjian.web.parts import Filter, Option
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day, midnight

SIZE: Final = 50
OPEN, ENDED = "open", "ended"
KEYS: Final = tuple(k.key for k in KINDS)
GROUPS: Final = {
    OPEN: tuple(s.name for s in STATES if s.open),
    ENDED: tuple(s.name for s in STATES if not s.open),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: the search itself, and the values as its fields show them."""

    form: SearchForm
    wanted: Search | None  # None where a field names what does not exist
    chosen: dict[str, str]  # of the drop-downs

    @property
    def query(self) -> str:
        facts = {name: str(self.form[name].value() or "") for name in ("q", "topic", "unit", "since", "until")}
        return urlencode({name: value for name, value in {**facts, **self.chosen}.items() if value})


def asked(data: QueryDict, actor: Actor, right: HotlineRight, at: Any) -> Asked:
    """Read a search from its address; units out of reach are left out, so that nothing is found in them."""
    known_ones = _listed(at)
    form = SearchForm(
        {name: _named(data.get(name, ""), known_ones.get(name)) for name in SearchForm.base_fields},
        topics=known_ones["topic"],
        units=known_ones["unit"],
        auto_id="search-%s",
    )
    known = {
        "state": {*GROUPS, *(s.name for s in STATES)},
        "kind": {key.partition(".")[2] for key in KEYS},
        "community": {str(c.id) for c in communities()},
        "late": {"1"},
        "leads": {"1"},
    }
    given = {name: str(data.get(name, "")) for name in known}
    chosen = {name: value if value in known[name] else "" for name, value in given.items()}
    if not form.is_valid():
        return Asked(form, None, chosen)
    topic, unit = form.cleaned_data["topic"], form.cleaned_data["unit"]
    reach = None if actor.can(HotlineRight.CASE_READ_ALL) else actor.units_with(right)
    units = reach if unit is None else frozenset({unit}) if reach is None else reach & {unit}
    wanted = Search(
        text=form.cleaned_data["q"],
        units=units,
        states=GROUPS.get(chosen["state"], (chosen["state"],) if chosen["state"] else ()),
        topics=(topic,) if topic is not None else (),
        kinds=(f"hotline.{chosen['kind']}",) if chosen["kind"] else KEYS,
        communities=(int(chosen["community"]),) if chosen["community"] else (),
        late_at=at if chosen["late"] else None,
        restricted=restricted_units(actor),
        since=_midnight(form.cleaned_data["since"]),
        until=_midnight(form.cleaned_data["until"], days=1),
        leads=bool(chosen["leads"]),
    )
    return Asked(form, wanted, chosen)


def link_to(facts: Mapping[str, str], span: tuple[date, date] | None = None) -> str:
    """Return the address of the search for these facts, opened in a span of days, both ends included.

    A topic and a unit go by their codes: names change with the reader's language, and two may have the same.
    """
    days = {"since": span[0].isoformat(), "until": span[1].isoformat()} if span else {}
    query = urlencode({name: value for name, value in {**facts, **days}.items() if value})
    return f"{reverse('hotline:search')}?{query or ALL}"


def _listed(at: datetime) -> dict[str, Known]:
    topics, every_unit = catalogue(at).topics.values(), units().all
    return {
        "topic": Known(topic_choices(at), {topic.code: topic.id for topic in topics}),
        "unit": Known(unit_choices(), {unit.code: unit.id for unit in every_unit}),
    }


def _named(given: str, known: Known | None) -> str:
    """Return the name of what a link names by its code, as one would type it; the code where a name would not do."""
    if known is None or given not in known.codes:
        return given
    alike = [choice for choice in known.choices if choice.value == known.codes[given]]
    names = [choice.label for choice in alike if sum(other.fits(choice.label) for other in known.choices) == 1]
    return next((name for name in names if name not in known.codes), given)


def _midnight(day: date | None, days: int = 0) -> datetime | None:
    return None if day is None else midnight(day + timedelta(days=days))


def may_search(actor: Actor) -> bool:
    return actor.can(HotlineRight.CASE_READ_ALL) or actor.can(HotlineRight.CASE_READ_UNIT)


@guarded()
@require_GET
def find(request: ActorRequest) -> HttpResponse:
    """Show what was found; a number goes straight to its case."""
    at, actor = now(), request.actor
    if not may_search(actor):
        raise Forbidden(HotlineRight.CASE_READ_UNIT)
    number = read_number(request.GET.get("q", ""))
    if number and case_for(actor=actor, number=number) is not None:
        return redirect(reverse("hotline:case", args=[number]))
    what = asked(request.GET, actor, HotlineRight.CASE_READ_UNIT, at)
    found, n, unread, beside_it = _found(what.wanted, before_of(request.GET.get("after", "")), actor, at)
    elsewhere = opening(request, beside_it, "search")
    if elsewhere is not None:
        return elsewhere
    page = page_of(found, SIZE, lambda case: encode([case.pk]))
    may_take = actor.can(HotlineRight.CASE_EXPORT) and what.wanted is not None and bool(found)
    context = {
        "desk": desk_nav(actor, "search"),
        "unread": unread,
        "form": what.form,
        "filters": _filters(what),
        "rows": rows(page.rows, at),
        "page": page,
        "more_url": f"?{what.query}&after={page.next}",
        "query": what.query,
        "count": count_words(n),
        "number": number,
        "narrowed": bool(what.query),
        "everything": actor.can(HotlineRight.CASE_READ_ALL),
        "keep": bar("search", beside_it, what.query, actor=actor, at=at, takes=may_take),
        "unit_json": as_json(unit_choices()),
        "topic_json": as_json(topic_choices(at)),
    }
    status = HTTPStatus.OK if what.wanted is not None else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "hotline/search.html", context, status=status)


def _found(
    wanted: Search | None, before: int | None, actor: Actor, at: datetime
) -> tuple[Sequence[Case], int, int, Beside]:
    """Return one row more than a page, how many there are up to the cap, the unread notices, and what stands beside.

    Two statements; the first page counts itself where it holds everything.
    """
    unread, part = unread_rows(actor.user_id), beside(actor, "search", at)
    if wanted is None:
        n_unread, found = counts(unread, beside=part)
        return [], 0, min(n_unread, COUNT_CAP), beside_of(found)
    if wanted.text or wanted.topics:
        # Words and a topic leave few; the search vector answers all conditions at once.
        held = search(wanted, before=before, size=SIZE)
        rows_found: tuple[QuerySet[Any], ...] = (found_rows(wanted),)
    else:
        held = recent(wanted, before=before, size=SIZE)
        rows_found = recent_rows(wanted)
    whole = before is None and len(held) <= SIZE
    *ns, n_unread, found = counts(*(() if whole else rows_found), unread, beside=part)
    return held, len(held) if whole else sum(ns), min(n_unread, COUNT_CAP), beside_of(found)


def before_of(cursor: str) -> int | None:
    """Return the id after which the page goes on; a cursor that is none begins at the top."""
    if not cursor:
        return None
    try:
        (value,) = decode(cursor, 1)
    except BadCursor:
        return None
    return value if isinstance(value, int) and 0 < value < 1 << 62 else None


def count_words(n: int) -> str:
    """Return an honest number: exact up to the cap, then that there are more."""
    return f"{COUNT_CAP:,}+" if n > COUNT_CAP else f"{n:,}"


def _filters(what: Asked) -> list[Filter]:
    states = [(OPEN, _("在办的")), (ENDED, _("办结的")), *((s.name, str(s.label)) for s in STATES)]
    kinds = [(k.key.partition(".")[2], str(k.label)) for k in KINDS]
    places = [(str(c.id), named(c)) for c in communities()]
    lists = (
        ("state", _("状态"), _("全部状态"), states),
        ("kind", _("类型"), _("全部类型"), kinds),
        ("community", _("社区"), _("全部社区"), places),
        ("late", _("期限"), _("不论期限"), [("1", _("已超时"))]),
        ("leads", _("承办"), _("主办和协办"), [("1", _("只看主办"))]),
    )
    return [
        Filter(name, label, [Option("", anything), *(Option(v, w, v == what.chosen[name]) for v, w in options)])
        for name, label, anything, options in lists
    ]


@guarded(HotlineRight.CASE_EXPORT)
@require_GET
def export(request: ActorRequest) -> HttpResponse | StreamingHttpResponse:
    """Hand out the searched list as a file."""
    at = now()
    what = asked(request.GET, request.actor, HotlineRight.CASE_EXPORT, at)
    if what.wanted is None:
        return redirect(f"{reverse('hotline:search')}?{what.query}")
    chunks = export_cases(wanted=what.wanted, language="zh" if chinese() else "en", actor=request.actor, at=at)
    name = _("热线件 %(day)s") % {"day": local_day(at)}
    headers = {"Content-Disposition": attachment(name)}
    return StreamingHttpResponse(chunks, content_type="text/csv; charset=utf-8", headers=headers)


routes: list[URLPattern] = [
    path("desk/search/", find, name="search"),
    path("desk/search/export/", export, name="export"),
]
