from datetime import UTC, datetime

import pytest
from django.db import connection

from gongjian.audit.models import AuditEntry
from gongjian.identity.actor import SYSTEM
from gongjian.parties.actions import contact_row, erase_contacts
from gongjian.parties.contacts import open_contact, open_contacts
from gongjian.parties.models import Contact
from gongjian.parties.queries import contacts_of_phone, phone_index, tail_index
from gongjian.parties.refusals import InvalidEmail, InvalidPhone

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def make_contact(**over):
    given = {"name": "刘小明", "phone": "138 1234 5678", "email": "", "language": "zh-hans", "at": AT}
    return Contact.objects.create(**contact_row(**{**given, **over}))


def test_a_contact_is_kept_sealed_and_shown_masked():
    contact = make_contact(email="Liu@EXAMPLE.com")
    assert (contact.mask_name, contact.mask_phone) == ("刘**", "138 ********")
    assert contact.notify_by == "sms"
    plain = open_contact(contact.pk)
    assert (plain.name, plain.phone, plain.email) == ("刘小明", "+8613812345678", "Liu@example.com")
    with connection.cursor() as cursor:
        cursor.execute(
            "select name, phone, email, contact::text from parties_contact contact where id = %s", [contact.pk]
        )
        name, phone, email, row = cursor.fetchone()
    assert not any("刘小明".encode() in bytes(part) or b"1234" in bytes(part) for part in (name, phone, email))
    assert b"13812345678".hex() not in row


def test_a_contact_is_found_by_its_number_and_by_its_tail():
    contact, other = make_contact(), make_contact(phone="13912345678")
    assert [c.pk for c in contacts_of_phone("１３８ 1234 5678")] == [contact.pk]
    assert Contact.objects.filter(pk=contact.pk, tail_index=tail_index("5678")).exists()
    assert bytes(contact.tail_index) == bytes(other.tail_index) != bytes(contact.phone_index)
    assert bytes(contact.phone_index) == phone_index("13812345678")


def test_the_way_to_tell_follows_what_was_given():
    assert make_contact(phone="0755-25551234").notify_by == "none"
    assert make_contact(phone="0755-25551234", email="liu@example.com").notify_by == "email"
    assert make_contact(notify_by="none").notify_by == "none"


def test_a_contact_may_be_a_name_alone():
    contact = make_contact(phone=" ", name="")
    assert (contact.mask_phone, contact.phone_index, contact.tail_index, contact.notify_by) == ("", None, None, "none")
    assert open_contact(contact.pk).phone == ""


def test_wrong_data_is_refused_with_the_field():
    with pytest.raises(InvalidPhone):
        make_contact(phone="138")
    with pytest.raises(InvalidEmail) as refused:
        make_contact(email="liu at example")
    assert refused.value.field == "email"


def test_an_erased_contact_holds_nothing_and_is_found_no_more():
    contact, other = make_contact(), make_contact()
    assert erase_contacts(contact_ids=[contact.pk], actor=SYSTEM, at=AT) == 1
    assert erase_contacts(contact_ids=[contact.pk], actor=SYSTEM, at=AT) == 0
    plain = open_contacts([contact.pk, other.pk])
    assert (plain[contact.pk].name, plain[contact.pk].phone, plain[contact.pk].notify_by) == ("", "", "none")
    assert [c.pk for c in contacts_of_phone("13812345678")] == [other.pk]
    assert AuditEntry.objects.filter(action="parties.contact.erase", object_id=str(contact.pk)).exists()
