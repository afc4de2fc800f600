from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from gongjian.identity.models import Assignment, Role, RoleRight, Unit, User
from gongjian.notify.gateways import _gateway_at
from gongjian.notify.wording import _template_name
from gongjian.parties.actions import contact_row
from gongjian.parties.models import Contact

MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in Shenzhen
NIGHT = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)  # 22:30


@pytest.fixture(autouse=True)
def toy_templates(settings):
    templates = deepcopy(django_settings.TEMPLATES)
    templates[0]["DIRS"] = [Path(__file__).parent / "templates"]
    settings.TEMPLATES = templates
    _template_name.cache_clear()
    yield
    _template_name.cache_clear()


@pytest.fixture(autouse=True)
def outbox_file(settings, tmp_path):
    settings.SMS_FILE_PATH = tmp_path / "outbox" / "sms.log"
    settings.SMS_GATEWAY = "gongjian.notify.gateways.FileGateway"
    yield settings.SMS_FILE_PATH
    _gateway_at.cache_clear()


def make_user(username, **over):
    facts = {"kind": "staff", "language": "zh-hans", "created_at": MORNING}
    return User.objects.create(**{**facts, **over}, username=username)


def make_resident(username, phone="+8613812345678", **over):
    return make_user(username, kind="resident", phone=phone, phone_index=phone.encode()[-16:], **over)


def make_contact(**over):
    given = {"name": "刘小明", "phone": "13812345678", "email": "", "language": "zh-hans", "at": MORNING}
    return Contact.objects.create(**contact_row(**{**given, **over}) | {"confirmed_at": MORNING})


@pytest.fixture
def unit(db):
    return Unit.objects.create(code="t", name_zh="某局", name_en="Bureau", short_zh="局", short_en="B", kind="bureau")


def assign(user, unit, right="hotline:case:sign", starts=MORNING, ends=None):
    role, _ = Role.objects.get_or_create(code=f"r-{right}"[:30], name_zh="岗", name_en="Desk")
    RoleRight.objects.get_or_create(role=role, right=right)
    return Assignment.objects.create(user=user, unit=unit, role=role, starts=starts, ends=ends)
