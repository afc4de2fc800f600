"""Writes of people, organisations, consents and credentials."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from gongjian.audit.actions import record
from gongjian.identity.actor import Actor
from gongjian.identity.models import Unit, User
from gongjian.parties.emails import normalise_email
from gongjian.parties.models import Consent, Contact, Credential, Organisation, Person
from gongjian.parties.phones import TAIL, line_of, normalise_phone
from gongjian.parties.refusals import InvalidParty
from gongjian.parties.rules import is_credit_code
from gongjian.parties.texting import may_text
from gongjian.sealing.index import blind_index
from gongjian.sealing.masking import mask_name, mask_phone
from gongjian.text import clean
from gongjian.workdays.rules import local_day


class CredentialExists(Exception):
    """Kind and number are taken already."""


class CredentialNotHeld(Exception):
    """There is nothing to revoke: never granted, or revoked before."""


def contact_row(
    *,
    name: str,
    phone: str,
    email: str,
    language: str,
    at: datetime,
    notify_by: str = "",
    phone_known: bool = False,
) -> dict[str, Any]:
    """Return the column values of a Contact for casework's one statement, with masks and blind indexes.

    The sealed fields seal themselves when the statement is written. `phone` and `email` may be empty. Without
    `notify_by` a mobile of an allowed country is told by text message, else an address by e-mail. `phone_known` says
    that whoever reports is known to own the phone; any other address is unconfirmed, and notices to it hold nobody's
    words. Raises InvalidPhone or InvalidEmail.
    """
    number = normalise_phone(phone) if phone.strip() else ""
    line = line_of(number)
    address = normalise_email(email) if email.strip() else ""
    called = " ".join(clean(name).split())[:40]
    way = notify_by or _way_to_tell(number, address, local_day(at))
    return {
        "name": called,
        "phone": number,
        "email": address,
        "mask_name": mask_name(called) if called else "",
        "mask_phone": mask_phone(line) if line else "",
        "phone_index": blind_index(line, "phone") if line else None,
        "tail_index": blind_index(line[-TAIL:], "tail") if line else None,
        "language": language,
        "notify_by": way,
        "confirmed_at": at if phone_known and way == Contact.NotifyBy.SMS else None,
        "created_at": at,
        "erased_at": None,
    }


def _way_to_tell(number: str, address: str, day: date) -> str:
    if number and may_text(number, day):
        return Contact.NotifyBy.SMS
    return Contact.NotifyBy.EMAIL if address else Contact.NotifyBy.NONE


def confirm_contact(*, contact_id: int, at: datetime) -> bool:
    """Note that its owner answered from the address of a contact; return whether that was new."""
    waiting = Contact.objects.filter(pk=contact_id, confirmed_at=None, erased_at=None)
    return bool(waiting.exclude(notify_by=Contact.NotifyBy.NONE).update(confirmed_at=at))


def stop_notices(*, contact_id: int) -> bool:
    """Send nothing more to the address of a contact, whose owner asked for that; return whether anything was sent."""
    told = Contact.objects.filter(pk=contact_id).exclude(notify_by=Contact.NotifyBy.NONE)
    return bool(told.update(notify_by=Contact.NotifyBy.NONE))


@transaction.atomic
def erase_contacts(*, contact_ids: Collection[int], actor: Actor, at: datetime) -> int:
    """Empty the sealed fields, masks and indexes of these contacts and return how many held anything."""
    erased = Contact.objects.filter(pk__in=contact_ids, erased_at=None).update(
        name="",
        phone="",
        email="",
        mask_name="",
        mask_phone="",
        phone_index=None,
        tail_index=None,
        notify_by=Contact.NotifyBy.NONE,
        erased_at=at,
    )
    for contact_id in sorted(contact_ids):
        _audit("parties.contact.erase", "contact", str(contact_id), actor, at)
    return erased


@transaction.atomic
def register_person(*, user: User, name: str, at: datetime) -> Person:
    """Link a resident's account to a person, once; a second call returns the same person unchanged."""
    called = " ".join(name.split())[:40]
    person, created = Person.objects.get_or_create(
        user=user, defaults={"name": called, "mask_name": mask_name(called) if called else "", "created_at": at}
    )
    if created:
        User.objects.filter(pk=user.pk).update(person_id=person.pk)
    return person


@transaction.atomic
def register_organisation(
    *, kind: str, name_zh: str, credit_code: str, actor: Actor, at: datetime, name_en: str = "", source: str = ""
) -> Organisation:
    """Write down an organisation; one with the same credit code takes the new name and kind.

    `credit_code` may be empty for bodies without one. Raises InvalidParty for a wrong check sign.
    """
    code = credit_code.strip().upper()
    if code and not is_credit_code(code):
        raise InvalidParty("credit_code", _("统一社会信用代码有误：应为 18 位，末位校验不符。"))
    facts = {"kind": kind, "name_zh": name_zh, "name_en": name_en, "source": source}
    if code:
        organisation, created = Organisation.objects.update_or_create(
            credit_code=code, defaults=facts, create_defaults={**facts, "created_at": at}
        )
    else:
        organisation, created = Organisation.objects.create(**facts, created_at=at), True
    act = "register" if created else "change"
    _audit(f"parties.organisation.{act}", "organisation", str(organisation.pk), actor, at)
    return organisation


@transaction.atomic
def give_consent(
    *,
    purpose: str,
    wording: str,
    channel: str,
    at: datetime,
    person: Person | None = None,
    contact: Contact | None = None,
) -> Consent:
    """Write down that a person or a contact agrees to a purpose; a consent that stands is returned unchanged."""
    consent, _created = Consent.objects.get_or_create(
        person=person,
        contact=contact,
        purpose=purpose,
        withdrawn_at=None,
        defaults={"wording": wording, "channel": channel, "given_at": at},
    )
    return consent


def withdraw_consent(
    *, purpose: str, at: datetime, person: Person | None = None, contact: Contact | None = None
) -> bool:
    """End a standing consent and return whether there was one."""
    standing = Consent.objects.filter(person=person, contact=contact, purpose=purpose, withdrawn_at=None)
    return bool(standing.update(withdrawn_at=at))


@transaction.atomic
def grant_credential(
    *,
    kind: str,
    number: str,
    issuer: Unit,
    starts: date,
    ends: date | None,
    actor: Actor,
    at: datetime,
    person: Person | None = None,
    organisation: Organisation | None = None,
) -> Credential:
    """Grant a credential to one person or one organisation; the domain has checked right and law.

    `ends` is the last day it holds. Raises CredentialExists when kind and number are taken.
    """
    try:
        with transaction.atomic():
            credential = Credential.objects.create(
                kind=kind,
                number=number,
                person=person,
                organisation=organisation,
                issuer=issuer,
                starts=starts,
                ends=ends,
                granted_at=at,
            )
    except IntegrityError as error:
        if Credential.objects.filter(kind=kind, number=number).exists():
            raise CredentialExists(f"{kind} {number}") from error
        raise
    _audit("parties.credential.grant", "credential", str(credential.pk), actor, at, f"{kind} {number}")
    return credential


@transaction.atomic
def revoke_credential(*, kind: str, number: str, reason: str, actor: Actor, at: datetime) -> None:
    """Revoke a credential for a stated reason; raises CredentialNotHeld if it does not stand."""
    standing = Credential.objects.filter(kind=kind, number=number, revoked_at=None).first()
    if standing is None or not Credential.objects.filter(pk=standing.pk, revoked_at=None).update(
        revoked_at=at, revoke_reason=reason
    ):
        raise CredentialNotHeld(f"{kind} {number}")
    _audit("parties.credential.revoke", "credential", str(standing.pk), actor, at, reason)


def _audit(action: str, object_kind: str, object_id: str, actor: Actor, at: datetime, detail: str = "") -> None:
    record(
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        unit_id=actor.unit_id,
        object_kind=object_kind,
        object_id=object_id,
        detail=detail,
        at=at,
    )
