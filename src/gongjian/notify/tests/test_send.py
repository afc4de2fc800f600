from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.template import TemplateDoesNotExist
from procrastinate.contrib.django.models import ProcrastinateJob

from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import Deputy
from gongjian.notify.actions import mark_read, report_bounce, send, set_preference
from gongjian.notify.models import Message
from gongjian.notify.ownwords import own_words
from gongjian.notify.queries import inbox, lost, preferences, told, unread
from gongjian.notify.recipients import ToContact, ToPhone, ToUnit, ToUser
from gongjian.notify.tasks import deliver
from gongjian.notify.tests.conftest import MORNING, NIGHT, assign, make_contact, make_resident, make_user
from gongjian.parties.actions import erase_contacts

pytestmark = pytest.mark.django_db
CONTEXT = {"number": "YT-2611-04178", "greeting": "刘先生 <b>", "inside_words": "internal", "secret": "x"}


def tell(recipient, **over):
    facts = {"template": "toy/received", "context": CONTEXT, "link": "/t/1", "dedupe": "e1", "at": MORNING}
    return send(recipient=recipient, **{**facts, **over})


def rows(*names):
    return list(Message.objects.order_by("id").values_list(*names))


def test_a_resident_is_told_on_the_site_and_by_text_message():
    user = make_resident("r")
    assert tell(ToUser(user.pk)) == 2
    site, sms = Message.objects.order_by("-channel")
    sms, site = (sms, site) if sms.channel == "sms" else (site, sms)
    assert (site.state, site.subject) == ("sent", "件号 YT-2611-04178 已收到")
    assert site.body == "刘先生 <b>，我们会办。http://127.0.0.1:8000/t/1"
    assert (sms.state, sms.subject) == ("queued", "")
    assert sms.body == "收到了。件号 YT-2611-04178， 刘先生 <b>，查进度：http://127.0.0.1:8000/t/1"
    assert unread(user.pk) == 1


def test_everything_goes_in_one_statement(django_assert_num_queries, unit):
    for name in ("a", "b", "c"):
        assign(make_user(name), unit)
    own_words("toy/received", "site", "zh-hans", MORNING.date())  # the table comes into memory
    with django_assert_num_queries(1):
        assert tell(ToUnit(unit.pk, "hotline:case:sign")) == 3


def test_an_operator_gets_only_what_the_text_inserts():
    contact = make_contact()
    tell(ToContact(contact.pk))
    assert Message.objects.get().variables == {
        "number": "YT-2611-04178",
        "greeting": "刘先生 <b>",
        "link": "http://127.0.0.1:8000/t/1",
    }


def test_everybody_reads_it_in_their_language(unit):
    zh, en, other = make_user("zh"), make_user("en", language="en-gb"), make_user("fr", language="fr")
    for user in (zh, en, other):
        assign(user, unit)
    tell(ToUnit(unit.pk, "hotline:case:sign"))
    by_user = dict(rows("recipient_user", "language"))
    assert by_user == {zh.pk: "zh-hans", en.pk: "en", other.pk: "zh-hans"}
    assert Message.objects.get(recipient_user=en.pk).subject == "We have YT-2611-04178"
    assert "&" in Message.objects.get(recipient_user=en.pk).body


def test_english_falls_back_to_chinese_and_no_text_at_all_is_an_error():
    user = make_user("en", language="en")
    assert tell(ToUser(user.pk), template="toy/onlyzh") == 1
    assert Message.objects.get().subject == "只有中文 YT-2611-04178"
    with pytest.raises(TemplateDoesNotExist):
        tell(ToUser(user.pk), template="toy/nothing")


def test_a_unit_means_those_who_hold_the_right_now_and_their_deputies(unit):
    clerk, gone, other, away, deputy, closed = (
        make_user(n, is_active=n != "closed") for n in ("clerk", "gone", "other", "away", "deputy", "closed")
    )
    assign(clerk, unit)
    assign(gone, unit, starts=MORNING - timedelta(days=9), ends=MORNING)
    assign(other, unit, right="hotline:case:read")
    assign(away, unit)
    assign(closed, unit)
    Deputy.objects.create(absent=away, deputy=deputy, starts=MORNING, ends=MORNING + timedelta(days=1))
    tell(ToUnit(unit.pk, "hotline:case:sign"))
    assert {user for (user,) in rows("recipient_user")} == {clerk.pk, away.pk, deputy.pk}


def test_the_same_dedupe_tells_nobody_twice():
    user = make_resident("r")
    assert tell(ToUser(user.pk)) == 2
    assert tell(ToUser(user.pk)) == 0
    assert tell(ToUser(user.pk), dedupe="e2") == 2
    assert tell(ToUser(user.pk), dedupe="x" * 500) == 2
    assert tell(ToUser(user.pk), dedupe="x" * 500) == 0
    assert ProcrastinateJob.objects.count() == 3


def test_a_text_message_at_night_waits_until_nine_unless_it_is_urgent():
    contact = make_contact()
    tell(ToContact(contact.pk), at=NIGHT)
    tell(ToContact(contact.pk), at=NIGHT, dedupe="e2", urgency="urgent")
    nine = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    assert rows("state", "due_at") == [("held", nine), ("queued", NIGHT)]
    jobs = ProcrastinateJob.objects.order_by("id").values_list("scheduled_at", "priority")
    assert list(jobs) == [(nine, 0), (None, 10)]


def test_who_asked_for_mail_gets_mail_and_who_wants_nothing_gets_nothing():
    by_mail = make_contact(phone="", email="liu@example.com", language="en")
    nothing = make_contact(notify_by="none")
    erased = make_contact()
    erase_contacts(contact_ids=[erased.pk], actor=SYSTEM, at=MORNING)
    assert tell(ToContact(by_mail.pk)) == 1
    assert tell(ToContact(nothing.pk)) == tell(ToContact(erased.pk)) == tell(ToContact(987654321)) == 0
    message = Message.objects.get()
    assert (message.channel, message.subject) == ("email", "We have your case YT-2611-04178")
    assert message.body.startswith("Hello,\n\nwe have it.")


def test_a_user_chooses_channels_but_urgent_ones_come_anyway():
    user = make_resident("r", email="liu@example.com")
    for channel, on in (("site", False), ("sms", False), ("email", True), ("email", True)):
        set_preference(user_id=user.pk, kind="toy/received", channel=channel, on=on)
    assert preferences(user.pk) == {
        ("toy/received", "site"): False,
        ("toy/received", "sms"): False,
        ("toy/received", "email"): True,
    }
    tell(ToUser(user.pk))
    assert rows("channel") == [("email",)]
    tell(ToUser(user.pk), dedupe="e2", urgency="urgent")
    assert sorted(rows("channel")[1:]) == [("email",), ("site",), ("sms",)]


def test_staff_get_text_messages_only_on_wish_or_when_it_is_urgent():
    staff = make_user("s", phone="+8613912345678", phone_index=b"i" * 16)
    tell(ToUser(staff.pk))
    assert rows("channel") == [("site",)]
    tell(ToUser(staff.pk), dedupe="e2", urgency="urgent")
    assert sorted(rows("channel")[1:]) == [("site",), ("sms",)]


def test_a_code_goes_to_a_number_nobody_knows_yet():
    assert (
        send(
            recipient=ToPhone("+8613812345678", "en"),
            template="toy/code",
            context={"code": "481207"},
            link="",
            dedupe="c1",
            at=NIGHT,
            urgency="code",
        )
        == 1
    )
    message = Message.objects.get()
    assert (message.state, message.body, message.due_at) == ("queued", "验证码 481207，5 分钟内有效。", NIGHT)
    assert message.recipient_phone.open() == "+8613812345678"


def test_the_job_is_what_defer_would_write():
    tell(ToContact(make_contact().pk), urgency="urgent")
    ours = ProcrastinateJob.objects.get()
    theirs = ProcrastinateJob.objects.get(
        pk=deliver.configure(priority=10).defer(message_ids=[Message.objects.get().pk])
    )
    columns = (
        "queue_name",
        "task_name",
        "priority",
        "lock",
        "queueing_lock",
        "args",
        "status",
        "scheduled_at",
        "attempts",
    )
    assert [getattr(ours, c) for c in columns] == [getattr(theirs, c) for c in columns]


def test_messages_and_jobs_go_with_the_transaction_that_wrote_them():
    contact = make_contact()
    with transaction.atomic():
        tell(ToContact(contact.pk))
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_the_inbox_pages_by_key_and_forgets_what_was_read(django_assert_num_queries):
    user, other = make_user("a"), make_user("b")
    for n in range(5):
        tell(ToUser(user.pk), dedupe=f"e{n}")
    tell(ToUser(other.pk))
    with django_assert_num_queries(1):
        first = inbox(user.pk, size=2)
    second = inbox(user.pk, first.next, size=2)
    third = inbox(user.pk, second.next, size=2)
    ids = [m.pk for page in (first, second, third) for m in page.messages]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 5
    assert third.next is None
    assert mark_read(user_id=other.pk, message_ids=ids, at=MORNING) == 0
    assert mark_read(user_id=user.pk, message_ids=ids[:2], at=MORNING) == 2
    assert mark_read(user_id=user.pk, message_ids=ids[:2], at=MORNING) == 0
    assert unread(user.pk) == 3
    assert mark_read(user_id=user.pk, at=MORNING) == 3
    assert unread(user.pk) == 0


def test_a_bounce_is_shown_where_the_message_is_shown():
    contact = make_contact()
    tell(ToContact(contact.pk))
    Message.objects.update(state="sent", reference="op-1")
    assert report_bounce(reference="op-1", detail="13812345678 empty number")
    assert not report_bounce(reference="op-1", detail="again")
    message = told([contact.pk]).get()
    assert (message.state, message.reason) == ("bounced", "refused")
    assert "13812345678" not in message.detail
    assert list(lost()) == [message]


def test_a_message_has_exactly_one_recipient():
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where conname = 'message_has_one_recipient'"
        )
        assert "recipient_phone" in cursor.fetchone()[0]
