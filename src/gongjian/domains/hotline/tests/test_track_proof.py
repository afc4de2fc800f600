"""How well a matter is proved: the ending of a phone reads where it stands, everything else takes a code.

Whoever is complained about knows the number of the case and may know the phone. They must not close it.
"""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from gongjian.casework.models import CaseDocument, CaseEvent
from gongjian.casework.tasks import tell_event
from gongjian.domains.hotline.actions import applicant
from gongjian.domains.hotline.pages.track import ACTS
from gongjian.domains.hotline.tests.test_track import jpeg, look_up, opened, text, url
from gongjian.identity.actor import ANONYMOUS
from gongjian.identity.models import SignInCode, User
from gongjian.notify.models import Channel, Message
from gongjian.parties.models import Person
from gongjian.testing.cases import REPLY, again, bring_to, code_of, make_request, party_of
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING

AT = MONDAY_MORNING
TAIL = "6021"
# Each act with a state in which it is allowed, what is written, and a piece of the words that must not be lost.
WRITTEN = {
    "add": ("in_progress", {"text": "昨晚又响了。"}, "昨晚又响了。"),
    "urge": ("in_progress", {"urge": "孩子要考试"}, "孩子要考试"),
    "rate": ("replied", {"solved": "yes", "comment": "谢谢你们"}, "谢谢你们"),
    "again": ("closed", {"text": "又响了"}, "又响了"),
    "cancel": ("dispatched", {"reason": "不用了"}, "不用了"),
}
DAYS = {"urge": 4}


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("GONGJIAN_CLOCK", (AT + timedelta(hours=1)).isoformat())


@pytest.fixture
def texts(settings):
    """Let text messages go out by a gateway."""
    settings.SMS_GATEWAY = "operator.Gateway"


def by_ending(client, case):
    """Prove the case by the phone ending and return its page."""
    assert look_up(client, case.number, TAIL).url == url(case)
    return text(client.get(url(case)))


def ready(name, monkeypatch):
    """Return a case on which an act is allowed, at a moment when it is."""
    monkeypatch.setenv("GONGJIAN_CLOCK", (AT + timedelta(days=DAYS.get(name, 0), hours=1)).isoformat())
    return make_request(state=WRITTEN[name][0])


def moves(case):
    return list(CaseEvent.objects.filter(case=case).values_list("move", flat=True))


def test_every_act_is_tried():
    assert set(WRITTEN) == set(ACTS)


@pytest.mark.parametrize("name", WRITTEN)
def test_no_act_by_the_ending_and_no_word_is_lost(client, name, monkeypatch):
    case = ready(name, monkeypatch)
    by_ending(client, case)
    before, data = moves(case), WRITTEN[name][1] | {"version": case.version}
    asked = client.post(url(case, name), data)
    assert asked.status_code == 422
    assert moves(case) == before
    assert WRITTEN[name][2] in text(asked)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text(asked)))
    hidden.pop("csrfmiddlewaretoken", None)
    # The ending again does not do, and the words are still there.
    refused = client.post(reverse("hotline:track"), hidden | {"number": case.number, "secret": TAIL})
    assert refused.status_code == 422
    assert "只能看办到哪一步" in text(refused)
    assert WRITTEN[name][2] in text(refused)
    assert moves(case) == before
    # The code does: the form stands there as it was filled in, and is sent.
    page = client.post(reverse("hotline:track"), hidden | {"number": case.number, "secret": code_of(case)})
    assert page.status_code == 200
    assert WRITTEN[name][2] in text(page)
    assert client.post(url(case, name), data).url == url(case)
    assert moves(case) != before


@pytest.mark.parametrize("name", WRITTEN)
def test_the_page_of_an_act_asks_for_the_code_and_goes_on_to_the_act(client, name, monkeypatch):
    case = ready(name, monkeypatch)
    by_ending(client, case)
    asked = client.get(url(case, name))
    assert asked.url.startswith(f"{reverse('hotline:track')}?number={case.number}&act={name}")
    page = text(client.get(asked.url))
    assert ACTS[name].title() in page
    assert f'name="act" value="{name}"' in page
    told = {"number": case.number, "secret": code_of(case), "act": name}
    assert ACTS[name].button() in text(client.post(reverse("hotline:track"), told))


def test_a_choice_of_the_page_goes_along_but_no_words_of_an_address(client):
    case = make_request(state="replied")
    by_ending(client, case)
    page = text(client.get(client.get(url(case, "rate"), {"solved": "no", "comment": "骗人的话"}).url))
    assert 'name="solved" value="no"' in page
    assert "没有解决" in page
    assert "骗人的话" not in page


@pytest.mark.parametrize("state", ["in_progress", "waiting_citizen", "replied", "rejected", "closed"])
def test_the_ending_reads_where_it_stands_and_nothing_that_was_written(client, state):
    case = make_request(state=state)
    opened(client, case)
    whole = text(client.get(url(case)))
    page = by_ending(Client(), case)
    assert "办理经过" in page
    assert "要写查询码" in page
    written = (case.title, "凌晨一点还在响", "永安北一街", REPLY, "请补一张现场照片。", "您留的是", "谁看过您的电话")
    assert [words for words in written if words in page] == []
    assert case.title in whole
    assert not [one for one in ACTS if url(case, one) in page]


def test_the_ending_opens_no_file(client):
    case = make_request(state="in_progress")
    opened(client, case)
    client.post(url(case, "add"), {"text": "看照片。", "photos": [jpeg()]})
    address = reverse("portal:document", args=[CaseDocument.objects.get(case=case).document.pk])
    assert b"".join(client.get(address).streaming_content).startswith(b"\xff\xd8")
    other = Client()
    assert "看照片。" not in by_ending(other, case)
    assert other.get(address).status_code == 404


def test_the_better_proof_stays_and_one_of_an_older_session_is_the_lesser(client):
    case = make_request(state="in_progress")
    opened(client, case)
    by_ending(client, case)
    assert client.get(url(case, "add")).status_code == 200
    session = client.session
    session["proved"] = {case.number: party_of(case)}
    session.save()
    assert client.get(url(case)).status_code == 200
    assert client.get(url(case, "add")).status_code == 302


def test_who_is_signed_in_needs_no_code_though_the_ending_was_typed_before(client):
    person = Person.objects.get(user__username="r-liu.xiaomei")
    case = make_request(state="in_progress", reporter={"phone": "13800006021", "person_id": person.pk})
    user = User.objects.get(username="r-liu.xiaomei")
    client.force_login(user, backend="gongjian.identity.backends.AssignmentBackend")
    by_ending(client, case)
    assert client.get(url(case, "add")).status_code == 200


def test_the_unit_complained_about_knows_mask_and_number_and_closes_nothing(client):
    case = make_request(state="replied")
    mask = case.parties.get().contact.mask_phone
    digits = re.sub(r"\D", "", mask)
    for secret in (digits, digits[-4:], mask):
        assert look_up(client, case.number, secret).status_code == 422
    for name, (_state, data, _words) in WRITTEN.items():
        assert client.post(url(case, name), data | {"version": case.version}).status_code in {302, 422}
    assert again(case).state == "replied"


# A code by text message


def ask_code(client, case):
    return client.post(url(case, "code"))


def code_sent():
    message = Message.objects.filter(template="hotline/proof_code").latest("pk")
    return re.search(r"\d{6}", message.body).group()


@pytest.mark.usefixtures("texts")
def test_a_code_goes_to_the_phone_of_the_case_and_opens_it_for_the_session_that_asked(client):
    case, thief = make_request(state="replied"), Client()
    assert "发验证码到留的手机" in by_ending(client, case)
    by_ending(thief, case)
    assert ask_code(client, case).status_code == 200
    message = Message.objects.get(template="hotline/proof_code")
    assert (message.channel, message.recipient_contact_id) == (Channel.SMS, case.parties.get().contact_id)
    code = code_sent()
    assert thief.post(url(case, "code"), {"code": code}).status_code == 422
    assert thief.get(url(case, "rate")).status_code == 302
    right = client.post(url(case, "code"), {"code": code, "act": "rate", "solved": "yes"})
    assert 'name="solved" value="yes"' in text(right)
    assert client.get(url(case, "rate")).status_code == 200
    assert thief.post(url(case, "code"), {"code": code}).status_code == 422


@pytest.mark.usefixtures("texts")
def test_a_code_of_one_matter_opens_no_other_of_the_same_phone(client, monkeypatch):
    one, other = make_request(), make_request()
    by_ending(client, one)
    by_ending(client, other)
    ask_code(client, one)
    assert client.post(url(other, "code"), {"code": code_sent()}).status_code == 422
    assert client.get(url(other, "add")).status_code == 302


@pytest.mark.usefixtures("texts")
def test_a_code_lives_five_minutes_and_five_tries(client, monkeypatch):
    case = make_request()
    by_ending(client, case)
    ask_code(client, case)
    code = code_sent()
    for n in range(5):
        assert client.post(url(case, "code"), {"code": f"{(int(code) + n + 1) % 10**6:06}"}).status_code == 422
    assert "请重新要一个" in text(client.post(url(case, "code"), {"code": code}))
    monkeypatch.setenv("GONGJIAN_CLOCK", (AT + timedelta(hours=2)).isoformat())
    ask_code(client, case)
    code = code_sent()
    monkeypatch.setenv("GONGJIAN_CLOCK", (AT + timedelta(hours=2, minutes=6)).isoformat())
    assert client.post(url(case, "code"), {"code": code}).status_code == 422


@pytest.mark.usefixtures("texts")
def test_codes_are_few_for_a_matter_whoever_asks(monkeypatch):
    case = make_request()
    for n in range(8):
        monkeypatch.setenv("GONGJIAN_CLOCK", (AT + timedelta(hours=n)).isoformat())
        visitor = Client(REMOTE_ADDR=f"10.2.2.{n}")
        by_ending(visitor, case)
        answer = ask_code(visitor, case)
    assert answer.status_code == 429
    assert SignInCode.objects.count() <= 6


@pytest.mark.usefixtures("texts")
def test_who_has_proved_nothing_gets_the_same_answer_for_every_number_and_no_code(client):
    known, unknown = (
        ask_code(client, make_request()),
        client.post(reverse("hotline:track_code", args=["YT-2611-99999"])),
    )
    assert (known.status_code, unknown.status_code) == (302, 302)
    assert known.url.rpartition("=")[0] == unknown.url.rpartition("=")[0]
    assert not SignInCode.objects.exists()


@pytest.mark.parametrize("gateway", ["gongjian.notify.gateways.FileGateway", "gongjian.notify.gateways.ConsoleGateway"])
def test_without_a_gateway_no_code_is_offered(client, settings, gateway):
    settings.SMS_GATEWAY = gateway
    case = make_request()
    assert "发验证码" not in by_ending(client, case)
    assert ask_code(client, case).status_code == 302
    assert not SignInCode.objects.exists()


@pytest.mark.usefixtures("texts")
def test_no_code_is_offered_to_a_land_line(client):
    case = make_request(reporter={"phone": "0755 2555 6021"})
    assert "发验证码" not in by_ending(client, case)


# What was done in somebody's name is told


@pytest.mark.parametrize("name", WRITTEN)
def test_the_resident_is_told_what_was_done_in_their_name(client, name, monkeypatch):
    case = ready(name, monkeypatch)
    opened(client, case)
    client.post(url(case, name), WRITTEN[name][1] | {"version": case.version})
    event = CaseEvent.objects.filter(case=case).latest("pk")
    tell_event(event.pk, at=event.at)
    message = Message.objects.get(template="hotline/own_act")
    assert (message.channel, message.recipient_contact_id) == (Channel.SMS, case.parties.get().contact_id)
    for words in (case.number, "不是您本人做的", "12349"):
        assert words in message.body
    assert WRITTEN[name][2] not in message.body
    assert len(message.body) <= 140


def test_the_same_act_within_an_hour_is_told_once():
    case = make_request(state="in_progress")
    for minute in (1, 2, 3, 70):
        at = AT + timedelta(hours=1, minutes=minute)
        applicant.add(case=again(case), text="又响了。", as_party=party_of(case), actor=ANONYMOUS, at=at)
    for event in CaseEvent.objects.filter(case=case, move="add"):
        tell_event(event.pk, at=event.at)
    assert Message.objects.filter(template="hotline/own_act").count() == 2


def test_who_is_signed_in_is_told_only_what_moves_the_matter():
    person = Person.objects.get(user__username="r-liu.xiaomei")
    resident = actor("r-liu.xiaomei")
    case = make_request(state="in_progress", reporter={"phone": "13800006021", "person_id": person.pk})
    at = AT + timedelta(hours=1)
    applicant.add(case=again(case), text="又响了。", as_party=party_of(case), actor=resident, at=at)
    applicant.cancel(case=again(case), reason="", as_party=party_of(case), actor=resident, at=at)
    for event in CaseEvent.objects.filter(case=case, move__in=("add", "cancel")):
        tell_event(event.pk, at=event.at)
    assert "您撤销了" in Message.objects.get(template="hotline/own_act").body


def test_without_a_way_to_tell_nobody_is_told():
    case = bring_to(make_request(reporter={}), "in_progress")
    applicant.add(
        case=again(case), text="又响了。", as_party=party_of(case), actor=ANONYMOUS, at=AT + timedelta(hours=1)
    )
    tell_event(CaseEvent.objects.get(case=case, move="add").pk, at=AT + timedelta(hours=1))
    assert not Message.objects.filter(template="hotline/own_act").exists()
