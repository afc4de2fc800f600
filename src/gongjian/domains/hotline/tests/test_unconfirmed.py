"""What may be written to an address that nobody has confirmed: which case and what happened, whatever the notice."""

import pytest
from django.urls import reverse

from gongjian.casework.models import CaseEvent, CaseParty
from gongjian.casework.tasks import tell_event
from gongjian.domains.hotline.actions import intake
from gongjian.identity.actions import resident_of_phone
from gongjian.identity.actor import Actor
from gongjian.notify.actions import send
from gongjian.notify.kinds import kinds_for
from gongjian.notify.models import Message
from gongjian.notify.ownwords import shipped
from gongjian.notify.recipients import ToContact
from gongjian.parties.actions import contact_row
from gongjian.parties.confirming import contact_of, mark_of
from gongjian.parties.models import Contact
from gongjian.testing.cases import make_report, make_request
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db
SECRET = "买伟哥上spam点example"
NUMBER = "YT-2611-04178"
# Every notice that ships, also those of staff: a new one is in here by itself.
KINDS = sorted({one.template for one in shipped()} | {kind.template for kind in kinds_for("resident")})


def context():
    names = "title words inside_words greeting reason basis line code name_zh name_en unit_zh unit_en act state kind page rows url name"
    return dict.fromkeys(names.split(), SECRET) | {"number": NUMBER, "dues": {}, "due_at": None, "request": None}


def make_contact(**over):
    given = {"name": SECRET, "phone": "13812345678", "email": "", "language": "zh-hans", "at": MONDAY_MORNING}
    return Contact.objects.create(**contact_row(**(given | over)))


def tell(contact, kind):
    facts = context() | {"starts": MONDAY_MORNING, "ends": MONDAY_MORNING}
    return send(
        recipient=ToContact(contact.pk), template=kind, context=facts, link="/track", dedupe=kind, at=MONDAY_MORNING
    )


def everything(message):
    return f"{message.subject}\n{message.body}\n{message.variables}\n{message.link}"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("way", [{}, {"phone": "", "email": "somebody@example.org"}], ids=["sms", "email"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_notice_takes_free_words_to_an_unconfirmed_address(kind, way, language):
    contact = make_contact(language=language, **way)
    if not tell(contact, kind):
        return  # this notice does not come by this way at all
    message = Message.objects.get()
    assert SECRET not in everything(message)
    assert NUMBER in message.body + message.subject
    assert f"/confirm/{mark_of(contact.pk)}" in message.body


@pytest.mark.parametrize("way", [{}, {"phone": "", "email": "somebody@example.org"}], ids=["sms", "email"])
def test_once_confirmed_the_notice_is_whole(client, way):
    contact = make_contact(**way)
    page = reverse("portal:confirm", args=[mark_of(contact.pk)])
    client.get(page)
    contact.refresh_from_db()
    assert contact.confirmed_at is None  # following a link is not an answer
    client.post(page, {"mine": ""})
    contact.refresh_from_db()
    assert contact.confirmed_at is not None
    tell(contact, "hotline/answer_applicant")
    assert SECRET in Message.objects.get().body


def test_whoever_never_reported_anything_can_stop_it(client):
    contact = make_contact()
    client.post(reverse("portal:confirm", args=[mark_of(contact.pk)]), {"stop": ""})
    assert tell(contact, "hotline/answer_applicant") == 0


@pytest.mark.parametrize("mark", ["1", "1-", "x-1", "1-00000000000000000000", "9" * 30, "１-2", "-"])
def test_a_mark_cannot_be_made_up(client, mark, db):
    make_contact()
    assert contact_of(mark) is None
    assert client.get(f"/confirm/{mark}").status_code == 404


def test_a_call_is_told_in_full_and_an_anonymous_report_is_not(district):
    for by, whole in (("chen.jingyi", True), ("", False)):
        case = make_request(by=by, title="路灯")
        intake.answer_on_the_spot(case=case, text="已经修好。", source="办法", actor=_taker(), at=MONDAY_MORNING)
        event = CaseEvent.objects.get(case=case, move="answer")
        assert tell_event(event.pk, at=MONDAY_MORNING) == 1
        assert ("已经修好" in Message.objects.latest("pk").body) is whole


def _taker():
    return actor("chen.jingyi")


def test_a_resident_who_signed_in_with_the_phone_is_known(district):
    user = resident_of_phone(phone="+8613800006021", language="zh-hans", at=MONDAY_MORNING)
    who = Actor(user.pk, "", "", "resident", None, frozenset(), frozenset(), "web", "")
    for phone, known in (("138 0000 6021", True), ("13912345678", False)):
        report = make_report(at=MONDAY_MORNING, reporter={"name": "刘晓梅", "phone": phone})
        opened = intake.register_request(report=report, actor=who, at=MONDAY_MORNING)
        contact = CaseParty.objects.get(case=opened.id, role="requester").contact
        assert (contact.confirmed_at is not None) is known


@pytest.mark.parametrize("reporter", [{"phone": "13912345678"}, {"email": "victim@example.org"}], ids=["sms", "email"])
def test_nobody_can_be_flooded_by_reports_that_name_his_address(district, reporter):
    def told(n):
        over = [dict(reporter, email=reporter.get("email", "").upper()), reporter][n % 2]
        case = make_request(by="", reporter={"name": "", **over})
        return CaseParty.objects.get(case=case, role="requester").notify

    assert [told(n) for n in range(13)] == [True] * 10 + [False] * 3
    assert CaseParty.objects.filter(role="requester").count() == 13  # every matter was taken
    other = make_request(by="", reporter={"name": "", "phone": "13712345678"})
    assert CaseParty.objects.get(case=other, role="requester").notify
