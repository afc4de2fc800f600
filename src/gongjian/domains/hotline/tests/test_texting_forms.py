"""Where somebody types a number abroad: it is said at once, mail is offered, the number is kept."""

import pytest

from gongjian.domains.hotline.forms.public import ContactForm
from gongjian.parties.texting import forget
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db
DAY = MONDAY_MORNING.date()
ABROAD = "+852 9123 4567"


@pytest.fixture(autouse=True)
def _forget():
    forget()
    yield
    forget()


def form(**data):
    return ContactForm({"language": "en", "phone": ABROAD, **data}, day=DAY)


def test_a_number_abroad_is_answered_with_an_offer_of_mail():
    refused = form()
    assert not refused.is_valid()
    assert "+852" in str(refused.errors["email"])
    assert "phone" not in refused.errors
    assert refused.barred == "+852"


@pytest.mark.parametrize("way", [{"email": "a@example.org"}, {"unnotified": "on"}])
def test_with_mail_or_a_word_the_number_is_taken(way):
    taken = form(**way)
    assert taken.is_valid(), taken.errors
    assert taken.cleaned_data["phone"] == "+85291234567"


@pytest.mark.parametrize("phone", ["138 1234 5678", "852 2123 4567", "0755-25551234-801"])
def test_a_number_at_home_and_a_land_line_are_asked_nothing(phone):
    assert form(phone=phone).is_valid()


def test_no_code_goes_abroad(client, district):
    shown = client.post("/sign-in/phone/", {"phone": ABROAD, "step": "send"})
    assert "+852" in shown.content.decode()
