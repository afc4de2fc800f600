"""Where a matter would go if it were sent now, until when, and by which rule: worked out from memory."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext as _

from gongjian.casework.kinds import kind_of
from gongjian.casework.limits import NoTermError, book
from gongjian.casework.models import Case
from gongjian.domains.hotline.actions.dispatching import DEFAULT_LIMIT, propose
from gongjian.domains.hotline.pages.common import chinese, named
from gongjian.domains.hotline.pages.terms import basis_words, term_words
from gongjian.domains.hotline.queries import catalogue
from gongjian.identity.queries import units
from gongjian.places.queries import communities, subdistricts
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import due, local_day


@dataclass(frozen=True, slots=True)
class Route:
    """The proposal in words; `unit` is empty where the catalogue does not know."""

    topic: str
    unit: str
    assists: tuple[str, ...]
    reason: str
    term: str
    due_at: datetime | None
    provisional: bool
    basis: str  # whether a document prescribes the term, and which
    document: str
    kind: str
    told: str  # what the resident will read while it waits to be sent
    by_place: bool  # another community may change the unit


def route_of(*, kind: str, topic_id: int | None, community_id: int | None, urgency: int, at: datetime) -> Route:
    """Return where this would go; an unknown kind counts as a complaint."""
    kind = kind if kind in {"enquiry", "complaint", "suggestion", "help"} else "complaint"
    case = Case(kind=f"hotline.{kind}", topic_id=topic_id, community_id=community_id, urgency=urgency)
    proposal = propose(case, at)
    topic = catalogue(at).topics.get(topic_id) if topic_id is not None else None
    own = proposal.limit_key not in {"", DEFAULT_LIMIT}
    term, due_at, provisional, basis, document = _limit(
        proposal.limit_key if own else f"{DEFAULT_LIMIT}.{kind}", urgency=urgency, at=at
    )
    book_ = units().by_id
    known = kind_of(case.kind)
    return Route(
        topic=named(topic),
        unit=named(book_.get(proposal.unit_id)) if proposal.unit_id else "",
        assists=tuple(named(book_.get(u)) for u in proposal.assist_ids),
        reason=(proposal.reason_zh if chinese() else proposal.reason_en) if topic else "",
        term=term,
        due_at=due_at,
        provisional=provisional,
        basis=basis,
        document=document,
        kind=str(known.label),
        told=str(known.state_of["to_dispatch"].public),
        by_place=bool(topic and (topic.lead_subdistrict or topic.assist_subdistrict) and community_id is None),
    )


def _limit(key: str, *, urgency: int, at: datetime) -> tuple[str, datetime | None, bool, str, str]:
    try:
        force = book().term(key=key, urgency=urgency, day=local_day(at))
    except NoTermError:
        return "", None, False, "", ""
    ends = due(force.term, at, calendar())
    return term_words(force.term), ends.at, ends.provisional, basis_words(force), force.source


def community_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the communities under their subdistrict, as a select shows them."""
    streets = {s.id: named(s) for s in subdistricts()}
    known = sorted(communities(), key=lambda c: (c.subdistrict_id, c.code))
    return [
        (streets.get(street) or _("其他"), [(str(c.id), named(c)) for c in group])
        for street, group in groupby(known, key=lambda c: c.subdistrict_id)
    ]
