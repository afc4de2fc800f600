import pytest
from django.db import connection

from gongjian.casework.models import CaseEvent
from gongjian.casework.tasks import tell_event
from gongjian.notify.models import Message
from gongjian.testing.cases import again, make_request
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db


def told(case, move):
    event = CaseEvent.objects.filter(case=case, move=move).latest("pk")
    return tell_event(event.pk, at=MONDAY_MORNING)


def test_the_job_of_a_move_is_in_the_queue_with_the_move(district):
    make_request()
    with connection.cursor() as cursor:
        cursor.execute("select task_name, queue_name, args, status::text from procrastinate_jobs")
        rows = cursor.fetchall()
    event = CaseEvent.objects.get()
    assert rows == [("casework.tell", "notices", f'{{"event_id": {event.pk}}}', "todo")]


def test_the_resident_is_told_of_the_dispatch_and_the_unit_of_its_case(district):
    case = make_request(state="dispatched")
    assert told(case, "dispatch") > 0
    sms = Message.objects.get(channel="sms")
    assert case.number in sms.body
    assert sms.recipient_contact_id == case.parties.get().contact_id
    inside = Message.objects.filter(channel="site", recipient_user__isnull=False)
    assert inside
    assert "郑海峰" not in sms.body


def test_a_second_run_of_the_job_tells_nobody_twice(district):
    case = make_request(state="dispatched")
    first = told(case, "dispatch")
    assert (first > 0, told(case, "dispatch")) == (True, 0)


def test_an_anonymous_report_is_told_to_nobody(district):
    case = make_request(reporter={})
    assert told(case, "register") == 0


def test_the_answer_reaches_the_resident(district):
    case = again(make_request(state="replied"))
    told(case, "approve")
    assert Message.objects.filter(channel="sms", body__contains=case.number).exists()
