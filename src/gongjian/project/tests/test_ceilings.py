"""Operators hear that sending reached its ceiling: by notice, on their page, from doctor and in the figures."""

from datetime import timedelta

import pytest

from gongjian.console.access import ConsoleRight
from gongjian.console.sweeps import sweep_ceilings
from gongjian.identity.models import Assignment, Role, RoleRight, Unit, User
from gongjian.notify.actions import send
from gongjian.notify.models import Message
from gongjian.notify.recipients import ToContact
from gongjian.notify.tasks import deliver_messages
from gongjian.parties.actions import contact_row
from gongjian.parties.models import Contact
from gongjian.project import vitals
from gongjian.project.figures import exposition
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db
AT = MONDAY_MORNING


@pytest.fixture
def operator(db):
    unit = Unit.objects.create(code="ops", name_zh="运维", name_en="Ops", short_zh="运", short_en="O", kind="bureau")
    user = User.objects.create(username="ops", kind="staff", language="zh-hans", created_at=AT)
    role = Role.objects.create(code="ops", name_zh="运维", name_en="Ops")
    RoleRight.objects.filter(right=ConsoleRight.HEALTH_READ).delete()  # of the cast, where it is there
    RoleRight.objects.create(role=role, right=ConsoleRight.HEALTH_READ)
    Assignment.objects.create(user=user, unit=unit, role=role, starts=AT - timedelta(days=1))
    return user


def flood(settings, tmp_path, n=3):
    settings.SENDING_CEILINGS = {"code": (1, 1), "sms": (1, 9), "email": (1, 9)}
    settings.SMS_FILE_PATH = tmp_path / "sms.log"
    given = {"name": "", "phone": "13812345678", "email": "", "language": "zh-hans", "at": AT}
    contact = Contact.objects.create(**contact_row(**given))
    for k in range(n):
        facts = {"template": "hotline/approve_applicant", "context": {"number": "1"}, "link": "", "dedupe": f"f{k}"}
        send(recipient=ToContact(contact.pk), at=AT, **facts)
    deliver_messages(list(Message.objects.order_by("pk").values_list("pk", flat=True)), at=AT)


def ceilings(at):
    return next(answer for name, answer in vitals.lines(at=at) if name == "ceilings")


def test_the_ceiling_is_an_alarm_until_there_is_room(settings, tmp_path, operator, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())
    assert ceilings(AT).level.name == "OK"
    assert sweep_ceilings(at=AT) == 0
    flood(settings, tmp_path)
    answer = ceilings(AT)
    assert answer.level.name == "WARN"
    assert "2 条" in answer.zh
    figures = exposition().decode()
    assert 'gongjian_sending_held{lane="sms"} 2.0' in figures
    assert 'gongjian_sending_full{lane="sms"} 1.0' in figures
    assert 'gongjian_sending_full{lane="code"} 0.0' in figures
    assert sweep_ceilings(at=AT) == 1
    assert sweep_ceilings(at=AT + timedelta(minutes=1)) == 0  # once an hour
    told = Message.objects.get(recipient_user=operator)
    assert (told.channel, told.state) == ("site", "sent")
    assert "给来件人的短信" in told.subject
    later = AT.replace(minute=0) + timedelta(hours=1)
    for hour in range(3):
        ids = list(Message.objects.filter(state="held").values_list("pk", flat=True))
        deliver_messages(ids, at=later + timedelta(hours=hour))
    assert ceilings(later + timedelta(hours=5)).level.name == "OK"
