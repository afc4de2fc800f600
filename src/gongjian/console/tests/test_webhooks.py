"""Webhooks in the office: begun, changed, paused, tried out, sent again."""

import pytest

from gongjian.audit.models import AuditEntry
from gongjian.console.tests.visits import address, signed_in
from gongjian.httpapi.models import Delivery, Subscription
from gongjian.identity.tests.people import AT, staff
from gongjian.testing.assertions import assert_at_most_queries
from gongjian.testing.programs import DISTRICT_RIGHTS, make_key
from gongjian.testing.receiver import Receiver
from gongjian.workdays.clock import now

HOOKS = "/office/webhooks/"


@pytest.fixture
def admin(db):
    return signed_in(staff("admin", role="administrator", name="周岚"))


@pytest.fixture
def receiver(settings):
    settings.WEBHOOKS_INSIDE = True
    with Receiver(clock=lambda: now().timestamp()) as one:
        yield one


def begin(client, url, **over):
    key = make_key("district-key-of-the-platform", rights=DISTRICT_RIGHTS)
    page = client.post(f"{HOOKS}new/", {"key": key.pk, "name": "区平台", "url": url, **over})
    assert page.status_code == 200, page.text
    return Subscription.objects.get(), page.context["secret"]


def delivery(row, **over):
    made = {"subscription": row, "event_id": Delivery.objects.count() + 1, "case_id": 1, "number": "YT-2611-00001"}
    moments = {"next_try_at": AT, "happened_at": AT, "created_at": AT}
    return Delivery.objects.create(**made, **moments, move="sign", body="{}", **over)


def test_a_webhook_begins_and_its_secret_is_shown_once(admin, receiver):
    row, secret = begin(admin, receiver.url, kinds=["hotline.complaint"], moves=["sign", "return"])
    assert row.kinds == ["hotline.complaint"]
    assert sorted(row.moves) == ["return", "sign"]
    page = admin.get(address("webhook", row.pk))
    assert secret not in page.text
    assert "投诉" in page.text
    assert "签收" in page.text
    assert AuditEntry.objects.get(action="httpapi.webhook.create").detail == receiver.url


def test_a_test_message_arrives_signed(admin, receiver):
    row, secret = begin(admin, receiver.url)
    receiver.secrets.append(secret)
    page = admin.post(address("webhook_act", row.pk, "ping"), follow=True)
    assert "测试消息送到了" in page.text
    assert receiver.got[0]["type"] == "ping"
    receiver.secrets[:] = ["whsec_" + "A" * 43 + "="]
    assert "没有送到：401" in admin.post(address("webhook_act", row.pk, "ping"), follow=True).text


def test_it_is_paused_changed_renewed_and_removed(admin, receiver):
    row, secret = begin(admin, receiver.url)
    admin.post(address("webhook_act", row.pk, "off"))
    assert "人工停用" in admin.get(HOOKS).text
    admin.post(address("webhook_act", row.pk, "on"))
    row.refresh_from_db()
    assert row.active
    changed = {"name": "区平台 正式", "url": receiver.url, "moves": ["sign"]}
    assert admin.post(address("webhook_edit", row.pk), changed).url == address("webhook", row.pk)
    renewed = admin.post(address("webhook_act", row.pk, "secret")).context["secret"]
    assert renewed != secret
    assert admin.post(address("webhook_act", row.pk, "remove")).url == HOOKS
    assert not Subscription.objects.exists()
    acts = list(
        AuditEntry.objects.filter(action__startswith="httpapi.webhook.").order_by("pk").values_list("action", flat=True)
    )
    assert [a.rpartition(".")[2] for a in acts] == ["create", "off", "on", "change", "secret", "remove"]


def test_the_log_is_read_and_acted_on(admin, receiver):
    row, _secret = begin(admin, receiver.url)
    given_up = delivery(row, state="given_up", status=500, error="broken", tries=13)
    waiting = delivery(row)
    sent = delivery(row, state="sent", status=204, tries=1)
    page = admin.get(address("webhook", row.pk))
    assert len(page.context["lines"]) == 3
    assert "broken" in page.text
    assert len(admin.get(address("webhook", row.pk) + "?state=sent").context["lines"]) == 1
    admin.post(address("delivery_act", row.pk, sent.pk, "retry"))
    admin.post(address("delivery_act", row.pk, waiting.pk, "discard"))
    admin.post(address("webhook_act", row.pk, "failed"))
    assert set(Delivery.objects.values_list("state", flat=True)) == {"waiting"}
    assert Delivery.objects.get(pk=given_up.pk).tries == 0
    assert admin.post(address("webhook_act", row.pk, "from"), {"from_event": "2"}).status_code == 302
    assert admin.post(address("webhook_act", row.pk, "from"), {"from_event": "x"}).status_code == 422
    for path in (address("delivery_act", row.pk, 999_999, "retry"), address("delivery_act", row.pk, sent.pk, "eat"),
                 address("webhook_act", row.pk, "eat"), address("webhook_act", 999_999, "on")):  # fmt: skip
        assert admin.post(path).status_code == 404


def test_wrong_input_is_said_at_its_field(admin, receiver):
    key = make_key()
    for over, words in (
        ({"url": "example"}, "完整的网址"),
        ({"url": "https://user:pw@example.org/"}, "用户名"),
        ({"key": "999999"}, "没有这一项"),
        ({"kinds": ["hotline.gossip"]}, "没有这一项"),
        ({"name": ""}, "还没填“名字”"),
    ):
        page = admin.post(f"{HOOKS}new/", {"key": key.pk, "name": "x", "url": receiver.url} | over)
        assert page.status_code == 422
        assert words in page.text
    assert not Subscription.objects.exists()


def test_lists_keep_their_budget(admin, receiver):
    row, _secret = begin(admin, receiver.url)
    for _ in range(4):
        delivery(row)
    for path, most in ((HOOKS, 5), (address("webhook", row.pk), 6)):
        admin.get(path)
        with assert_at_most_queries(most):
            assert admin.get(path).status_code == 200


@pytest.mark.parametrize("role", ["handler", "supervisor", "operator", "auditor"])
def test_webhooks_are_for_administrators(db, role):
    client = signed_in(staff(role=role))
    for path in (HOOKS, f"{HOOKS}new/", f"{HOOKS}1/", f"{HOOKS}1/edit/"):
        assert client.get(path).status_code == 403
    assert client.post(address("webhook_act", 1, "ping")).status_code == 403
    assert client.post(address("delivery_act", 1, 1, "retry")).status_code == 403
