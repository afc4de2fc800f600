import threading
from datetime import timedelta

import pytest
from django.db import connection

from gongjian.audit.models import AuditEntry
from gongjian.identity.actions import CodeState, code_index, issue_code, resident_of_phone, try_code
from gongjian.identity.models import Session, SignInCode, User
from gongjian.identity.refusals import TooSoon
from gongjian.identity.sweeps import sweep_sign_in
from gongjian.identity.tests.people import AT

PHONE, OTHER = "+8613812345678", "+8613900001111"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
pytestmark = pytest.mark.django_db


def other_than(code):
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_code_of_six_digits_opens_the_door_once():
    code = issue_code(index=code_index(PHONE), at=AT)
    assert len(code) == 6
    assert code.isdecimal()
    assert try_code(index=code_index(PHONE), code=code, at=AT + MINUTE) == CodeState.RIGHT
    assert try_code(index=code_index(PHONE), code=code, at=AT + MINUTE) == CodeState.SPENT


def test_it_may_be_typed_in_full_width_or_pasted_with_a_gap():
    code = issue_code(index=code_index(PHONE), at=AT)
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    assert try_code(index=code_index(PHONE), code=f" {wide[:3]} {wide[3:]} ", at=AT) == CodeState.RIGHT


def test_it_is_kept_as_a_digest_only():
    code = issue_code(index=code_index(PHONE), at=AT)
    row = SignInCode.objects.get()
    assert code.encode() not in bytes(row.digest)
    assert PHONE.encode() not in bytes(row.phone_index)
    assert code not in "".join(AuditEntry.objects.values_list("detail", flat=True))


def test_after_five_wrong_tries_the_right_one_is_spent_too():
    code = issue_code(index=code_index(PHONE), at=AT)
    for _ in range(5):
        assert try_code(index=code_index(PHONE), code=other_than(code), at=AT) == CodeState.WRONG
    assert try_code(index=code_index(PHONE), code=code, at=AT) == CodeState.SPENT


def test_after_five_minutes_it_is_spent():
    code = issue_code(index=code_index(PHONE), at=AT)
    assert try_code(index=code_index(PHONE), code=code, at=AT + 5 * MINUTE) == CodeState.SPENT


def test_a_bound_code_is_good_for_whoever_asked_for_it_alone():
    code = issue_code(index=code_index(PHONE), at=AT, bound="one session, one matter")
    for other in ("", "another session"):
        assert try_code(index=code_index(PHONE), code=code, at=AT, bound=other) == CodeState.WRONG
    assert try_code(index=code_index(PHONE), code=code, at=AT, bound="one session, one matter") == CodeState.RIGHT


def test_it_belongs_to_its_phone():
    code = issue_code(index=code_index(PHONE), at=AT)
    assert try_code(index=code_index(OTHER), code=code, at=AT) == CodeState.SPENT


def test_a_new_code_voids_the_one_before():
    first = issue_code(index=code_index(PHONE), at=AT)
    second = issue_code(index=code_index(PHONE), at=AT + MINUTE)
    if first != second:
        assert try_code(index=code_index(PHONE), code=first, at=AT + MINUTE) == CodeState.WRONG
    assert try_code(index=code_index(PHONE), code=second, at=AT + MINUTE) == CodeState.RIGHT


def test_one_a_minute_five_an_hour_ten_a_day():
    issue_code(index=code_index(PHONE), at=AT)
    with pytest.raises(TooSoon) as soon:
        issue_code(index=code_index(PHONE), at=AT + timedelta(seconds=59))
    assert soon.value.again_at == AT + MINUTE
    issue_code(index=code_index(OTHER), at=AT)
    for n in range(1, 5):
        issue_code(index=code_index(PHONE), at=AT + n * MINUTE)
    with pytest.raises(TooSoon) as soon:
        issue_code(index=code_index(PHONE), at=AT + 6 * MINUTE)
    assert soon.value.again_at == AT + HOUR
    for n in range(5):
        issue_code(index=code_index(PHONE), at=AT + 2 * HOUR + n * MINUTE)
    with pytest.raises(TooSoon) as soon:
        issue_code(index=code_index(PHONE), at=AT + 6 * HOUR)
    assert soon.value.again_at == AT + 24 * HOUR


def test_the_first_time_opens_an_account_and_the_next_time_finds_it():
    user = resident_of_phone(phone=PHONE, at=AT)
    assert (user.kind, user.phone.open(), user.has_usable_password()) == ("resident", PHONE, False)
    assert resident_of_phone(phone=PHONE, at=AT) == user
    assert resident_of_phone(phone=OTHER, at=AT) != user


def test_a_member_of_staff_with_the_same_phone_is_another_account():
    member = User.objects.create(username="yt-1", kind="staff", phone=PHONE, phone_index=b"x" * 16, created_at=AT)
    assert resident_of_phone(phone=PHONE, at=AT) != member


def test_the_sweep_deletes_old_codes_and_ended_sessions():
    issue_code(index=code_index(PHONE), at=AT)
    for key, ends in (("a", AT - MINUTE), ("b", AT + timedelta(days=3))):
        Session.objects.create(session_key=key, session_data="", expire_date=ends, agent="", created=AT, seen=AT)
    assert sweep_sign_in(at=AT + HOUR) == 1
    assert sweep_sign_in(at=AT + 25 * HOUR) == 1
    assert Session.objects.get().session_key == "b"


def together(work):
    start, seen = threading.Barrier(2), []

    def run():
        start.wait()
        try:
            seen.append(work())
        except TooSoon:
            seen.append("too soon")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


@pytest.mark.django_db(transaction=True)
def test_two_right_tries_at_once_open_the_door_once():
    code = issue_code(index=code_index(PHONE), at=AT)
    assert sorted(together(lambda: try_code(index=code_index(PHONE), code=code, at=AT))) == [
        CodeState.RIGHT,
        CodeState.SPENT,
    ]


@pytest.mark.django_db(transaction=True)
def test_two_wrong_tries_at_once_both_count():
    code = issue_code(index=code_index(PHONE), at=AT)
    together(lambda: try_code(index=code_index(PHONE), code=other_than(code), at=AT))
    assert SignInCode.objects.get().tries == 2


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_send_one_code():
    seen = together(lambda: issue_code(index=code_index(PHONE), at=AT))
    assert seen.count("too soon") == 1


@pytest.mark.django_db(transaction=True)
def test_two_first_sign_ins_at_once_open_one_account():
    first, second = together(lambda: resident_of_phone(phone=PHONE, at=AT))
    assert first == second
    assert User.objects.filter(phone_index=bytes(first.phone_index)).count() == 1
