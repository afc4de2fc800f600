"""What the resident may do with the own matter, once the receipt code, the phone or the sign-in has proved it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from gongjian.casework.actions import Change, Moved, move
from gongjian.casework.errors import IllegalMoveError, RefusedError
from gongjian.casework.kinds import kind_of
from gongjian.casework.limits import book
from gongjian.casework.models import Case
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.domains.hotline.queries import request_of
from gongjian.identity.actor import Actor
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import due, local_day, local_moment

LONGEST: Final = 2_000


def add(*, case: Case, text: str, as_party: int, actor: Actor, at: datetime, documents: Sequence[int] = ()) -> Moved:
    """Add words or photos; where the unit waits for them, the clock runs again."""
    text = _words(text, documents)
    name = "supplement" if case.state == "waiting_citizen" else "add"
    change = Change(public_text=text, documents=documents)
    return move(kind=kind_of(case.kind), case=case, name=name, change=change, actor=actor, at=at, as_party=as_party)


def urge_opens(*, case: Case, request: ServiceRequest, at: datetime) -> datetime:
    """Return from when the resident may urge: after half the time, then once in the gap of the terms."""
    gap = _span("hotline.urge", at)
    return rules.urge_from(case.opened_at, case.due_at, request.last_urged_at, gap)


def urge(*, case: Case, as_party: int, actor: Actor, at: datetime, text: str = "") -> Moved:
    """Urge the unit and its supervisor. Errors: `RefusedError` before half the time or within 24 hours."""
    request = request_of(case)
    opens = urge_opens(case=case, request=request, at=at)
    if at < opens:
        raise RefusedError(
            "urge", _("现在还不能催，%(day)s 以后可以。") % {"day": f"{local_moment(opens):%m-%d %H:%M}"}
        )
    change = Change(public_text=text.strip()[:300], detail={"last_urged_at": at})
    return move(kind=kind_of(case.kind), case=case, name="urge", change=change, actor=actor, at=at, as_party=as_party)


def reopen_until(*, case: Case, at: datetime) -> datetime | None:
    """Return until when the resident may ask for a review of a closed case."""
    if case.closed_at is None:
        return None
    day = local_day(at)
    term = book().term(key="hotline.reopen", urgency=Case.Urgency.ORDINARY, day=day).term
    return due(term, case.closed_at, calendar()).at


def ask_again(*, case: Case, text: str, as_party: int, actor: Actor, at: datetime) -> Moved:
    """Ask for a review within the term after closing, with new facts; the same unit looks again."""
    text = _words(text, ())
    until = reopen_until(case=case, at=at)
    if until is None:
        raise IllegalMoveError(move="reopen", state=case.state)
    if at >= until:
        raise RefusedError("text", _("已经过了可以要求复核的期限。有新情况，请重新反映，或打 12349。"))
    name = "ask_again" if case.state == "answered" else "reopen"
    return move(
        kind=kind_of(case.kind),
        case=case,
        name=name,
        change=Change(public_text=text),
        actor=actor,
        at=at,
        as_party=as_party,
    )


def cancel(*, case: Case, reason: str, as_party: int, actor: Actor, at: datetime) -> Moved:
    """Withdraw the matter; possible until the answer."""
    change = Change(public_text=reason.strip()[:300], detail={"outcome": ServiceRequest.Outcome.CANCELLED})
    return move(kind=kind_of(case.kind), case=case, name="cancel", change=change, actor=actor, at=at, as_party=as_party)


def _words(text: str, documents: Sequence[int]) -> str:
    text = text.strip()
    if not text and not documents:
        raise RefusedError("text", _("写几句，或附一张照片。"))
    if len(text) > LONGEST:
        raise RefusedError("text", _("写得太长了，最多 2000 字。"))
    return text


def _span(key: str, at: datetime) -> timedelta:
    day = local_day(at)
    return rules.span(book().term(key=key, urgency=Case.Urgency.ORDINARY, day=day).term)
