"""Reads of people, consents and credentials; none of them opens a sealed field."""

from datetime import date

from django.db.models import Q, QuerySet

from gongjian.parties.models import Consent, Contact, Credential
from gongjian.parties.phones import line_of, normalise_phone, tail_of
from gongjian.sealing.index import blind_index


def phone_index(text: str) -> bytes:
    """Return what to compare `Contact.phone_index` with; raises InvalidPhone."""
    return blind_index(line_of(normalise_phone(text)), "phone")


def tail_index(text: str) -> bytes:
    """Return what to compare `Contact.tail_index` with, always beside a case number; raises InvalidPhone."""
    return blind_index(tail_of(text), "tail")


def contacts_of_phone(text: str) -> QuerySet[Contact]:
    """Return the contacts given with this number, newest first, without their sealed fields; raises InvalidPhone."""
    return (
        Contact.objects.filter(phone_index=phone_index(text), erased_at=None)
        .defer("name", "phone", "email")
        .order_by("-id")
    )


def has_consent(*, purpose: str, person_id: int | None = None, contact_id: int | None = None) -> bool:
    """Whether a consent of exactly this giver and purpose stands."""
    if person_id is None and contact_id is None:
        return False
    giver = Q(person=person_id) if contact_id is None else Q(contact=contact_id)
    return Consent.objects.filter(giver, purpose=purpose, withdrawn_at=None).exists()


def standing_credentials(*, kind: str, on: date) -> QuerySet[Credential]:
    """Return the credentials of a kind that hold on a day."""
    return Credential.objects.filter(Q(ends=None) | Q(ends__gte=on), kind=kind, starts__lte=on, revoked_at=None)
