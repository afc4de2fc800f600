"""Keys of programs in the office: given with plain words, shown once, renewed, taken back."""

from datetime import timedelta

import pytest

from gongjian.audit.models import AuditEntry
from gongjian.console.tests.visits import address, signed_in
from gongjian.httpapi.models import KeyUse, Subscription
from gongjian.identity.models import ApiKey, User
from gongjian.identity.queries import program_key, units
from gongjian.identity.tests.people import AT, staff
from gongjian.testing.assertions import assert_at_most_queries
from gongjian.workdays.clock import now

KEYS = "/office/keys/"


@pytest.fixture
def admin(db):
    return signed_in(staff("admin", role="administrator", name="周岚"))


def facts(**over):
    return {
        "name": "环保局办件系统",
        "program": "hbj-system",
        "rights": ["hotline:case:read_unit", "hotline:case:sign"],
        "unit": units().by_code["hbj"].id,
        "per_minute": "300",
        "expires": "2027-12-31",
    } | over


def give(client, **over):
    page = client.post(f"{KEYS}new/", facts(**over))
    assert page.status_code == 200, page.text
    return page.context["plaintext"]


def test_a_key_is_given_shown_once_and_opens_what_was_picked(admin):
    plaintext = give(admin)
    found = program_key(plaintext, at=now())
    assert found.actor.rights == {"hotline:case:read_unit", "hotline:case:sign"}
    assert (found.actor.username, found.per_minute) == ("hbj-system", 300)
    key = ApiKey.objects.get()
    assert key.expires_at.isoformat() == "2027-12-31T16:00:00+00:00"
    page = admin.get(f"{KEYS}{key.pk}/")
    assert plaintext not in page.text
    assert "替单位签收" in page.text
    assert "没有用过" in page.text
    entry = AuditEntry.objects.get(action="httpapi.key.create")
    assert entry.detail == "hotline:case:read_unit hotline:case:sign"
    assert plaintext not in entry.detail


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"unit": ""}, "要选是哪个单位"),
        ({"rights": []}, "还没填“权限”"),
        ({"rights": ["identity:people:manage"]}, "没有这一项"),
        ({"program": "周岚"}, "小写字母"),
        ({"program": "admin"}, "这是人的账号"),
        ({"per_minute": "0"}, "最小是 1"),
        ({"expires": "2020-01-01"}, "要晚于今天"),
        ({"name": " "}, "还没填"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(admin, over, words):
    page = admin.post(f"{KEYS}new/", facts(**over))
    assert page.status_code == 422
    assert words in page.text
    assert not ApiKey.objects.exists()
    assert not User.objects.filter(kind="program").exists()


def test_a_program_may_have_several_keys_and_one_without_unit(admin):
    give(admin)
    give(admin, rights=["hotline:case:intake"], unit="", expires="")
    assert User.objects.filter(kind="program").count() == 1
    assert ApiKey.objects.filter(unit=None, expires_at=None).count() == 1


def test_a_key_is_renewed_with_an_overlap(admin):
    old = give(admin)
    key = ApiKey.objects.get()
    Subscription.objects.create(
        key=key, name="x", url="https://example.org/", secret="whsec_", position=0, since=AT, created_at=AT
    )
    page = admin.post(f"{KEYS}{key.pk}/rotate/", {"overlap": "7"})
    new = page.context["plaintext"]
    assert new != old
    at = now()
    assert program_key(old, at=at)
    assert program_key(old, at=at + timedelta(days=8)) is None
    assert program_key(new, at=at + timedelta(days=8))
    assert Subscription.objects.get().key.pk != key.pk
    assert admin.post(f"{KEYS}{key.pk}/rotate/", {"overlap": "31"}).status_code == 422


def test_a_revoked_key_opens_nothing_at_once(admin):
    plaintext = give(admin)
    key = ApiKey.objects.get()
    assert admin.post(f"{KEYS}{key.pk}/revoke/").url == address("key", key.pk)
    assert program_key(plaintext, at=now()) is None
    assert key.name not in admin.get(KEYS).text
    assert key.name in admin.get(f"{KEYS}?state=ended").text
    admin.post(f"{KEYS}{key.pk}/revoke/")
    assert AuditEntry.objects.filter(action="httpapi.key.off").count() == 1


def test_the_list_tells_the_last_use_and_keeps_its_budget(admin):
    for n in range(5):
        give(admin, name=f"系统 {n}")
    KeyUse.objects.create(key=ApiKey.objects.first(), used_at=AT)
    admin.get(KEYS)
    with assert_at_most_queries(5):
        page = admin.get(KEYS)
    assert len(page.context["rows"]) == 5
    assert page.text.count("没有用过") == 4
    assert len(admin.get(f"{KEYS}?q=系统 3").context["rows"]) == 1


@pytest.mark.parametrize("role", ["handler", "supervisor", "operator", "auditor"])
def test_keys_are_for_administrators(db, role):
    client = signed_in(staff(role=role))
    for path in (KEYS, f"{KEYS}new/", f"{KEYS}1/"):
        assert client.get(path).status_code == 403
    for path in (f"{KEYS}new/", f"{KEYS}1/rotate/", f"{KEYS}1/revoke/"):
        assert client.post(path, facts()).status_code == 403
    assert not ApiKey.objects.exists()


def test_what_is_not_there_is_not_found(admin):
    assert admin.get(f"{KEYS}999999/").status_code == 404
    assert admin.post(f"{KEYS}999999/revoke/").status_code == 302
