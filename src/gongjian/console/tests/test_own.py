import re
from datetime import timedelta

import pytest
from django_otp.plugins.otp_totp.models import TOTPDevice

from gongjian.audit.models import AuditEntry
from gongjian.console.rules import browser_of
from gongjian.console.tests.visits import code_of, enter, resident, signed_in
from gongjian.identity.models import Session, User
from gongjian.identity.queries import units
from gongjian.identity.sessions import row_key
from gongjian.identity.tests.people import PASSWORD, staff
from gongjian.notify.models import Message
from gongjian.workdays.clock import now

EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/143.0 Safari/537.36 Edg/143.0"
WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 MicroMessenger/8.0"
LOOK = {"language": "en", "mode": "elder", "text_step": "3", "contrast": "more", "single_keys": ""}


def tell(user, n=1, **over):
    facts = {
        "channel": "site",
        "urgency": "ordinary",
        "template": "hotline/received",
        "language": "zh-hans",
        "body": "件号 YT-2611-04178",
        "variables": {},
        "link": "/me/sessions/",
        "state": "sent",
        "due_at": now(),
        "tries": 0,
        "created_at": now(),
    }
    return [
        Message.objects.create(
            recipient_user=user, subject=f"收到了 {one}", dedupe=f"{user.pk}:{one}", **{**facts, **over}
        )
        for one in range(n)
    ]


def test_how_somebody_reads_is_kept_and_goes_to_the_next_device():
    user = staff()
    client = signed_in(user)
    answer = client.post("/me/", LOOK)
    assert answer.url.startswith("/look/choose/?language=en&mode=elder&text=3&contrast=more&keys=off&next=%2Fme%2F")
    client.get(answer.url)
    saved = User.objects.get(pk=user.pk)
    assert (saved.language, saved.mode, saved.text_step, saved.contrast, saved.single_keys) == (
        "en",
        "elder",
        3,
        "more",
        False,
    )
    page = client.get("/me/").text
    assert 'lang="en"' in page
    assert 'data-mode="elder"' in page


@pytest.mark.parametrize("field", ["language", "mode", "text_step", "contrast"])
def test_a_choice_that_is_none_is_refused(field):
    client = signed_in(staff())
    page = client.post("/me/", {**LOOK, field: "9"})
    assert page.status_code == 422
    assert User.objects.get(username="yt-mzj-0417").language == "zh-hans"


def test_a_resident_has_the_public_frame_and_no_password():
    client = signed_in(resident())
    page = client.get("/me/").text
    assert 'data-density="staff"' not in page
    assert "/me/password/" not in page
    assert client.get("/me/password/").status_code == 403
    assert client.get("/me/two-factor/").status_code == 403
    assert client.post("/me/", {k: v for k, v in LOOK.items() if k != "single_keys"}).status_code == 302
    assert User.objects.get(username="r-1").single_keys


def test_devices_are_listed_and_ended():
    user = staff()
    here, there = signed_in(user, **{"user-agent": EDGE}), signed_in(user, **{"user-agent": WECHAT})
    there.get("/me/")
    Session.objects.update(agent=EDGE, ip="10.1.2.3")
    page = here.get("/me/sessions/").text
    assert page.count("Edge") >= 2
    assert "这台设备" in page
    key = row_key(there.cookies["sessionid"].value)
    assert key in page
    assert row_key(here.cookies["sessionid"].value) not in page
    assert here.post("/me/sessions/end/", {"key": key}).status_code == 302
    assert there.get("/me/").status_code == 302
    assert here.get("/me/").status_code == 200


def test_all_others_are_ended_at_once():
    user = staff()
    here, there, third = signed_in(user), signed_in(user), signed_in(user)
    here.post("/me/sessions/end/")
    assert here.get("/me/").status_code == 200
    assert {there.get("/me/").status_code, third.get("/me/").status_code} == {302}


def test_the_device_of_another_stays():
    victim, thief = signed_in(staff()), signed_in(staff("other"))
    thief.post("/me/sessions/end/", {"key": row_key(victim.cookies["sessionid"].value)})
    assert victim.get("/me/").status_code == 200
    assert not AuditEntry.objects.filter(action="identity.session.revoke").exists()


def test_a_password_is_changed_and_this_device_stays(client):
    user = staff(password=PASSWORD)
    here, there = signed_in(user), signed_in(user)
    wrong = here.post("/me/password/", {"old": "wrong", "new": "harbour-lantern-7"})
    assert wrong.status_code == 422
    assert "现在的密码不对" in wrong.text
    assert here.post("/me/password/", {"old": PASSWORD, "new": "short"}).status_code == 422
    assert here.post("/me/password/", {"old": PASSWORD, "new": "harbour-lantern-7"}).status_code == 302
    assert here.get("/me/").status_code == 200
    assert there.get("/me/").status_code == 302
    assert enter(client, password="harbour-lantern-7").status_code == 302


def test_guessing_the_old_password_is_slowed():
    here = signed_in(staff(password=PASSWORD))
    for _ in range(6):
        here.post("/me/password/", {"old": "wrong", "new": "harbour-lantern-7"})
    page = here.post("/me/password/", {"old": PASSWORD, "new": "harbour-lantern-7"})
    assert page.status_code == 422
    assert "试得太频繁" in page.text


def test_an_authenticator_is_bound_and_unbound(client):
    user = staff(password=PASSWORD)
    here = signed_in(user)
    assert "开始绑定" in here.get("/me/two-factor/").text
    assert here.post("/me/two-factor/start/", {"password": "wrong"}).status_code == 422
    assert not TOTPDevice.objects.exists()
    here.post("/me/two-factor/start/", {"password": PASSWORD})
    page = here.get("/me/two-factor/").text
    assert 'class="qr"' in page
    assert here.post("/me/two-factor/confirm/", {"code": "000000"}).status_code == 422
    TOTPDevice.objects.update(throttling_failure_count=0)
    assert here.post("/me/two-factor/confirm/", {"code": code_of(user, confirmed=False)}).status_code == 302
    bound = here.get("/me/two-factor/").text
    assert "解绑认证器" in bound
    assert 'class="qr"' not in bound
    assert enter(client).url == "/sign-in/code/"
    assert here.post("/me/two-factor/remove/", {"code": "000000"}).status_code == 422
    TOTPDevice.objects.update(throttling_failure_count=0, last_t=-1)
    assert here.post("/me/two-factor/remove/", {"code": code_of(user)}).status_code == 302
    assert not TOTPDevice.objects.exists()


def test_a_right_that_waits_leads_to_binding_and_opens_after_it(settings):
    settings.SECOND_FACTOR_ENFORCED = True
    user = staff("admin", role="administrator", password=PASSWORD)
    here = signed_in(user)
    assert here.get("/office/people/").url == "/me/two-factor/?next=%2Foffice%2Fpeople%2F"
    assert "这个岗位要两步验证" in here.get("/me/two-factor/").text
    here.post("/me/two-factor/start/", {"password": PASSWORD})
    here.post("/me/two-factor/confirm/", {"code": code_of(user, confirmed=False)})
    assert here.get("/office/people/").status_code == 200


def test_the_inbox_shows_own_messages_only_and_marks_them_read():
    user, other = staff(), staff("other")
    mine, _theirs = tell(user, 2), tell(other)
    client = signed_in(user)
    page = client.get("/me/inbox/").text
    assert page.count("未读") == 2
    answer = client.post("/me/inbox/read/", {"message": mine[0].pk, "link": mine[0].link})
    assert answer.url == "/me/sessions/"
    assert client.get("/me/inbox/").text.count("未读") == 1
    client.post("/me/inbox/read/")
    assert not Message.objects.filter(recipient_user=user, read_at=None).exists()
    assert Message.objects.filter(recipient_user=other, read_at=None).count() == 1


def test_a_link_of_a_message_leads_nowhere_else():
    user = staff()
    (message,) = tell(user)
    client = signed_in(user)
    answer = client.post("/me/inbox/read/", {"message": message.pk, "link": "https://evil.example/"})
    assert answer.url == "/me/inbox/"
    for wrong in ("x", "9" * 30, "-1", ""):
        client.post("/me/inbox/read/", {"message": wrong})
    assert client.get("/me/inbox/?after=99999999999999999999").status_code == 200


def test_the_inbox_pages_by_key():
    user = staff()
    tell(user, 25)
    client = signed_in(user)
    first = client.get("/me/inbox/")
    after = first.context["page"].next
    assert len(first.context["page"].messages) == 20
    assert len(client.get(f"/me/inbox/?after={after}").context["page"].messages) == 5


def test_an_empty_inbox_says_so():
    assert "没有通知" in signed_in(staff()).get("/me/inbox/").text


@pytest.mark.parametrize(
    ("path", "queries"),
    # session, actor, unread messages; then the page's own
    [("/me/", 4), ("/me/sessions/", 4), ("/me/password/", 3), ("/me/two-factor/", 5), ("/me/inbox/", 4)],
)
def test_query_budgets(path, queries, django_assert_max_num_queries):
    user = staff()
    tell(user, 5)
    client = signed_in(user)
    units()
    with django_assert_max_num_queries(queries):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/me/", "/me/sessions/", "/me/password/", "/me/two-factor/", "/me/inbox/"])
def test_strangers_are_sent_to_sign_in(client, path):
    assert client.get(path).status_code == 302


@pytest.mark.parametrize(
    ("agent", "known"),
    [
        (EDGE, ("Edge", "Windows")),
        (WECHAT, ("WeChat", "iPhone")),
        ("curl/8.5", ("", "")),
        ("", ("", "")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", ("Firefox", "Linux")),
    ],
)
def test_a_browser_is_named(agent, known):
    assert browser_of(agent) == known


def test_a_session_near_its_end_says_so():
    client = signed_in(staff())
    Session.objects.update(expire_date=now() + timedelta(minutes=4))
    left = int(re.search(r'data-session-seconds="(\d+)"', client.get("/me/").text).group(1))
    assert 200 < left <= 240
