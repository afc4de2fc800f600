"""What leaves the whole installation in an hour and a day: exactly up to the ceiling, the rest waits and goes later."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, connections
from procrastinate.contrib.django.models import ProcrastinateJob

from gongjian.notify.ceilings import Claim, claim, reached
from gongjian.notify.models import Message, SendingAllowance
from gongjian.notify.recipients import ToContact, ToPhone, ToUser
from gongjian.notify.tasks import deliver_messages
from gongjian.notify.tests.conftest import MORNING, make_contact, make_resident
from gongjian.notify.tests.test_deliver import queue, sent_lines
from gongjian.testing.assertions import assert_at_most_queries

HOUR = timedelta(hours=1)
FULL_HOUR = MORNING.replace(minute=20)


@pytest.fixture(autouse=True)
def low(settings):
    settings.SENDING_CEILINGS = {"code": (2, 10), "sms": (3, 5), "email": (1, 2)}


def notices(n, **over):
    """Queue text messages to n strangers."""
    contact = make_contact(**over)
    for k in range(n):
        queue(ToContact(contact.pk), dedupe=f"e{k}-{contact.pk}")
    return list(Message.objects.filter(recipient_contact=contact).order_by("pk").values_list("pk", flat=True))


def states(ids):
    return list(Message.objects.filter(pk__in=ids).order_by("pk").values_list("state", "reason"))


@pytest.mark.django_db
def test_what_is_over_the_ceiling_waits_and_goes_when_there_is_room(outbox_file):
    ids = notices(7)
    deliver_messages(ids, at=FULL_HOUR)
    assert states(ids) == [("sent", "")] * 3 + [("held", "ceiling")] * 4
    due = Message.objects.get(pk=ids[-1]).due_at
    assert due == FULL_HOUR.replace(minute=0) + HOUR
    assert ProcrastinateJob.objects.filter(scheduled_at=due).count() == 4
    deliver_messages(ids, at=due)  # two more, then the day is full
    assert states(ids) == [("sent", "")] * 5 + [("held", "ceiling")] * 2
    (told,) = reached(since=FULL_HOUR)
    assert (told.lane, told.waiting) == ("sms", 2)
    tomorrow = Message.objects.get(pk=ids[-1]).due_at
    assert tomorrow == told.next_at
    assert tomorrow > due + HOUR
    deliver_messages(ids, at=tomorrow + 10 * HOUR)
    assert states(ids) == [("sent", "")] * 7
    assert len(sent_lines(outbox_file)) == 7
    assert not reached(since=tomorrow)


@pytest.mark.django_db
def test_codes_and_notices_and_accounts_do_not_take_each_others_room(outbox_file):
    codes = [
        queue(ToPhone(f"+861380013800{k}", "zh-hans"), template="toy/code", urgency="code", dedupe=f"c{k}")[-1]
        for k in range(4)
    ]
    deliver_messages(codes, at=MORNING)
    assert states(codes) == [("sent", "")] * 2 + [("failed", "ceiling")] * 2
    assert not Message.objects.filter(pk__in=codes).exclude(body="").exists()  # a code is over
    ids = notices(4)
    deliver_messages(ids, at=MORNING)
    assert [state for state, _reason in states(ids)] == ["sent"] * 3 + ["held"]
    own = queue(ToUser(make_resident("r").pk), dedupe="own")[-1:]
    deliver_messages(own, at=MORNING)
    assert states(own) == [("sent", "")]
    letters = notices(2, phone="", email="a@example.org")
    deliver_messages(letters, at=MORNING)
    assert states(letters) == [("sent", ""), ("held", "ceiling")]
    assert len(mail.outbox) == 1
    assert {one.lane for one in reached(since=MORNING)} == {"code", "sms", "email"}


@pytest.mark.django_db
def test_a_place_costs_one_statement_and_no_place_is_lost():
    (first, second) = (Message.objects.get(pk=pk) for pk in notices(2))
    claim(first, until=MORNING + HOUR, at=MORNING)  # the rows of the lane are made
    with assert_at_most_queries(1):
        assert claim(second, until=MORNING + HOUR, at=MORNING) is Claim.MINE
    for _again in range(5):
        assert claim(second, until=MORNING + HOUR, at=MORNING) is Claim.OTHERS
    assert sum(SendingAllowance.objects.filter(span="hour").values_list("taken", flat=True)) == 2


@pytest.mark.django_db(transaction=True)
def test_many_workers_together_send_exactly_up_to_the_ceiling(settings):
    settings.SENDING_CEILINGS = {"sms": (21, 1_000), "email": (1, 1), "code": (1, 1)}
    messages = [Message.objects.get(pk=pk) for pk in notices(60)]

    def work(message):
        try:
            return claim(message, until=MORNING + HOUR, at=MORNING)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(work, messages))
    mine = found.count(Claim.MINE)
    assert mine <= 21
    found += [claim(m, until=MORNING + 2 * HOUR, at=MORNING) for m in messages]
    assert found.count(Claim.MINE) == 21
    assert sum(SendingAllowance.objects.filter(lane="sms", span="day").values_list("taken", flat=True)) == 21
    assert Message.objects.filter(tries=1).count() == 21


@pytest.mark.django_db
@pytest.mark.parametrize("ceiling", [0, 1, 15, 16, 17, 100])
def test_the_shares_of_a_lane_are_the_whole_ceiling(settings, ceiling):
    settings.SENDING_CEILINGS["sms"] = (ceiling, 1_000)
    message = Message.objects.get(pk=notices(1)[0])
    claim(message, until=MORNING + HOUR, at=MORNING)
    with connection.cursor() as cursor:
        cursor.execute(
            "select sum((%s + 15 - share) / 16) from notify_sendingallowance where lane = 'sms' and span = 'hour'",
            [ceiling],
        )
        assert cursor.fetchone()[0] == ceiling
