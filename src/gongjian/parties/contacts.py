"""The only door to plain contact data: for casework's reveal and for the notice jobs, nobody else."""

from collections.abc import Iterable
from dataclasses import dataclass

from gongjian.parties.models import Contact
from gongjian.sealing.fields import Sealed


@dataclass(frozen=True, slots=True)
class PlainContact:
    contact_id: int
    name: str
    phone: str  # E.164
    email: str
    language: str
    notify_by: str


def open_contact(contact_id: int) -> PlainContact:
    """Return the unsealed contact; raises Contact.DoesNotExist. An erased one comes back with empty fields."""
    return _plain(Contact.objects.get(pk=contact_id))


def open_contacts(contact_ids: Iterable[int]) -> dict[int, PlainContact]:
    """Return the unsealed contacts by id; those that no longer exist are left out."""
    return {contact.pk: _plain(contact) for contact in Contact.objects.filter(pk__in=set(contact_ids))}


def _plain(contact: Contact) -> PlainContact:
    return PlainContact(
        contact_id=contact.pk,
        name=_open(contact.name),
        phone=_open(contact.phone),
        email=_open(contact.email),
        language=contact.language,
        notify_by=contact.notify_by,
    )


def _open(sealed: Sealed | None) -> str:
    return sealed.open() if sealed else ""
