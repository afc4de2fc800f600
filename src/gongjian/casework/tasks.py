"""The job behind every move that tells somebody: who is in its audience, and the words for them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from gongjian.casework.access import CaseworkRight
from gongjian.casework.actions import TELL_QUEUE, TELL_TASK
from gongjian.casework.kinds import Audience, CaseKind, Move, kind_of
from gongjian.casework.models import CaseEvent, CaseParty
from gongjian.casework.queries import clocks
from gongjian.identity.models import Assignment
from gongjian.identity.queries import units
from gongjian.notify.actions import send
from gongjian.notify.models import Urgency
from gongjian.notify.recipients import Recipient, ToContact, ToUnit, ToUser
from gongjian.sealing.masking import hide_contacts
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_moment

# In these audiences everybody of the district who holds the right is told; in others those of the holding unit.
DISTRICT: Final = frozenset({Audience.CALLBACK, Audience.DISPATCHERS, Audience.REVIEWERS, Audience.SUPERVISORS})


@app.task(name=TELL_TASK, queue=TELL_QUEUE, retry=RetryStrategy(max_attempts=5, wait=5, exponential_wait=3))
def tell(event_id: int) -> None:
    """Tell the audience of one event; a second run tells nobody twice."""
    tell_event(event_id, at=now())


def tell_event(event_id: int, *, at: datetime) -> int:
    """Queue the messages of one event and return how many; none of an event that went with its case."""
    event = (
        CaseEvent.objects.select_related("case", "case__request", "unit", "to_unit", "actor", "party")
        .prefetch_related("texts")
        .filter(pk=event_id)
        .first()
    )
    if event is None:
        return 0
    kind = kind_of(event.case.kind)
    move = kind.move_of[event.move]
    context = _context(event, kind, move)
    inside = context | {name: hide_contacts(context[name]) for name in ("words", "inside_words")}
    sent = 0
    for recipient, group, link in _recipients(event, kind, move):
        name = f"{move.name}_{group}" if group == "applicant" else group
        sent += send(
            recipient=recipient,
            template=f"{kind.domain}/{name}",
            context=inside if group == "staff" else context,  # no contact data without a purpose
            link=link,
            dedupe=f"event-{event.pk}" if group != Audience.OWN_ACT else _within_the_hour(event),
            at=at,
            urgency=Urgency.URGENT if event.case.urgency else Urgency.ORDINARY,
        )
    return sent


def _recipients(event: CaseEvent, kind: CaseKind, move: Move) -> Iterator[tuple[Recipient, str, str]]:
    case = event.case
    inside = _link(f"{kind.domain}:case", case.number)
    unit = event.to_unit_id or event.from_unit_id  # of what was taken from a unit, that one is told
    readers = _readers(unit, move) if case.restricted else ()
    yield from ((reader, "staff", inside) for reader in readers)
    for audience in move.audience:
        if audience in {Audience.APPLICANT, Audience.OWN_ACT}:
            yield from ((one, audience.value, _link(kind.track)) for one in _residents(event, audience))
        elif case.restricted:
            continue
        elif audience is Audience.HOLDER:
            if case.holder_id is not None and case.holder_id != event.actor_id:
                yield ToUser(case.holder_id), "staff", inside
        elif audience in DISTRICT:
            right = kind.audiences[audience]
            yield from ((ToUnit(unit, right), "staff", inside) for unit in _units_with(right))
        elif unit is not None:
            yield ToUnit(unit, kind.audiences[audience]), "staff", inside


def _residents(event: CaseEvent, audience: Audience) -> Iterator[ToContact]:
    """Yield the contacts of the case, unless an act of one's own moved nothing and nobody else can have done it."""
    if audience is Audience.OWN_ACT and event.before == event.after and _signed_in(event):
        return
    parties = CaseParty.objects.filter(case=event.case, notify=True).exclude(contact=None)
    yield from (ToContact(party.contact_id) for party in parties if party.contact_id)


def _readers(unit: int | None, move: Move) -> Iterator[ToUnit]:
    """Yield who is told of a restricted case instead of its audience: for the holder, the unit's named handlers.

    For everybody else, its head included, the district's readers: they get the notices that a term is over.
    """
    staff = set(move.audience) - {Audience.APPLICANT, Audience.OWN_ACT}
    if staff & {Audience.HOLDER, Audience.HOLDER_UNIT} and unit is not None:
        yield ToUnit(unit, CaseworkRight.RESTRICTED_READ)
    if staff - {Audience.HOLDER, Audience.HOLDER_UNIT}:
        right = CaseworkRight.RESTRICTED_READ_ALL
        yield from (ToUnit(unit, right) for unit in _units_with(right))


def _signed_in(event: CaseEvent) -> bool:
    """Whether the applicant was signed in by a code to the own phone, and did not just hold the receipt code."""
    person_id = event.actor.person_id if event.actor else None
    return person_id is not None and event.party is not None and event.party.person_id == person_id


def _within_the_hour(event: CaseEvent) -> str:
    """Return what makes one message of the same act done several times within an hour."""
    return f"own-act-{event.case_id}-{event.move}-{local_moment(event.at):%Y%m%d%H}"


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
        "taken_back": not event.to_unit_id and event.from_unit_id and Audience.HOLDER_UNIT in move.audience,
        "at": event.at,
        "line": settings.HOTLINE_NUMBER,
        "due_at": event.due_at,
        "dues": {clock.name: clock.due_at for clock in clocks(case.pk) if clock.stopped_at is None},
        "words": words.get(True, ""),
        "inside_words": words.get(False, ""),
        "request": case.request,
    }
