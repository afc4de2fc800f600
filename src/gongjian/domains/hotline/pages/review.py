"""The reviewer's list: answers that wait, nearest deadline first; the answer itself is read on the case page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gongjian.casework.access import restricted_units
from gongjian.casework.queries import COUNT_CAP
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.forms.staff import SOLVED
from gongjian.domains.hotline.pages.casefile import person_words
from gongjian.domains.hotline.pages.common import desk_nav, named, rows
from gongjian.domains.hotline.pages.keeping import bar, opening
from gongjian.domains.hotline.pages.listing import REVIEW, Listing, after_of, cursor_of
from gongjian.domains.hotline.queries import ToReview, submitted
from gongjian.domains.hotline.queries.everyday import unread_beside
from gongjian.identity.actor import Actor
from gongjian.identity.guard import guarded
from gongjian.identity.queries import units
from gongjian.identity.requests import ActorRequest
from gongjian.sealing.masking import hide_contacts
from gongjian.web.drawing import NOTHING, due_badge, moment
from gongjian.web.paging import page_of
from gongjian.web.parts import Filter, Option
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day

SIZE: Final = 50
SHOWN: Final = 120  # signs of an answer in the list


@dataclass(frozen=True, slots=True)
class Waiting:
    """One answer of the list."""

    id: int
    number: str
    title: str
    url: str
    due: SafeString
    topic: str
    text: str
    resolved: str
    unit: str
    by: str
    own: SafeString  # says that the reader wrote it
    written: SafeString


@dataclass(frozen=True, slots=True)
class View:
    """Which of the answers are shown, as the address says."""

    unit: int | None = None
    resolved: str = ""
    late: bool = False
    restricted: frozenset[int] | None = frozenset()  # as in `casework.queries.Desk`

    @property
    def query(self) -> str:
        facts = {"unit": self.unit or "", "resolved": self.resolved, "late": "1" if self.late else ""}
        return urlencode({name: value for name, value in facts.items() if value})

    def wanted(self, at: datetime) -> ToReview:
        return ToReview(self.unit, self.resolved, at if self.late else None, self.restricted)


def view_of(data: QueryDict, actor: Actor) -> View:
    """Return the view an address asks for; what it names wrongly is left out."""
    unit, resolved = data.get("unit", ""), data.get("resolved", "")
    known = {str(one.id): one.id for one in units().active}
    return View(
        known.get(unit), resolved if resolved in dict(SOLVED) else "", data.get("late") == "1", restricted_units(actor)
    )


def _filters(view: View) -> list[Filter]:
    held = [Option(str(one.id), named(one), one.id == view.unit) for one in units().active]
    solved = [Option(value, str(words), value == view.resolved) for value, words in SOLVED]
    return [
        Filter("unit", _("单位"), [Option("", _("全部单位")), *held]),
        Filter("resolved", _("单位说"), [Option("", _("不论解决没有")), *solved]),
        Filter("late", _("期限"), [Option("", _("不论期限")), Option("1", _("只看超时"), view.late)]),
    ]


@guarded(HotlineRight.CASE_REVIEW)
@require_GET
def review(request: ActorRequest) -> HttpResponse:
    """Show the answers that wait for review."""
    at = now()
    unread, beside = unread_beside(request.actor, "review", at)
    elsewhere = opening(request, beside, "review")
    if elsewhere is not None:
        return elsewhere
    view = view_of(request.GET, request.actor)
    found = page_of(
        list(submitted(view.wanted(at), after=after_of(request.GET.get("after", "")), size=SIZE)),
        SIZE,
        lambda one: cursor_of(one.case),
    )
    context = {
        "desk": desk_nav(request.actor, "review"),
        "unread": min(unread, COUNT_CAP),
        "waiting": _waiting(found.rows, request, at),
        "page": found,
        "more_url": f"?{view.query}&after={found.next}",
        "view": view,
        "filters": _filters(view),
        "keep": bar("review", beside, view.query, actor=request.actor, at=at),
    }
    return render(request, "hotline/review.html", context)


def _waiting(replies: Sequence, request: ActorRequest, at: datetime) -> list[Waiting]:  # type: ignore[type-arg]
    """Return the rows; pages may not name the table, so the answers come as they are."""
    query = Listing(REVIEW).query
    for reply in replies:
        reply.case.due_clock = reply.due_clock
    shown, today = rows([reply.case for reply in replies], at), local_day(at)
    mine = format_html(' <span class="badge badge--line">{}</span>', _("我写的"))
    return [
        Waiting(
            id=row.id,
            number=row.number,
            title=row.title,
            url=f"{row.url}?{query}",
            due=due_badge(row.due),
            topic=row.topic,
            text=_beginning(hide_contacts(reply.text)),
            resolved=str(reply.get_resolved_display()),
            unit=row.unit,
            by=person_words(reply.written_by),
            own=mine if reply.written_by_id == request.actor.user_id else NOTHING,
            written=moment(reply.written_at, today),
        )
        for row, reply in zip(shown, replies, strict=True)
    ]


def _beginning(text: str) -> str:
    return text[:SHOWN] + ("…" if len(text) > SHOWN else "")


routes: list[URLPattern] = [path("desk/review/", review, name="review")]
