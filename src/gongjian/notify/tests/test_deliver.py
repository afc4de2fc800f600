import json
import smtplib
import stat
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from procrastinate.contrib.django.models import ProcrastinateJob

from gongjian.identity.actor import SYSTEM
from gongjian.notify import rules
from gongjian.notify.actions import send
from gongjian.notify.gateways import TryLater, Undeliverable, sms_gateway
from gongjian.notify.models import Message
from gongjian.notify.recipients import ToContact, ToPhone, ToUser
from gongjian.notify.sweeps import sweep_undelivered
from gongjian.notify.tasks import RETRY, NotAllSent, deliver, deliver_messages
from gongjian.notify.tests.conftest import MORNING, NIGHT, make_contact, make_resident, make_user
from gongjian.parties.actions import erase_contacts

pytestmark = pytest.mark.django_db


class FailingGateway:
    error: Exception = TryLater("busy, number 13812345678")
    calls: list = []

    def send(self, sms):
        self.calls.append(sms)
        raise self.error


class DyingGateway:
    """Takes the message and the process dies before anybody hears of it."""

    taken: list = []

    def send(self, sms):
        self.taken.append(sms.reference)
        raise SystemExit


@pytest.fixture
def failing(settings):
    settings.SMS_GATEWAY = f"{__name__}.FailingGateway"
    FailingGateway.calls = []
    FailingGateway.error = TryLater("busy, number 13812345678")
    return FailingGateway


def queue(recipient, **over):
    facts = {"template": "toy/received", "context": {"number": "1", "greeting": "您好"}, "link": "/t/1", "dedupe": "e"}
    send(recipient=recipient, **{**facts, "at": MORNING, **over})
    return list(Message.objects.exclude(channel="site").order_by("id").values_list("id", flat=True))


def sent_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_text_message_reaches_the_gateway_whole_and_the_log_masked(outbox_file, caplog):
    caplog.set_level("INFO", logger="gongjian")
    ids = queue(ToContact(make_contact().pk))
    deliver_messages(ids, at=MORNING)
    message = Message.objects.get()
    (line,) = sent_lines(outbox_file)
    assert (line["number"], line["template"], line["language"]) == ("+8613812345678", "toy/received", "zh-hans")
    assert line["text"] == message.body
    assert line["reference"] == message.reference
    assert (message.state, message.sent_at, message.tries, message.claimed_until) == ("sent", MORNING, 1, None)
    assert stat.S_IMODE(outbox_file.stat().st_mode) == 0o600
    assert message.reference in caplog.text
    assert "5678" not in caplog.text.replace(message.reference, "")


def test_the_job_itself_sends_by_the_clock(outbox_file, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MORNING.isoformat())
    ids = queue(ToContact(make_contact().pk), at=MORNING - timedelta(seconds=5))
    deliver(ids)
    assert len(sent_lines(outbox_file)) == 1


def test_a_job_that_runs_twice_sends_once(outbox_file):
    ids = queue(ToContact(make_contact().pk))
    deliver_messages(ids, at=MORNING)
    deliver_messages(ids, at=MORNING)
    deliver_messages([*ids, 987654321], at=MORNING)
    assert len(sent_lines(outbox_file)) == 1


def test_an_e_mail_goes_out_with_a_name_that_stays():
    ids = queue(ToContact(make_contact(phone="", email="liu@example.com", language="en").pk))
    deliver_messages(ids, at=MORNING)
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["liu@example.com"], "We have your case 1")
    assert letter.body.count("http://127.0.0.1:8000/t/1") == 1
    assert letter.extra_headers["Auto-Submitted"] == "auto-generated"
    assert letter.extra_headers["Message-ID"] == Message.objects.get().reference


def test_a_busy_gateway_is_tried_five_times_and_then_given_up(failing):
    (message_id,) = queue(ToContact(make_contact().pk))
    at = MORNING
    for tries in range(1, rules.MOST_TRIES):
        with pytest.raises(NotAllSent):
            deliver_messages([message_id], at=at)
        message = Message.objects.get()
        assert (message.state, message.tries) == ("queued", tries)
        assert message.due_at == rules.next_try(tries, at)
        deliver_messages([message_id], at=message.due_at - timedelta(seconds=1))  # too early: nothing happens
        at = message.due_at
    deliver_messages([message_id], at=at)
    message = Message.objects.get()
    assert (message.state, message.reason) == ("failed", "unreachable")
    assert "13812345678" not in message.detail
    assert len(failing.calls) == rules.MOST_TRIES
    assert len({sms.reference for sms in failing.calls}) == 1
    assert at - MORNING < timedelta(hours=2)


def test_the_job_comes_back_when_the_message_is_due_again(failing):
    """Procrastinate's waiting time and ours are one."""
    for attempts in range(rules.MOST_TRIES - 1):
        wait = RETRY.wait + RETRY.exponential_wait ** (attempts + 1)
        assert MORNING + timedelta(seconds=wait) == rules.next_try(attempts + 1, MORNING)
    assert RETRY.max_attempts == rules.MOST_TRIES - 1


def test_one_that_fails_does_not_hold_up_the_others(failing, outbox_file):
    failing.error = KeyError("a fault in a gateway")
    bad = queue(ToContact(make_contact().pk))
    good = queue(ToContact(make_contact(phone="", email="liu@example.com").pk), dedupe="e2")
    with pytest.raises(NotAllSent):
        deliver_messages([*bad, *good], at=MORNING)
    assert len(mail.outbox) == 1
    assert Message.objects.get(pk=bad[0]).detail == "KeyError"


def test_a_refused_number_is_not_tried_again(failing):
    failing.error = Undeliverable("number 13812345678 is on the black list")
    deliver_messages(queue(ToContact(make_contact().pk)), at=MORNING)
    message = Message.objects.get()
    assert (message.state, message.reason, message.tries) == ("failed", "refused", 1)
    assert "13812345678" not in message.detail


def test_who_has_no_number_any_more_cannot_be_told():
    contact = make_contact()
    ids = queue(ToContact(contact.pk))
    erase_contacts(contact_ids=[contact.pk], actor=SYSTEM, at=MORNING)
    deliver_messages(ids, at=MORNING)
    assert Message.objects.values_list("state", "reason").get() == ("failed", "no-address")


def test_a_land_line_is_not_texted():
    ids = queue(ToContact(make_contact(phone="0755-25551234", notify_by="sms").pk))
    deliver_messages(ids, at=MORNING)
    assert Message.objects.values_list("state", "reason").get() == ("failed", "no-address")


def test_a_job_that_ran_late_into_the_night_waits_for_the_morning(outbox_file):
    (message_id,) = queue(ToContact(make_contact().pk))
    deliver_messages([message_id], at=NIGHT)
    nine = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    assert Message.objects.values_list("state", "due_at", "tries").get() == ("held", nine, 0)
    job = ProcrastinateJob.objects.latest("id")
    assert (job.scheduled_at, job.args) == (nine, {"message_ids": [message_id]})
    deliver_messages([message_id], at=nine)
    assert len(sent_lines(outbox_file)) == 1


def test_a_code_leaves_at_night_and_leaves_nothing_behind(outbox_file):
    ids = queue(
        ToPhone("+8613812345678", "zh-hans"), template="toy/code", context={"code": "481207"}, urgency="code", at=NIGHT
    )
    deliver_messages(ids, at=NIGHT)
    (line,) = sent_lines(outbox_file)
    assert line["text"] == "验证码 481207，5 分钟内有效。"
    message = Message.objects.get()
    assert (message.state, message.body, message.variables) == ("sent", "", {})
    assert message.recipient_phone.open() == ""


def test_a_message_is_sent_by_one_worker_while_the_other_holds_it(outbox_file):
    (message_id,) = queue(ToContact(make_contact().pk))
    Message.objects.update(claimed_until=MORNING + timedelta(minutes=1))
    deliver_messages([message_id], at=MORNING)
    assert sent_lines(outbox_file) == []


def test_delivery_is_at_least_once_with_one_reference(settings, outbox_file):
    """Killed between the gateway's answer and our commit: sent again when the lease is over, under the same name."""
    (message_id,) = queue(ToContact(make_contact().pk))
    settings.SMS_GATEWAY = f"{__name__}.DyingGateway"
    DyingGateway.taken = []
    with pytest.raises(SystemExit):
        deliver_messages([message_id], at=MORNING)
    settings.SMS_GATEWAY = "gongjian.notify.gateways.FileGateway"
    deliver_messages([message_id], at=MORNING + timedelta(minutes=1))  # the lease still holds
    assert sent_lines(outbox_file) == []
    later = MORNING + rules.LEASE + timedelta(minutes=3)
    assert sweep_undelivered(at=later) == 1
    assert ProcrastinateJob.objects.latest("id").args == {"message_ids": [message_id]}
    deliver_messages([message_id], at=later)
    (line,) = sent_lines(outbox_file)
    assert [line["reference"]] == DyingGateway.taken


def test_the_sweep_finds_what_lost_its_job_once():
    queue(ToContact(make_contact().pk))
    ProcrastinateJob.objects.all().delete()
    assert sweep_undelivered(at=MORNING + timedelta(minutes=4)) == 0
    assert sweep_undelivered(at=MORNING + timedelta(minutes=5)) == 1
    assert sweep_undelivered(at=MORNING + timedelta(minutes=6)) == 0
    assert ProcrastinateJob.objects.count() == 1


def test_a_full_disk_means_later(outbox_file, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.SMS_FILE_PATH = tmp_path / "file" / "sms.log"
    with pytest.raises(NotAllSent):
        deliver_messages(queue(ToContact(make_contact().pk)), at=MORNING)
    assert Message.objects.get().state == "queued"


@pytest.mark.parametrize(("code", "state"), [(550, "failed"), (450, "queued")])
def test_a_mail_server_that_refuses_is_believed_only_for_good_reasons(code, state, monkeypatch):
    def refuse(self, **_):
        raise smtplib.SMTPRecipientsRefused({"liu@example.com": (code, b"mailbox")})

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    ids = queue(ToContact(make_contact(phone="", email="liu@example.com").pk))
    if state == "queued":
        with pytest.raises(NotAllSent):
            deliver_messages(ids, at=MORNING)
    else:
        deliver_messages(ids, at=MORNING)
    assert Message.objects.get().state == state


def test_a_user_is_reached_at_the_number_of_today(outbox_file):
    user = make_resident("r")
    ids = queue(ToUser(user.pk))
    user.phone = "+8613912345678"
    user.save()
    deliver_messages(ids, at=MORNING)
    assert sent_lines(outbox_file)[0]["number"] == "+8613912345678"


def test_the_console_gateway_tells_only_the_log(settings, caplog):
    settings.SMS_GATEWAY = "gongjian.notify.gateways.ConsoleGateway"
    caplog.set_level("INFO", logger="gongjian")
    deliver_messages(queue(ToContact(make_contact().pk)), at=MORNING)
    assert Message.objects.get().state == "sent"
    assert Message.objects.get().reference in caplog.text
    assert "5678" not in caplog.text.replace(Message.objects.get().reference, "")
    assert "收到了" not in caplog.text
    assert sms_gateway() is sms_gateway()


def test_no_mail_without_an_address():
    user = make_user("u")
    Message.objects.create(
        recipient_user=user,
        channel="email",
        urgency="ordinary",
        template="t",
        language="en",
        subject="s",
        body="b",
        variables={},
        link="",
        dedupe="d",
        state="queued",
        detail="",
        due_at=MORNING,
        tries=0,
        reference="",
        created_at=MORNING,
    )
    deliver_messages([Message.objects.get().pk], at=MORNING)
    assert Message.objects.get().reason == "no-address"


def test_whatever_wrote_it_no_text_message_goes_where_none_is_allowed(outbox_file):
    ids = queue(ToContact(make_contact(phone="+85291234567", notify_by="sms").pk))
    deliver_messages(ids, at=MORNING)
    message = Message.objects.get()
    assert (message.state, message.reason, message.detail) == ("failed", "country", "+852")
    assert not outbox_file.exists()
    code = queue(ToPhone("+85291234567", "en"), template="toy/code", urgency="code")
    deliver_messages(code, at=MORNING)
    assert Message.objects.filter(reason="country").count() == 2
    assert not outbox_file.exists()
