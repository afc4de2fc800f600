"""The job behind every move that tells somebody: who is in its audience, and the words for them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.urls import NoReverseMatch, reverse
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from gongjian.casework.access import CaseworkRight
from gongjian.casework.actions import TELL_QUEUE, TELL_TASK
from gongjian.casework.kinds import Audience, CaseKind, Move, kind_of
from gongjian.casework.models import Case, CaseEvent, CaseParty
from gongjian.casework.queries import clocks
from gongjian.identity.models import Assignment
from gongjian.identity.queries import units
from gongjian.notify.actions import send
from gongjian.notify.models import Urgency
from gongjian.notify.recipients import Recipient, ToContact, ToUnit, ToUser
from gongjian.workdays.clock import now

# In these audiences everybody of the district who holds the right is told; in others those of the holding unit.
DISTRICT: Final = frozenset({Audience.CALLBACK, Audience.DISPATCHERS, Audience.REVIEWERS, Audience.SUPERVISORS})


@app.task(name=TELL_TASK, queue=TELL_QUEUE, retry=RetryStrategy(max_attempts=5, wait=5, exponential_wait=3))
def tell(event_id: int) -> None:
    """Tell the audience of one event; a second run tells nobody twice."""
    tell_event(event_id, at=now())


def tell_event(event_id: int, *, at: datetime) -> int:
    """Queue the messages of one event and return how many; none of an event that went with its case."""
    event = (
        CaseEvent.objects.select_related("case", "case__request", "unit", "to_unit", "actor")
        .prefetch_related("texts")
        .filter(pk=event_id)
        .first()
    )
    if event is None:
        return 0
    kind = kind_of(event.case.kind)
    move = kind.move_of[event.move]
    context = _context(event, kind, move)
    sent = 0
    for recipient, group, link in _recipients(event, kind, move):
        name = f"{move.name}_{group}" if group == "applicant" else "staff"
        sent += send(
            recipient=recipient,
            template=f"{kind.domain}/{name}",
            context=context,
            link=link,
            dedupe=f"event-{event.pk}",
            at=at,
            urgency=Urgency.URGENT if event.case.urgency else Urgency.ORDINARY,
        )
    return sent


def _recipients(event: CaseEvent, kind: CaseKind, move: Move) -> Iterator[tuple[Recipient, str, str]]:
    case = event.case
    inside = _link(f"{kind.domain}:case", case.number)
    readers = _readers(case, move) if case.restricted else ()
    yield from ((reader, "staff", inside) for reader in readers)
    for audience in move.audience:
        if audience is Audience.APPLICANT:
            parties = CaseParty.objects.filter(case=case, notify=True).exclude(contact=None)
            track = _link(kind.track)
            yield from ((ToContact(p.contact_id), "applicant", track) for p in parties if p.contact_id)
        elif case.restricted:
            continue
        elif audience is Audience.HOLDER:
            if case.holder_id is not None and case.holder_id != event.actor_id:
                yield ToUser(case.holder_id), "staff", inside
        elif audience in DISTRICT:
            right = kind.audiences[audience]
            yield from ((ToUnit(unit, right), "staff", inside) for unit in _units_with(right))
        elif case.holder_unit_id is not None:
            yield ToUnit(case.holder_unit_id, kind.audiences[audience]), "staff", inside


def _readers(case: Case, move: Move) -> Iterator[ToUnit]:
    """Yield who is told of a restricted case instead of its audience: for the holder, the unit's named handlers.

    For everybody else, its head included, the district's readers: they get the notices that a term is over.
    """
    staff = set(move.audience) - {Audience.APPLICANT}
    if staff & {Audience.HOLDER, Audience.HOLDER_UNIT} and case.holder_unit_id is not None:
        yield ToUnit(case.holder_unit_id, CaseworkRight.RESTRICTED_READ)
    if staff - {Audience.HOLDER, Audience.HOLDER_UNIT}:
        right = CaseworkRight.RESTRICTED_READ_ALL
        yield from (ToUnit(unit, right) for unit in _units_with(right))


def _units_with(right: str) -> list[int]:
    rows = Assignment.objects.filter(role__rights__right=right).order_by("unit").values_list("unit", flat=True)
    return list(rows.distinct())


def _link(name: str, *args: str) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _context(event: CaseEvent, kind: CaseKind, move: Move) -> dict[str, Any]:
    """Return what the templates may say; a staff member's name is never told to the public."""
    case = event.case
    words = {text.public: text.body for text in event.texts.all()}
    holder = units().by_id.get(case.holder_unit_id) if case.holder_unit_id else None
    return {
        "number": case.number,
        "title": case.title,
        "kind": kind.label,
        "move": move.past,  # as the resident reads it
        "act": move.label,  # as staff say it
        "state": kind.state_of[event.after].label,
        "unit_zh": holder.name_zh if holder else "",
        "unit_en": holder.name_en if holder else "",
        "due_at": event.due_at,
        "dues": {clock.name: clock.due_at for clock in clocks(case.pk) if clock.stopped_at is None},
        "words": words.get(True, ""),
        "inside_words": words.get(False, ""),
        "request": case.request,
    }
