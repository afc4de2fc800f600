"""Opening a person's contact data: for a purpose, for fifteen minutes, seen by the person concerned.

Numbers and mail addresses that somebody typed into free text are contact data as well: they open together with it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from gongjian.audit.actions import record
from gongjian.casework.access import CaseworkRight
from gongjian.casework.actions import Change, move
from gongjian.casework.errors import RefusedError
from gongjian.casework.kinds import CaseKind
from gongjian.casework.models import Case, CaseParty, RevealGrant
from gongjian.identity.actor import Actor
from gongjian.identity.rights import Forbidden, Right, require
from gongjian.parties.contacts import PlainContact, open_contact
from gongjian.sealing.masking import hide_contacts

GRANT: Final = timedelta(minutes=15)
SHORTEST_PURPOSE: Final = 4


@transaction.atomic
def reveal(
    *,
    kind: CaseKind,
    case: Case,
    party: CaseParty,
    purpose: str,
    without_consent: Right,
    actor: Actor,
    at: datetime,
    words: Iterable[str] = (),
) -> RevealGrant:
    """Grant one user fifteen minutes' sight of one party's contact data, and tell the person.

    `words` are those of the case: a party that left no contact may still have typed a number into them.
    The handling unit needs the person's consent; `without_consent` marks those who may look all the same (the
    hotline's own desks, which take the call and call back).
    Errors: `RefusedError` (purpose), `Forbidden`.
    """
    require(actor, CaseworkRight.CONTACT_REVEAL)
    if actor.user_id is None or party.case_id != case.pk or (party.contact_id is None and not hides(*words)):
        raise Forbidden("no contact to show")
    if not party.consent_contact and not actor.can(without_consent):
        raise Forbidden("the person did not agree to be called by the handling unit")
    purpose = purpose.strip()
    if len(purpose) < SHORTEST_PURPOSE:
        raise RefusedError("purpose", _("写清楚为什么要看号码，当事人会看到这句话。"))
    grant = RevealGrant.objects.create(
        party=party, user_id=actor.user_id, purpose=purpose[:100], granted_at=at, ends_at=at + GRANT
    )
    move(kind=kind, case=case, name="reveal", change=Change(public_text=purpose[:100]), actor=actor, at=at)
    record(
        action="contact.reveal",
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        unit_id=actor.unit_id,
        object_kind="case_party",
        object_id=str(party.pk),
        detail=purpose[:100],
        at=at,
    )
    return grant


def contact_in_sight(*, party: CaseParty, actor: Actor, at: datetime) -> PlainContact | None:
    """Return the contact data while a grant of this user lasts, otherwise None."""
    if actor.user_id is None or party.contact_id is None:
        return None
    granted = RevealGrant.objects.filter(party=party, user=actor.user_id, granted_at__lte=at, ends_at__gt=at).exists()
    return open_contact(party.contact_id) if granted else None


def case_in_sight(*, case_id: int, actor: Actor, at: datetime) -> bool:
    """Whether a grant of this user lasts for any party of a case."""
    grants = RevealGrant.objects.filter(party__case=case_id, user=actor.user_id, granted_at__lte=at, ends_at__gt=at)
    return actor.user_id is not None and grants.exists()


def words_in_sight(text: str, *, in_sight: bool) -> str:
    """Return free text of a case as this reader may see it: whole while a grant lasts, otherwise masked."""
    return text if in_sight else hide_contacts(text)


def hides(*texts: str) -> bool:
    """Whether any of these texts holds a number or an address that is masked without a grant."""
    return any(hide_contacts(text) != text for text in texts)
