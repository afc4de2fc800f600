"""What a row says that its case follows: ONE list, read by all who compare, create, change, remember and put back."""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from django.db import models

from gongjian.casework.models import Case
from gongjian.domains.hotline.bulk.importing.reading import Entry, tidy
from gongjian.domains.hotline.models import ImportedCase, ServiceRequest
from gongjian.parties.emails import normalise_email
from gongjian.parties.phones import normalise_phone
from gongjian.sealing.index import blind_index

DIGEST: Final = 16
OPEN: Final = Case.Confidentiality.OPEN.value
ANSWERED: Final = ServiceRequest.Outcome.ANSWERED.value


class Place(NamedTuple):
    """What is known of a point."""

    community_id: int | None
    cell: str
    outside: bool


NOWHERE: Final = Place(None, "", outside=False)


class Fact(NamedTuple):
    """One column of a case that follows its row; `ImportChange` has a column of the same name."""

    column: str
    home: type[models.Model]
    said: Callable[[Entry, Place], Any] | None  # what the row makes of it; None: the move decides
    # How it enters the digest. Cases that are in already carry one: neither form nor order may change.
    told: Callable[[Entry], Any] | None = None
    # Short and no words: `ImportRow` has such a column too, and the case itself is asked whether it agrees.
    compared: bool = False


FACTS: Final = (
    Fact("original_status", ImportedCase, lambda e, _: e.original_status, lambda e: e.original_status),
    Fact("state", Case, None, lambda e: e.closed),
    Fact("opened_at", Case, lambda e, _: e.opened_at, lambda e: e.opened_at and e.opened_at.timestamp(), compared=True),
    Fact("closed_at", Case, lambda e, _: e.closed_at, lambda e: e.closed_at and e.closed_at.timestamp()),
    Fact("topic_id", Case, lambda e, _: e.topic and e.topic.id, lambda e: e.topic and e.topic.code),
    Fact("title", Case, lambda e, _: e.title, lambda e: e.title),
    Fact("description", ServiceRequest, lambda e, _: e.description, lambda e: e.description),
    Fact("reply", ServiceRequest, lambda e, _: tidy(e.reply), lambda e: e.reply or None),
    Fact("address", ServiceRequest, lambda e, _: e.address, lambda e: e.address),
    Fact("lon", ServiceRequest, lambda e, _: e.lon, lambda e: e.lon),
    Fact("lat", ServiceRequest, lambda e, _: e.lat, lambda e: e.lat),
    Fact("unit_id", ImportedCase, lambda e, _: e.unit_id, lambda e: e.unit_id),
    Fact("urgency", Case, lambda e, _: e.urgency, lambda e: e.urgency, compared=True),
    Fact(
        "confidentiality", Case, lambda e, _: None if e.confidential is None else int(e.confidential),
        lambda e: bool(e.confidential), compared=True,
    ),
    Fact("channel", Case, lambda e, _: e.channel, compared=True),
    # A closed case is counted under the unit; who handles an open one here a dispatcher decides.
    Fact("holder_unit_id", Case, lambda e, _: e.unit_id if e.closed else None, compared=True),
    Fact("community_id", Case, lambda _, p: p.community_id),
    Fact("cell", Case, lambda _, p: p.cell),
    Fact("outside", ImportedCase, lambda _, p: p.outside),
    Fact("replied_at", ServiceRequest, lambda e, _: e.closed_at if tidy(e.reply) else None),
    Fact("outcome", ServiceRequest, lambda e, _: ANSWERED if e.closed and tidy(e.reply) else ""),
)  # fmt: skip
COMPARED: Final = tuple(fact.column for fact in FACTS if fact.compared)
# What a case keeps as it came the first time; a row that says something else is told, not followed.
STAYS: Final = ("kind", "name", "phone", "email")


def facts(entry: Entry, place: Place, *, confidentiality: int = OPEN) -> dict[str, Any]:
    """Return the columns of a case as its row has them; `confidentiality` holds where the row does not say."""
    said = {fact.column: fact.said(entry, place) for fact in FACTS if fact.said}
    if said["confidentiality"] is None:
        said["confidentiality"] = confidentiality
    return said


def facts_now(imported: ImportedCase) -> dict[str, Any]:
    """Return the same columns as the case has them."""
    homes = {ImportedCase: imported, Case: imported.case, ServiceRequest: imported.case.request}
    return {fact.column: getattr(homes[fact.home], fact.column) for fact in FACTS}


def of(home: type[models.Model], columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the columns that a table holds."""
    return {fact.column: columns[fact.column] for fact in FACTS if fact.home is home and fact.column in columns}


def compared(entry: Entry) -> dict[str, Any]:
    """Return what is compared with the case itself."""
    return {fact.column: fact.said(entry, NOWHERE) for fact in FACTS if fact.compared and fact.said}


def digest_of(entry: Entry) -> bytes:
    """Return what changes with whatever the row says of the case, who asked and how it came left out."""
    told = (entry.external_number, *(fact.told(entry) for fact in FACTS if fact.told))
    told += () if entry.answers is None else (entry.answers,)  # what says nothing of them has the digest it always had
    return blake2b(repr(told).encode(), digest_size=DIGEST).digest()


def contact_index(entry: Entry) -> bytes:
    """Return a keyed hash of who asked, equal for the same person written in another way."""
    phone = normalise_phone(entry.phone) if entry.phone.strip() else ""
    email = normalise_email(entry.email) if entry.email.strip() else ""
    return blind_index(repr((" ".join(entry.name.split()), phone, email)), "import-contact")
