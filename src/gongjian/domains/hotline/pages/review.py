"""The reviewer's list: answers that wait, nearest deadline first; the answer itself is read on the case page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET

from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.pages.casefile import person_words
from gongjian.domains.hotline.pages.common import CaseRow, frame, rows
from gongjian.domains.hotline.pages.listing import REVIEW, Listing, after_of, cursor_of
from gongjian.domains.hotline.queries import submitted
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.web.paging import page_of
from gongjian.workdays.clock import now

SIZE: Final = 50
SHOWN: Final = 120  # signs of an answer in the list


@dataclass(frozen=True, slots=True)
class Waiting:
    """One answer of the list."""

    row: CaseRow
    url: str
    text: str
    by: str
    resolved: str
    written_at: datetime
    own: bool


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
    shown = rows([reply.case for reply in replies], at)
    return [
        Waiting(
            row=row,
            url=f"{row.url}?{query}",
            text=reply.text[:SHOWN] + ("…" if len(reply.text) > SHOWN else ""),
            by=person_words(reply.written_by),
            resolved=str(reply.get_resolved_display()),
            written_at=reply.written_at,
            own=reply.written_by_id == request.actor.user_id,
        )
        for row, reply in zip(shown, replies, strict=True)
    ]


routes: list[URLPattern] = [path("desk/review/", review, name="review")]
