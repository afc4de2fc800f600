"""A notice that did not reach the resident is shown on the case and mended; people choose what they are told."""

from datetime import time, timedelta

import pytest
from django.urls import reverse

from gongjian.audit.models import AuditEntry
from gongjian.casework.models import CaseEvent, CaseParty
from gongjian.casework.tasks import tell_event
from gongjian.domains.hotline.tests.staff_pages import AT, CALL_TAKER, HANDLER, SUPERVISOR, act, at_desk, case_url, page
from gongjian.identity.models import User
from gongjian.notify import actions, queries
from gongjian.notify.models import Channel, Message, NoticePreference, QuietHours, State
from gongjian.notify.recipients import ToContact, ToUser
from gongjian.sealing.index import blind_index
from gongjian.testing.assertions import assert_at_most_queries
from gongjian.testing.cases import again, make_request
from gongjian.testing.cast import actor

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
CHOICES = "/me/notices/"
CONTEXT = {
    "number": "YT-1",
    "title": "噪声",
    "words": "好了",
    "request": None,
    "kind": "投诉",
    "act": "派件",
    "state": "x",
}


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch, steady_memory):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def lose(case, *, n=1, state=State.BOUNCED, reason="refused"):
    contact = CaseParty.objects.get(case=case).contact_id
    for i in range(n):
        actions.send(
            recipient=ToContact(contact),
            template="hotline/dispatch_applicant",
            context=CONTEXT,
            link="",
            dedupe=f"lost-{case.pk}-{i}",
            at=AT,
        )
    Message.objects.filter(recipient_contact=contact).update(state=state, reason=reason, detail="空号")
    return list(Message.objects.filter(recipient_contact=contact).order_by("pk"))


def test_the_case_says_what_did_not_arrive_until_somebody_has_spoken_to_the_resident():
    case = make_request(state="in_progress")
    client = at_desk(HANDLER)
    assert "没有送达" not in page(client.get(case_url(case)))
    lose(case)
    shown = page(client.get(case_url(case)))
    assert "短信没有送达：号码或地址被拒收" in shown
    assert "改打电话告诉来件人" in shown
    assert "再发一次，或不再发" not in shown
    assert "再发一次，或不再发" in page(at_desk(CALL_TAKER).get(case_url(case)))
    with assert_at_most_queries(6):
        client.get(case_url(case))
    Message.objects.update(created_at=AT - timedelta(hours=1))
    act(client, again(case), "contact", reached="yes", remark="打电话说了。")
    assert "没有送达" not in page(client.get(case_url(case)))


def test_lost_messages_are_listed_sent_again_and_given_up_with_a_reason():
    case = make_request(state="in_progress")
    first, second = lose(case, n=2)[-2:]
    client = at_desk(CALL_TAKER)
    shown = page(client.get(reverse("console:undelivered")))
    for words in ("派给了哪个单位", case.number, "138 ********", "空号"):
        assert words in shown, words
    assert "13800006021" not in shown
    wrong = client.post(reverse("console:undelivered_act"), {"message": [first.pk], "act": "drop", "why": " "})
    assert wrong.status_code == 422
    assert "要写一句为什么" in page(wrong)
    typed = "打" * 201
    wrong = client.post(reverse("console:undelivered_act"), {"message": [first.pk], "act": "drop", "why": typed})
    assert wrong.status_code == 422
    assert f'value="{typed}"' in page(wrong)
    assert f'value="{first.pk}" checked' in page(wrong)
    assert client.post(reverse("console:undelivered_act"), {"act": "again"}).status_code == 422
    client.post(reverse("console:undelivered_act"), {"message": [first.pk], "act": "drop", "why": "打过电话了"})
    client.post(reverse("console:undelivered_act"), {"message": [second.pk], "act": "again"})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.settled_why) == (State.DROPPED, "打过电话了")
    assert (second.state, second.tries, second.reason) == (State.QUEUED, 0, "")
    assert set(AuditEntry.objects.filter(object_kind="message").values_list("action", flat=True)) == {
        "notify.message.drop",
        "notify.message.retry",
    }
    # A second press finds nothing to do.
    who = actor(CALL_TAKER, at=AT)
    assert actions.send_again(message_ids=[first.pk, second.pk], actor=who, at=AT) == 0
    assert actions.give_up(message_ids=[second.pk], why="x", actor=who, at=AT) == 0


def test_the_counts_and_the_table_are_there_for_whoever_mends():
    case = make_request(state="in_progress")
    n = len(lose(case, state=State.FAILED))
    counted = queries.undelivered()
    assert (counted.failed, counted.bounced, counted.total) == (n, 0, n)
    assert counted.oldest_at == min(Message.objects.filter(state=State.FAILED).values_list("created_at", flat=True))
    client = at_desk(CALL_TAKER)
    text = b"".join(client.get(reverse("console:undelivered_table")).streaming_content).decode()
    assert case.number in text
    assert "13800006021" not in text
    assert AuditEntry.objects.filter(action="hotline.export", object_id="undelivered").exists()
    assert at_desk(HANDLER).get(reverse("console:undelivered")).status_code == 403
    assert at_desk(HANDLER).post(reverse("console:undelivered_act")).status_code == 403
    client.get(reverse("console:undelivered"))
    with assert_at_most_queries(6):
        client.get(reverse("console:undelivered"))


def test_staff_choose_ways_and_quiet_hours():
    client, user = at_desk(SUPERVISOR), User.objects.get(username=SUPERVISOR)
    shown = page(client.get(CHOICES))
    assert 'name="hotline/staff:site" checked' in shown
    assert 'name="hotline/staff:email">' in shown
    given = {"hotline/staff:email": "on", "starts": "12:00", "ends": "14:00"}
    assert client.post(CHOICES, given).status_code == 302
    assert {(p.channel, p.on) for p in NoticePreference.objects.filter(user=user, kind="hotline/staff")} == {
        ("site", False),
        ("email", True),
    }
    assert QuietHours.objects.get(user=user).starts == time(12)
    assert 'name="hotline/staff:email" checked' in page(client.get(CHOICES))
    bad = client.post(CHOICES, {"starts": "12:00", "ends": "noon"})
    assert bad.status_code == 422
    assert "开始和结束都要写" in page(bad)
    client.post(CHOICES, {"hotline/staff:site": "on"})
    assert not QuietHours.objects.exists()


def resident():
    """Return the one of the cast whose number the cases stand on."""
    return User.objects.get(kind="resident", phone_index=blind_index("+8613800006021", "phone"))


def told(template, *, at=AT, n=0):
    case = make_request(state="received")
    Message.objects.all().delete()
    contact = CaseParty.objects.get(case=case).contact_id
    actions.send(
        recipient=ToContact(contact), template=template, context=CONTEXT, link="", dedupe=f"{template}-{n}", at=at
    )
    return Message.objects.filter(recipient_contact=contact).first()


def test_a_resident_who_signs_in_chooses_for_the_cases_of_the_number():
    user = resident()
    assert told("hotline/dispatch_applicant") is not None
    actions.set_preference(user_id=user.pk, kind="hotline/dispatch_applicant", channel=Channel.SMS, on=False)
    assert told("hotline/dispatch_applicant", n=1) is None
    assert told("hotline/approve_applicant") is not None
    # What cannot be switched off comes whatever a row says.
    actions.set_preference(user_id=user.pk, kind="hotline/ask_citizen_applicant", channel=Channel.SMS, on=False)
    assert told("hotline/ask_citizen_applicant") is not None


def test_the_page_of_a_resident_says_why_something_cannot_be_switched_off(client):
    client.force_login(resident(), backend="gongjian.identity.backends.AssignmentBackend")
    shown = page(client.get(CHOICES))
    assert "没有它就登录不了" in shown
    assert "影响您权利的决定" in shown
    assert "件的动态" not in shown
    client.post(CHOICES, {"hotline/ask_citizen_applicant:sms": ""})
    assert not NoticePreference.objects.filter(kind="hotline/ask_citizen_applicant").exists()


@pytest.mark.parametrize(
    ("span", "now", "leaves"),
    [
        ((time(12), time(14)), (13, 0), (14, 0)),
        ((time(12), time(14)), (14, 0), (14, 0)),
        ((time(19), time(10)), (19, 30), (10, 0)),
        ((time(8), time(10)), (22, 0), (10, 0)),  # the house's own quiet hours end in the middle of them
    ],
)
def test_a_text_message_waits_for_the_end_of_ones_own_quiet_hours(span, now, leaves):
    actions.set_quiet_hours(user_id=resident().pk, span=span)
    at = AT.replace(hour=now[0], minute=now[1])
    message = told("hotline/dispatch_applicant", at=at)
    due = message.due_at.astimezone(AT.tzinfo)
    assert (due.hour, due.minute) == leaves
    assert message.state == (State.QUEUED if now == leaves else State.HELD)


def test_what_is_urgent_waits_for_nobody():
    user = User.objects.get(username=SUPERVISOR)
    actions.set_quiet_hours(user_id=user.pk, span=(time(0, 1), time(23, 59)))
    actions.send(
        recipient=ToUser(user.pk), template="hotline/staff", context=CONTEXT, link="", dedupe="u", at=AT,
        urgency="urgent",
    )  # fmt: skip
    assert not Message.objects.filter(recipient_user=user, dedupe__startswith="u", state=State.HELD).exists()


def test_the_notice_of_a_new_case_says_why_it_came():
    case = make_request(state="dispatched")
    tell_event(CaseEvent.objects.get(case=case, move="dispatch").pk, at=AT)
    told_unit = Message.objects.filter(template="hotline/staff", link__contains=case.number).first()
    assert "为什么派来：" in told_unit.body
    assert "目录 2026-10 第 " in told_unit.body
    assert "不归本单位就退回" in told_unit.body
