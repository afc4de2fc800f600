from datetime import timedelta

import pytest
from django.db import connection
from django.test import RequestFactory

from gongjian.httpapi import rules, signatures
from gongjian.httpapi.limits import allow
from gongjian.httpapi.models import Limit, SeenSignature
from gongjian.httpapi.problems import Problem
from gongjian.httpapi.sweeps import sweep_limits, sweep_signatures
from gongjian.httpapi.tests.conftest import AT

pytestmark = pytest.mark.django_db
SECRET, OTHER = b"s" * 32, b"o" * 32


def test_so_many_calls_at_once_then_one_at_a_time():
    assert [allow("report", "1.2.3.4", 3, AT) for _ in range(5)] == [True, True, True, False, False]
    assert not allow("report", "1.2.3.4", 3, AT + timedelta(seconds=19))
    assert allow("report", "1.2.3.4", 3, AT + timedelta(seconds=20))
    assert not allow("report", "1.2.3.4", 3, AT + timedelta(seconds=21))
    later = AT + timedelta(minutes=5)
    assert [allow("report", "1.2.3.4", 3, later) for _ in range(4)] == [True, True, True, False]


def test_one_an_hour_by_another_window():
    hour = timedelta(hours=1)
    assert [allow("code", "x", 2, AT, window=hour) for _ in range(3)] == [True, True, False]
    assert allow("code", "x", 2, AT + timedelta(minutes=30), window=hour)


def test_callers_and_buckets_do_not_meet():
    assert allow("report", "a", 1, AT)
    assert not allow("report", "a", 1, AT)
    assert allow("report", "b", 1, AT)
    assert allow("track", "a", 1, AT)
    assert not allow("report", "c", 0, AT)


def test_a_call_is_one_statement_and_leaves_no_address(django_assert_num_queries):
    with django_assert_num_queries(1):
        allow("report", "13812345678", 1, AT)
    with connection.cursor() as cursor:
        cursor.execute("select key from httpapi_limit")
        assert b"138" not in bytes(cursor.fetchone()[0])
        cursor.execute("select relpersistence from pg_class where relname = 'httpapi_limit'")
        assert cursor.fetchone() == ("u",)


def test_unused_allowances_are_swept():
    allow("report", "a", 1, AT)
    allow("report", "b", 1, AT + timedelta(hours=1))
    assert sweep_limits(at=AT + timedelta(hours=1, minutes=2)) == 1
    assert Limit.objects.count() == 1


def signed(secret=SECRET, at=AT, body=b'{"a": 1}', timestamp=None, header=None):
    stamp = str(int(at.timestamp())) if timestamp is None else timestamp
    value = rules.signature(secret, stamp, body) if header is None else header
    headers = {signatures.TIMESTAMP: stamp, signatures.SIGNATURE: value}
    return RequestFactory().post("/x", body, content_type="application/json", headers=headers)


def refused(request, at=AT, secrets=(SECRET,)):
    with pytest.raises(Problem) as error:
        signatures.check(request, secrets, at)
    return error.value.status, error.value.kind


def test_a_signed_message_passes_once():
    signatures.check(signed(), [SECRET], AT)
    assert refused(signed()) == (409, "replay")
    signatures.check(signed(body=b"{}"), [SECRET], AT)


def test_while_a_secret_is_changed_both_are_good():
    signatures.check(signed(OTHER), [SECRET, OTHER], AT)
    both = f"{rules.signature(OTHER, str(int(AT.timestamp())), b'x')}, {rules.signature(SECRET, str(int(AT.timestamp())), b'x')}"
    signatures.check(signed(body=b"x", header=both), [SECRET], AT)


@pytest.mark.parametrize("header", ["", "sha256=", "sha256=00", "é", "sha256=" + "0" * 64])
def test_a_wrong_signature_is_refused(header):
    assert refused(signed(header=header)) == (401, "signature")


def test_a_message_belongs_to_its_body_its_time_and_its_sender():
    good = rules.signature(SECRET, str(int(AT.timestamp())), b'{"a": 1}')
    assert refused(signed(body=b'{"a": 2}', header=good)) == (401, "signature")
    assert refused(signed(timestamp=str(int(AT.timestamp()) + 1), header=good)) == (401, "signature")
    assert refused(signed(OTHER)) == (401, "signature")
    assert refused(signed(), secrets=()) == (401, "signature")


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_future_message_is_refused(minutes):
    assert refused(signed(at=AT + timedelta(minutes=minutes))) == (401, "signature-time")


@pytest.mark.parametrize("stamp", ["", "now", "-1", "1e9", "１", "9" * 30])
def test_a_timestamp_is_plain_seconds(stamp):
    assert not rules.is_fresh(stamp, AT)


def test_a_signature_is_remembered_as_long_as_it_could_come_again():
    early = AT + rules.SIGNATURE_WINDOW  # the sender's clock is five minutes ahead
    signatures.check(signed(at=early), [SECRET], AT)
    last = early + rules.SIGNATURE_WINDOW
    assert sweep_signatures(at=last) == 0
    assert refused(signed(at=early), at=last) == (409, "replay")
    assert sweep_signatures(at=last + timedelta(seconds=1)) == 1
    assert not SeenSignature.objects.exists()
