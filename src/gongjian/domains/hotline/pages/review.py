"""The reviewer's list: answers that wait, nearest deadline first; the answer itself is read on the case page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.pages.casefile import person_words
from gongjian.domains.hotline.pages.common import frame, rows
from gongjian.domains.hotline.pages.listing import REVIEW, Listing, after_of, cursor_of
from gongjian.domains.hotline.queries import submitted
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.web.drawing import NOTHING, due_badge, moment
from gongjian.web.paging import page_of
from gongjian.workdays.clock import now
from gongjian.workdays.rules import SHANGHAI

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


@guarded(HotlineRight.CASE_REVIEW)
@require_GET
def review(request: ActorRequest) -> HttpResponse:
    """Show the answers that wait for review."""
    at = now()
    found = page_of(
        list(submitted(after=after_of(request.GET.get("after", "")), size=SIZE)), SIZE, lambda one: cursor_of(one.case)
    )
    context = {
        **frame(request.actor, "review"),
        "waiting": _waiting(found.rows, request, at),
        "page": found,
        "more_url": f"?after={found.next}",
    }
    return render(request, "hotline/review.html", context)


def _waiting(replies: Sequence, request: ActorRequest, at: datetime) -> list[Waiting]:  # type: ignore[type-arg]
    """Return the rows; pages may not name the table, so the answers come as they are."""
    query = Listing(REVIEW).query
    shown, today = rows([reply.case for reply in replies], at), at.astimezone(SHANGHAI).date()
    mine = format_html(' <span class="badge badge--line">{}</span>', _("我写的"))
    return [
        Waiting(
            id=row.id,
            number=row.number,
            title=row.title,
            url=f"{row.url}?{query}",
            due=due_badge(row.due),
            topic=row.topic,
            text=reply.text[:SHOWN] + ("…" if len(reply.text) > SHOWN else ""),
            resolved=str(reply.get_resolved_display()),
            unit=row.unit,
            by=person_words(reply.written_by),
            own=mine if reply.written_by_id == request.actor.user_id else NOTHING,
            written=moment(reply.written_at, today),
        )
        for row, reply in zip(shown, replies, strict=True)
    ]


routes: list[URLPattern] = [path("desk/review/", review, name="review")]
