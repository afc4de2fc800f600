"""A gateway tells by its key what never arrived."""

import hashlib

import pytest
from django.urls import reverse

from gongjian.identity.models import ApiKey, User
from gongjian.notify.models import Message, State
from gongjian.testing.clock import MONDAY_MORNING as AT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("district")]
KEY = "k" * 43


@pytest.fixture(autouse=True)
def _morning(monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())


def key(*rights):
    user = User.objects.create(username="gateway", kind="program", created_at=AT)
    ApiKey.objects.create(
        hash=hashlib.sha256(KEY.encode()).digest(),
        prefix="k",
        name="网关",
        user=user,
        rights=list(rights),
        created_at=AT,
    )


def sent(reference="r-1"):
    user = User.objects.filter(kind="resident").first()
    return Message.objects.create(
        recipient_user=user, channel="sms", urgency="ordinary", template="hotline/staff", language="zh-hans",
        body="x", variables={}, dedupe=reference, state=State.SENT, due_at=AT, tries=1, reference=reference,
        created_at=AT, sent_at=AT,
    )  # fmt: skip


def tell(client, body, **headers):
    return client.post(reverse("console:receipts"), body, content_type="application/json", headers=headers)


def test_what_never_arrived_is_noted_once(client):
    key("console:receipts:write")
    message = sent()
    body = {"receipts": [{"reference": "r-1", "detail": "空号 13800006021"}, {"reference": "unknown"}]}
    assert tell(client, body, **{"X-Api-Key": KEY}).json() == {"received": 2, "noted": 1}
    message.refresh_from_db()
    assert message.state == State.BOUNCED
    assert "13800006021" not in message.detail
    assert tell(client, body, **{"X-Api-Key": KEY}).json()["noted"] == 0


def test_without_the_key_or_its_right_nothing_is_noted(client):
    message = sent()
    body = {"receipts": [{"reference": "r-1"}]}
    assert tell(client, body).status_code == 401
    key("hotline:case:intake")
    assert tell(client, body, **{"X-Api-Key": KEY}).status_code == 403
    message.refresh_from_db()
    assert message.state == State.SENT


@pytest.mark.parametrize(
    "body", ["", "[]", '{"receipts": "r"}', '{"receipts": [{}]}', '{"receipts": [{"reference": "\\u0000"}]}']
)
def test_what_is_no_list_of_receipts_is_refused(client, body):
    key("console:receipts:write")
    assert tell(client, body, **{"X-Api-Key": KEY}).status_code == 400
