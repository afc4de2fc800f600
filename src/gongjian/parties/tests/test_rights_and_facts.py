from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from gongjian.audit.models import AuditEntry
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import Unit, User
from gongjian.parties.actions import (
    CredentialExists,
    CredentialNotHeld,
    give_consent,
    grant_credential,
    register_organisation,
    register_person,
    revoke_credential,
    withdraw_consent,
)
from gongjian.parties.models import Consent, Person
from gongjian.parties.queries import has_consent, standing_credentials
from gongjian.parties.refusals import InvalidParty
from gongjian.parties.rules import is_credit_code

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


@pytest.fixture
def resident(db):
    return User.objects.create(username="r1", kind="resident", created_at=AT)


@pytest.fixture
def unit(db):
    return Unit.objects.create(
        code="t-unit", name_zh="某局", name_en="Bureau", short_zh="局", short_en="B", kind="bureau"
    )


def test_a_signed_in_resident_becomes_a_person_once(resident):
    person = register_person(user=resident, name=" 刘 小明 ", at=AT)
    assert person.mask_name.startswith("刘")
    assert register_person(user=resident, name="别人", at=AT) == person
    assert Person.objects.filter(user=resident).count() == 1
    resident.refresh_from_db()
    assert resident.person_id == person.pk


def test_consent_stands_until_it_is_withdrawn(resident):
    person = register_person(user=resident, name="刘小明", at=AT)
    first = give_consent(purpose="hotline:callback", wording="2026-1", channel="web", at=AT, person=person)
    assert give_consent(purpose="hotline:callback", wording="2026-1", channel="web", at=AT, person=person) == first
    assert has_consent(purpose="hotline:callback", person_id=person.pk)
    assert not has_consent(purpose="hotline:other", person_id=person.pk)
    assert not has_consent(purpose="hotline:callback")
    assert withdraw_consent(purpose="hotline:callback", at=AT, person=person)
    assert not withdraw_consent(purpose="hotline:callback", at=AT, person=person)
    assert not has_consent(purpose="hotline:callback", person_id=person.pk)


def test_consent_belongs_to_exactly_one(resident):
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.create(purpose="x", wording="1", channel="web", given_at=AT)


def test_a_credential_is_granted_read_and_revoked(resident, unit):
    person = register_person(user=resident, name="刘小明", at=AT)
    facts = {"kind": "residents:permit", "number": "1", "issuer": unit, "actor": SYSTEM, "at": AT}
    grant_credential(**facts, starts=TODAY, ends=date(2027, 11, 22), person=person)
    assert standing_credentials(kind="residents:permit", on=date(2027, 11, 22)).count() == 1
    assert standing_credentials(kind="residents:permit", on=date(2027, 11, 23)).count() == 0
    assert standing_credentials(kind="residents:permit", on=date(2026, 11, 22)).count() == 0
    with pytest.raises(CredentialExists):
        grant_credential(**facts, starts=TODAY, ends=None, person=person)
    revoke_credential(kind="residents:permit", number="1", reason="过期", actor=SYSTEM, at=AT)
    assert standing_credentials(kind="residents:permit", on=TODAY).count() == 0
    with pytest.raises(CredentialNotHeld):
        revoke_credential(kind="residents:permit", number="1", reason="再次", actor=SYSTEM, at=AT)
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "parties.credential.grant",
        "parties.credential.revoke",
    ]


def test_a_credential_without_a_holder_is_refused(unit):
    with pytest.raises(IntegrityError), transaction.atomic():
        grant_credential(kind="k", number="1", issuer=unit, starts=TODAY, ends=None, actor=SYSTEM, at=AT)


# Both codes are computed for this test; the sign at the end is the check sign.
@pytest.mark.parametrize(
    ("code", "good"),
    [
        ("91350100M000100Y43", True),  # example of GB 32100-2015
        ("91350100M000100Y44", False),
        ("91350100M000100Y4", False),
        ("91350100M000100I43", False),
    ],
)
def test_a_credit_code_carries_its_own_check(code, good):
    assert is_credit_code(code) is good


@pytest.mark.django_db
def test_an_organisation_is_one_by_its_credit_code():
    facts = {"kind": "company", "credit_code": "91350100m000100y43 ", "actor": SYSTEM, "at": AT}
    first = register_organisation(**facts, name_zh="旧名")
    assert register_organisation(**facts, name_zh="新名").pk == first.pk
    first.refresh_from_db()
    assert first.name_zh == "新名"
    with pytest.raises(InvalidParty) as refused:
        register_organisation(**{**facts, "credit_code": "91350100M000100Y44"}, name_zh="假")
    assert refused.value.field == "credit_code"
