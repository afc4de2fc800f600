"""The department's list: what I hold, what my unit holds, what we help with; nearest deadline first."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from gongjian.casework.errors import CaseError, IllegalMoveError, StaleCaseError
from gongjian.casework.models import Case
from gongjian.casework.queries import COUNT_CAP
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions.handling import decide_extension, sign
from gongjian.domains.hotline.pages.common import (
    as_read,
    case_or_404,
    chinese,
    desk_nav,
    rows,
    stale_words,
)
from gongjian.domains.hotline.pages.keeping import bar, opening
from gongjian.domains.hotline.pages.listing import (
    AWAITED,
    PENDING,
    SHARED,
    UNIT,
    Listing,
    after_of,
    cursor_of,
    listing_of,
    of_desk,
    tab_words,
    tabs_of,
)
from gongjian.domains.hotline.queries import Listed, catalogue, on_list, sizes
from gongjian.domains.hotline.queries.everyday import Beside, beside, beside_of
from gongjian.domains.hotline.workflow import STATES
from gongjian.identity.actor import Actor
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rights import Forbidden
from gongjian.places.queries import communities
from gongjian.web.drawing import due_badge, fact_line, moment, options, state_badge
from gongjian.web.paging import page_of
from gongjian.web.parts import StateBadge, Tab
from gongjian.workdays.clock import now
from gongjian.workdays.rules import is_over, local_day, midnight

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MOST_AT_ONCE: Final = 50
SOON_DAYS: Final = 3
NUMBER: Final = re.compile(r"[A-Za-z0-9-]{1,20}")


class Line(NamedTuple):
    """One row of the list: who holds it, and whether it can be signed from here."""

    id: int
    number: str
    title: str
    url: str
    due_at: datetime | None
    due: SafeString
    state: SafeString
    holder: SafeString
    choice: SafeString  # the box that selects it for the batch
    why: str  # where it is said why the case is here
    facts: SafeString  # beside the number
    opened: SafeString


@dataclass(frozen=True, slots=True)
class Filter:
    """One drop-down: its options are drawn."""

    name: str
    label: str
    options: SafeString


@dataclass(frozen=True, slots=True)
class Band:
    words: str
    late: bool
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case of a batch."""

    number: str
    url: str
    badge: StateBadge
    words: str


@dataclass(frozen=True, slots=True)
class Batch:
    """An act on several cases at once, and how its results are told."""

    run: Callable[[Case, Actor, datetime], object]
    heading: "_StrPromise"
    done: "_StrPromise"
    failed: "_StrPromise"
    no_right: "_StrPromise"
    too_late: "_StrPromise"


BATCHES: Final = {
    "sign": Batch(
        lambda case, actor, at: sign(case=case, actor=actor, at=at),
        gettext_lazy("签收结果"),
        gettext_lazy("已签收"),
        gettext_lazy("没有签收"),
        gettext_lazy("您在这个单位没有签收的权限。"),
        gettext_lazy("已经不是待签收，可能别人先签了。"),
    ),
    "approve": Batch(
        lambda case, actor, at: decide_extension(case=case, granted=True, reason="", actor=actor, at=at),
        gettext_lazy("批延期的结果"),
        gettext_lazy("已同意"),
        gettext_lazy("没有批"),
        gettext_lazy("这一次延期不由您批。"),
        gettext_lazy("已经不在等批，可能别人先批了。"),
    ),
}


@guarded(HotlineRight.CASE_READ_UNIT)
@require_http_methods(["GET", "POST"])
def inbox(request: ActorRequest) -> HttpResponse:
    """Show the list; a POST signs or approves the selected cases first, each with its own result."""
    at = now()
    results: list[Result] = []
    batch = BATCHES["approve" if request.POST.get("act") == "approve" else "sign"]
    if request.method == "POST":
        chosen = list(dict.fromkeys(request.POST.getlist("case")))[:MOST_AT_ONCE]
        results = [_do_one(batch, one, request.actor, at) for one in chosen]
    actor = request.actor
    listing = of_desk(listing_of(request.GET, actor), request.GET, actor, at)
    tabs, unread, beside = _tabs(actor, listing, at)
    elsewhere = opening(request, beside, "inbox")
    if elsewhere is not None:
        return elsewhere
    found = page_of(_fetch(listing, actor, request.GET.get("after", ""), at), listing.size, cursor_of)
    context = {
        "desk": desk_nav(actor, "inbox"),
        "unread": unread,
        "tabs": tabs,
        "listing": listing,
        "heading": tab_words()[listing.tab],
        "bands": _bands(found.rows, listing, actor, at),
        "page": found,
        "more_url": f"?{listing.query}&after={found.next}",
        "filters": [] if listing.tab == SHARED else _filters(listing, at),
        "orders_url": reverse("hotline:orders"),
        "may_sign": _holds(found.rows, "dispatched", actor.units_with(HotlineRight.CASE_SIGN)),
        "may_approve": listing.tab == PENDING and bool(found.rows),
        "results": results,
        "results_words": batch.heading,
        "unchosen": request.method == "POST" and not results,
        "all_url": f"?tab={UNIT}",
        "keep": bar("inbox", beside, listing.query, actor=actor, at=at, chosen=listing.whose),
        "at": at,
    }
    return render(request, "hotline/inbox.html", context)


def _fetch(listing: Listing, actor: Actor, cursor: str, at: datetime) -> list[Listed]:
    """Return one row more than a page: one statement of one shape for each list."""
    return on_list(listing.desk(actor, at), helping=actor.units, after=after_of(cursor), size=listing.size)


def _tabs(actor: Actor, listing: Listing, at: datetime) -> tuple[list[Tab], int, Beside]:
    """Return the tabs with their counts, how many notices are unread, and what stands beside: one statement."""
    known = tabs_of(actor)
    whose = {"whose": listing.whose, "absent": listing.absent, "own_units": listing.own_units}
    desks = [Listing(tab, **whose).desk(actor, at) for tab in known]  # type: ignore[arg-type]
    *found, beside_them = sizes(desks, helping=actor.units, user_id=actor.user_id, beside=beside(actor, "inbox", at))
    inbox_url = reverse("hotline:inbox")
    words, icons = tab_words(), {AWAITED: "clock", SHARED: "users", PENDING: "hourglass"}
    made = [
        Tab(
            words[tab],
            f"{inbox_url}?{Listing(tab, whose=listing.whose).query}",
            count=n,
            most=COUNT_CAP,
            current=tab == listing.tab,
            late=tab == PENDING and n > 0,
            icon=icons.get(tab, ""),
        )
        for tab, n in zip(known, found, strict=False)
    ]
    return made, min(found[-1], COUNT_CAP), beside_of(beside_them)


def _bands(cases: Sequence[Listed], listing: Listing, actor: Actor, at: datetime) -> list[Band]:
    """Return the rows under headings: over, today, soon, later."""
    lines = _lines(cases, listing, actor, at)
    words = {"late": _("已超时"), "today": _("今天到期"), "soon": _("三天内到期"), "later": _("以后到期")}
    # A term that ends with a day ends at the midnight after it.
    day_ends = midnight(local_day(at)) + timedelta(days=1)
    ends = {"today": day_ends, "soon": day_ends + timedelta(days=SOON_DAYS)}

    def band(line: Line) -> str:
        due_at = line.due_at
        if due_at is not None and is_over(due_at, at):
            return "late"
        return next((name for name, end in ends.items() if due_at is not None and due_at <= end), "later")

    return [Band(words[name], name == "late", list(group)) for name, group in groupby(lines, band)]


def _lines(cases: Sequence[Listed], listing: Listing, actor: Actor, at: datetime) -> list[Line]:
    """Return the rows drawn: what many rows share is drawn once."""
    query, today = listing.query, local_day(at)
    english = not chinese()
    label = escape(_("选中 %(number)s"))
    nobody = format_html('<span class="soft">{}</span>', _("还没有经办人"))
    mine, other = format_html("<b>{}</b>", _("我")), format_html("{}", _("别人在办"))
    closed = _("限制查看")
    return [
        Line(
            id=row.id,
            number=row.number,
            title=row.title,
            url=f"{row.url}?{query}",
            due_at=row.due_at,
            due=due_badge(row.due),
            state=state_badge(row.state),
            holder=nobody if case.holder_id is None else mine if case.holder_id == actor.user_id else other,
            choice=_choice(case, label),
            why=f"{row.url}why/",
            facts=fact_line((row.kind, row.topic, row.community, *([closed] if case.restricted else [])), english),
            opened=moment(row.opened_at, today, english=english),
        )
        for row, case in zip(rows(cases, at), cases, strict=True)
    ]


def _choice(case: Listed, label: str) -> SafeString:
    """Draw the box that selects a case for the batch; `label` is escaped already."""
    number = escape(case.number)
    words = label % {"number": number}
    box = f'<input type="checkbox" name="case" value="{number}:{case.version}" aria-label="{words}">'
    return mark_safe(f'<label class="hit">{box}</label>')  # noqa: S308 - every value is escaped above


def _filters(listing: Listing, at: datetime) -> list[Filter]:
    topics, name = catalogue(at), "name_zh" if chinese() else "name_en"
    states = [s for s in STATES if s.open]
    return [
        _filter("state", _("状态"), _("全部状态"), ((s.name, str(s.label)) for s in states), listing.state),
        _filter(
            "topic",
            _("类别"),
            _("全部类别"),
            ((str(t.id), getattr(t, name)) for t in topics.leaves),
            str(listing.topic or ""),
        ),
        _filter(
            "community",
            _("社区"),
            _("全部社区"),
            ((str(c.id), getattr(c, name)) for c in communities()),
            str(listing.community or ""),
        ),
        _filter("late", _("期限"), _("不论期限"), [("1", _("只看超时"))], "1" if listing.late else ""),
    ]


def _filter(name: str, label: str, every: str, pairs: Iterable[tuple[str, str]], chosen: str) -> Filter:
    return Filter(name, label, options((("", every), *pairs), chosen))


def _holds(cases: Sequence[Listed], state: str, units: frozenset[int]) -> bool:
    """Whether the page shows a case in this state that one of these units holds: else its button does not belong."""
    return any(case.state == state and case.holder_unit_id in units for case in cases)


def _do_one(batch: Batch, choice: str, actor: Actor, at: datetime) -> Result:
    """Do the act of a batch on one case and say what came of it; one that fails keeps no other from being done."""
    number, _colon, version = choice.partition(":")
    number = number if NUMBER.fullmatch(number) else ""
    url = reverse("hotline:case", args=[number]) if number else ""
    done, failed = StateBadge("ok", str(batch.done), "check-circle"), StateBadge("late", str(batch.failed), "alert")
    try:
        case = as_read(case_or_404(actor, number), version)
        batch.run(case, actor, at)
    except Http404:
        return Result(number, "", failed, _("没有这一件，或不归本单位。"))
    except Forbidden:
        return Result(number, url, failed, str(batch.no_right))
    except StaleCaseError as error:
        return Result(number, url, failed, stale_words(error.change, at))
    except IllegalMoveError:
        return Result(number, url, failed, str(batch.too_late))
    except CaseError as error:
        return Result(number, url, failed, str(error))
    return Result(number, url, done, case.title)


routes: list[URLPattern] = [path("desk/inbox/", inbox, name="inbox")]
