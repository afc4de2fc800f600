import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import RequestFactory
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from gongjian.audit.models import AuditEntry
from gongjian.identity.actions import (
    Outcome,
    change_password,
    close_user,
    confirm_authenticator,
    confirm_code,
    drop_authenticator,
    password_link,
    remove_authenticator,
    revoke_other_sessions,
    revoke_session,
    set_password_by_link,
    sign_in,
    sign_out,
    start_authenticator,
    waiting_authenticator,
)
from gongjian.identity.actions.signin import PENDING_LIFE, check_code
from gongjian.identity.actor import SYSTEM
from gongjian.identity.middleware import actor_of_session
from gongjian.identity.models import Session, User
from gongjian.identity.refusals import Refused
from gongjian.identity.rights import Forbidden
from gongjian.identity.sessions import SessionStore, row_key
from gongjian.identity.tests.people import AT, PASSWORD, load, staff
from gongjian.workdays.clock import now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reference():
    load()


def request(session_key=None, ip="10.1.2.3"):
    made = RequestFactory().post("/in", REMOTE_ADDR=ip, headers={"user-agent": "Firefox"})
    made.session = SessionStore(session_key)
    return made


def actor(made):
    return actor_of_session(made.session, at=now())


def enter(user="yt-mzj-0417", password=PASSWORD, code="", made=None, at=AT):
    made = made or request()
    return made, sign_in(request=made, username=user, password=password, code=code, at=at)


def code_of(user, steps=0, *, confirmed=True):
    device = TOTPDevice.objects.get(user=user, confirmed=confirmed)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + steps * device.step
    return f"{totp.token():06}"


def with_authenticator(user):
    TOTPDevice.objects.create(user=user, confirmed=True, name="authenticator")
    return user


def test_staff_sign_in_with_name_and_password():
    user = staff(password=PASSWORD)
    made, done = enter()
    made.session.save()
    assert (done.outcome, done.user) == (Outcome.SIGNED_IN, user)
    assert actor(made).user_id == user.pk
    row = Session.objects.get()
    assert (row.user_id, row.ip, row.agent) == (user.pk, "10.1.2.3", "Firefox")
    assert User.objects.get(pk=user.pk).signed_in_at == AT
    assert AuditEntry.objects.get(action="identity.sign_in").actor_id == user.pk


@pytest.mark.parametrize("name", ["YT-MZJ-0417", " yt-mzj-0417 ", "ｙｔ－ｍｚｊ－０４１７", "Li.Min@Yantian.example"])
def test_the_name_may_be_typed_in_any_width_or_be_the_work_address(name):
    staff(password=PASSWORD, email="li.min@yantian.example")
    assert enter(name)[1].outcome == Outcome.SIGNED_IN


def test_a_wrong_password_an_unknown_name_and_a_closed_account_get_the_same_answer():
    staff(password=PASSWORD)
    closed = staff("gone", password=PASSWORD)
    close_user(user=closed, actor=SYSTEM, at=AT)
    staff("no-password")
    User.objects.create(username="r-1", kind="resident", created_at=AT)
    for name, password in (
        ("yt-mzj-0417", "wrong-password"),
        ("nobody", PASSWORD),
        ("gone", PASSWORD),
        ("no-password", ""),
        ("no-password", "!"),
        ("r-1", ""),
        ("", ""),
    ):
        made, done = enter(name, password)
        assert (done.outcome, done.user, done.until) == (Outcome.REFUSED, None, None)
        assert SESSION_KEY not in made.session


def test_a_failure_is_recorded_without_the_password_and_without_a_name_that_is_none():
    user = staff(password=PASSWORD)
    enter(password="hunter2-hunter2")
    enter("my-secret-passw0rd", "x")
    first, second = AuditEntry.objects.filter(action="identity.sign_in.refused").order_by("id")
    assert (first.object_id, second.object_id) == (str(user.pk), "")
    told = "".join(f"{e.detail}{e.object_id}" for e in (first, second))
    assert "hunter2" not in told
    assert "secret" not in told


def test_five_failures_lock_the_name_at_that_address_and_say_until_when():
    staff(password=PASSWORD)
    for _ in range(4):
        assert enter(password="wrong")[1].outcome == Outcome.REFUSED
    locked = enter(password="wrong")[1]
    assert (locked.outcome, locked.until) == (Outcome.LOCKED, AT + timedelta(minutes=15))
    made, still = enter()
    assert still.outcome == Outcome.LOCKED
    assert not made.axes_locked_out
    assert enter(made=request(ip="10.9.9.9"))[1].outcome == Outcome.SIGNED_IN
    AccessAttempt.objects.update(attempt_time=datetime.now(UTC) - timedelta(minutes=16))
    assert enter()[1].outcome == Outcome.SIGNED_IN


def test_an_unknown_name_locks_like_a_known_one():
    for _ in range(4):
        enter("nobody")
    assert enter("nobody")[1].outcome == Outcome.LOCKED


def test_signing_in_gives_a_new_session_key_and_keeps_nothing_of_the_old_session():
    staff(password=PASSWORD)
    before = request()
    before.session["planted"] = "x"
    before.session.save()
    planted = before.session.session_key
    made, _done = enter(made=request(planted))
    assert made.session.session_key != planted
    assert "planted" not in made.session
    assert not Session.objects.filter(pk=row_key(planted)).exists()


def test_signing_in_as_another_ends_the_session_of_the_first():
    staff(password=PASSWORD)
    other = staff("other", password=PASSWORD)
    made, _done = enter()
    first = made.session.session_key
    enter("other", made=made)
    assert made.session.session_key != first
    assert actor(made).user_id == other.pk


def test_with_an_authenticator_the_code_is_asked_for():
    user = with_authenticator(staff(password=PASSWORD))
    made, done = enter()
    assert done.outcome == Outcome.CODE_NEEDED
    assert not actor(made).signed_in
    code = code_of(user)
    assert confirm_code(request=made, code=f"{code[:3]} {code[3:]}", at=AT).outcome == Outcome.SIGNED_IN
    assert actor(made).user_id == user.pk
    assert AuditEntry.objects.get(action="identity.sign_in").detail == "second factor"


def test_the_code_may_come_with_the_password_in_full_width():
    user = with_authenticator(staff(password=PASSWORD))
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code_of(user))
    assert enter(code=wide)[1].outcome == Outcome.SIGNED_IN


@pytest.mark.parametrize("code", ["000000", "12345", "abcdef", "١٢٣٤٥٦", ""])
def test_a_wrong_code_opens_nothing(code):
    user = with_authenticator(staff(password=PASSWORD))
    made, _done = enter()
    if code == code_of(user):
        code = "999999"
    assert confirm_code(request=made, code=code, at=AT).outcome == Outcome.CODE_WRONG
    assert not actor(made).signed_in


def test_a_code_counts_once():
    user = with_authenticator(staff(password=PASSWORD))
    code = code_of(user)
    assert enter(code=code)[1].outcome == Outcome.SIGNED_IN
    assert enter(code=code)[1].outcome == Outcome.CODE_WRONG


def test_a_right_code_right_after_a_wrong_one_must_wait():
    user = with_authenticator(staff(password=PASSWORD))
    made, _done = enter()
    confirm_code(request=made, code="000000", at=AT)
    assert confirm_code(request=made, code=code_of(user), at=AT).outcome == Outcome.CODE_WRONG


def test_a_code_without_a_password_before_it_or_too_late_is_refused():
    user = with_authenticator(staff(password=PASSWORD))
    assert confirm_code(request=request(), code=code_of(user), at=AT).outcome == Outcome.REFUSED
    made, _done = enter()
    late = AT + PENDING_LIFE + timedelta(seconds=1)
    assert confirm_code(request=made, code=code_of(user), at=late).outcome == Outcome.REFUSED


def test_a_wrong_password_says_nothing_about_the_authenticator():
    user = with_authenticator(staff(password=PASSWORD))
    assert enter(password="wrong", code=code_of(user))[1].outcome == Outcome.REFUSED


def test_signing_out_ends_the_session():
    staff(password=PASSWORD)
    made, _done = enter()
    made.session.save()
    key = made.session.session_key
    made.actor = actor(made)
    sign_out(request=made, at=AT)
    assert not Session.objects.exists()
    assert not actor(request(key)).signed_in
    assert AuditEntry.objects.filter(action="identity.sign_out").count() == 1
    made.actor = actor(made)
    sign_out(request=made, at=AT)
    assert AuditEntry.objects.filter(action="identity.sign_out").count() == 1


def two_sessions():
    user = staff(password=PASSWORD)
    here, there = enter()[0], enter()[0]
    here.session.save()
    there.session.save()
    return user, here, there


def test_one_ends_one_session_or_all_others():
    _user, here, there = two_sessions()
    third = enter()[0]
    third.session.save()
    assert revoke_session(key=row_key(there.session.session_key), actor=actor(here), at=AT)
    assert not actor(request(there.session.session_key)).signed_in
    assert revoke_other_sessions(actor=actor(here), at=AT) == 1
    assert actor(request(here.session.session_key)).signed_in
    assert not actor(request(third.session.session_key)).signed_in
    assert revoke_other_sessions(actor=actor(here), at=AT) == 0


def test_nobody_ends_the_session_of_another():
    _user, here, _there = two_sessions()
    staff("other", password=PASSWORD)
    stranger = enter("other")[0]
    stranger.session.save()
    assert not revoke_session(key=row_key(here.session.session_key), actor=actor(stranger), at=AT)
    assert actor(request(here.session.session_key)).signed_in


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one():
    user, here, there = two_sessions()
    old = here.session.session_key
    change_password(request=here, old=PASSWORD, new="harbour-lantern-7", actor=actor(here), at=AT)
    here.session.save()
    assert actor(here).user_id == user.pk
    assert here.session.session_key != old
    assert not actor(request(there.session.session_key)).signed_in
    assert enter(password="harbour-lantern-7")[1].outcome == Outcome.SIGNED_IN


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("wrong", "harbour-lantern-7", "old"),
        (PASSWORD, PASSWORD, "new"),
        (PASSWORD, "short", "new"),
        (PASSWORD, "yt-mzj-0417", "new"),
    ],
)
def test_a_change_of_password_is_refused(old, new, field):
    _user, here, there = two_sessions()
    with pytest.raises(Refused) as refused:
        change_password(request=here, old=old, new=new, actor=actor(here), at=AT)
    assert refused.value.field == field
    assert actor(request(there.session.session_key)).signed_in


def admin_actor():
    user = staff("admin", role="administrator", password=PASSWORD)
    made = enter("admin")[0]
    made.session.save()
    assert user.pk
    return actor(made)


def test_a_link_sets_a_password_once():
    user = staff()
    uid, token = password_link(user=user, actor=admin_actor(), at=AT)
    assert set_password_by_link(uid=uid, token=token, new="harbour-lantern-7", at=AT) == user
    assert enter(password="harbour-lantern-7")[1].outcome == Outcome.SIGNED_IN
    with pytest.raises(Refused):
        set_password_by_link(uid=uid, token=token, new="harbour-lantern-8", at=AT)


@pytest.mark.parametrize(("uid", "token"), [("zzz", "x-y"), ("!", "x"), ("", ""), ("1" * 40, "x")])
def test_a_made_up_link_is_refused(uid, token):
    with pytest.raises(Refused):
        set_password_by_link(uid=uid, token=token, new="harbour-lantern-7", at=AT)


def test_a_link_is_only_made_by_those_who_look_after_people():
    staff(password=PASSWORD)
    made = enter()[0]
    made.session.save()
    with pytest.raises(Forbidden):
        password_link(user=staff("other"), actor=actor(made), at=AT)


def test_residents_have_no_password_to_set():
    resident = User.objects.create(username="r-1", kind="resident", created_at=AT)
    with pytest.raises(Refused):
        password_link(user=resident, actor=admin_actor(), at=AT)


def test_an_authenticator_is_bound_by_its_first_code_and_unbound_by_another():
    user = staff(password=PASSWORD)
    made = enter()[0]
    made.session.save()
    with pytest.raises(Refused):
        start_authenticator(password="wrong", actor=actor(made), issuer="盐田共建")
    address = start_authenticator(password=PASSWORD, actor=actor(made), issuer="盐田共建")
    assert address == waiting_authenticator(actor=actor(made), issuer="盐田共建")
    assert address.startswith("otpauth://totp/%E7%9B%90%E7%94%B0")
    assert not confirm_authenticator(request=made, code="000000", actor=actor(made), at=AT)
    TOTPDevice.objects.update(throttling_failure_count=0)
    assert enter()[1].outcome == Outcome.SIGNED_IN
    code = code_of(user, confirmed=False)
    assert confirm_authenticator(request=made, code=code, actor=actor(made), at=AT)
    assert enter()[1].outcome == Outcome.CODE_NEEDED
    assert not remove_authenticator(request=made, code=code, actor=actor(made), at=AT)
    TOTPDevice.objects.update(throttling_failure_count=0)
    assert remove_authenticator(request=made, code=code_of(user, 1), actor=actor(made), at=AT)
    assert enter()[1].outcome == Outcome.SIGNED_IN


def test_a_lost_authenticator_is_dropped_by_an_administrator():
    user = with_authenticator(staff(password=PASSWORD))
    admin = admin_actor()
    assert drop_authenticator(user=user, actor=admin, at=AT)
    assert not drop_authenticator(user=user, actor=admin, at=AT)
    assert enter()[1].outcome == Outcome.SIGNED_IN


@pytest.mark.django_db(transaction=True)
def test_of_two_that_use_one_code_at_once_one_passes():
    user = with_authenticator(staff(password=PASSWORD))
    code, start, seen = code_of(user), threading.Barrier(2), []

    def work():
        start.wait()
        try:
            seen.append(check_code(user=user, code=code))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [False, True]
