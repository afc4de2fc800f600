"""To which countries text messages go."""

from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from gongjian.parties.actions import contact_row
from gongjian.parties.models import SmsCountry
from gongjian.parties.phones import normalise_phone
from gongjian.parties.texting import barred_code, codes_on, forget, may_text
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db
DAY = MONDAY_MORNING.date()
HOME = "+8613812345678"
# Mobiles, among them those of regions that share a code, of small islands and of codes without a country.
ABROAD = [
    "+85291234567", "+85366123456", "+886912345678", "+6591234567", "+447400123456", "+12025550123", "+79161234567",
    "+22670123456", "+6777421234", "+870301234567", "+8821234567",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _forget():
    forget()
    yield
    forget()


def allow(code, first=date(2026, 1, 1), last=None):
    SmsCountry.objects.create(code=code, source="合同", valid=DateRange(first, last))
    forget()


def test_a_new_installation_texts_the_mainland_alone():
    assert codes_on(DAY) == {"+86"}
    SmsCountry.objects.all().delete()
    forget()
    assert codes_on(DAY) == {"+86"}


@pytest.mark.parametrize("phone", ABROAD)
def test_no_number_abroad_is_told_by_text_message(phone):
    assert not may_text(phone, DAY)
    assert barred_code(phone, DAY)
    row = contact_row(name="", phone=HOME, email="", language="en", at=MONDAY_MORNING)
    assert (row["notify_by"], row["phone"]) == ("sms", HOME)


@pytest.mark.parametrize("phone", ["852 2123 4567", "+853 2833 1234", "+44 20 7946 0958", "0755-25551234-801"])
def test_nobody_is_asked_how_to_write_to_a_land_line(phone):
    kept = normalise_phone(phone)
    assert not may_text(kept, DAY)
    assert not barred_code(kept, DAY)


def test_a_number_abroad_is_kept_and_its_owner_told_by_mail():
    given = {"name": "", "phone": "+852 9123 4567", "language": "en", "at": MONDAY_MORNING}
    assert contact_row(email="", **given)["notify_by"] == "none"
    row = contact_row(email="someone@example.org", **given)
    assert (row["phone"], row["notify_by"]) == ("+85291234567", "email")


def test_a_country_is_allowed_on_its_days():
    allow("+852", first=DAY, last=date(2026, 12, 1))
    assert may_text("+85291234567", DAY)
    assert not may_text("+85291234567", date(2026, 12, 1))
    assert not may_text("+85221234567", DAY)  # a land line
    assert may_text(HOME, DAY)
