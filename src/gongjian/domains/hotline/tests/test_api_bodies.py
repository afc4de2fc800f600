"""Bodies of JSON that nobody means well with: each is refused before anything is made of it, in a short answer."""

import json
from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongjian.casework.models import Case
from gongjian.httpapi.problems import Problem
from gongjian.httpapi.strict import read

CASES = "/api/v1/hotline/cases"
REPORT = {"text": "路灯不亮"}
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("district")]
SHORT = 4_000  # bytes of an answer


def post(client, body, content_type="application/json", **facts):
    return client.post(CASES, data=body, content_type=content_type, headers={"Accept-Language": "en"}, **facts)


def many(number, name="k"):
    return json.dumps({"text": "x", **{f"{name}{n}": n for n in range(number)}}).encode()


def nested(depth, opening="[", closing="]"):
    return b'{"text": ' + (opening * depth).encode() + b"1" + (closing * depth).encode() + b"}"


REFUSED = {
    "200,000 unknown names": (many(200_000), 413),
    "many unknown names in little room": (many(3_000), 400),
    "names longer than any field": (json.dumps({"text": "x", "n" * 50_000: 1}).encode(), 422),
    "ten thousand brackets": (nested(10_000), 400),
    "ten thousand objects": (nested(7_000, '{"a":', "}"), 400),
    "brackets that never close": (b"[" * 60_000, 400),
    "brackets hidden behind a quote that never ends": (b'{"text": "' + b"[" * 60_000, 400),
    "quotes behind bars that never end": (b'\\"' * 32_000, 400),
    "a list of twenty thousand": (b'{"text": [' + b"1," * 20_000 + b"1]}", 400),
    "a number beyond every double": (b'{"text": "x", "lon": 1e400}', 400),
    "a number beyond every double, negative": (b'{"text": "x", "lon": -1e400}', 400),
    "an integer of five thousand digits": (b'{"text": "x", "lon": ' + b"9" * 5_000 + b"}", 400),
    "a fraction of five thousand digits": (b'{"text": "x", "lon": 0.' + b"9" * 5_000 + b"}", 400),
    "NaN": (b'{"text": "x", "lon": NaN}', 400),
    "Infinity": (b'{"text": "x", "lon": Infinity}', 400),
    "minus Infinity": (b'{"text": "x", "lon": -Infinity}', 400),
    "a name twice": (b'{"text": "x", "text": "y"}', 400),
    "a name twice, written differently": (b'{"text": "x", "te\\u0078t": "y"}', 400),
    "a name twice, inside": (b'{"text": "x", "reporter": {"name": "a", "name": "b"}}', 400),
    "bytes that are no UTF-8": (b'{"text": "\xff\xfe"}', 400),
    "UTF-16": ('{"text": "x"}'.encode("utf-16"), 400),
    "a mark before the text": (b'\xef\xbb\xbf{"text": "x"}', 400),
    "half a sign": (b'{"text": "\\ud83d"}', 422),
    "a list": (b"[1]", 422),
    "a word": (b'"x"', 422),
    "nothing": (b"null", 422),
    "two values": (b'{"text": "x"} {}', 400),
}


@pytest.mark.parametrize(("body", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_report_is_refused_in_a_few_milliseconds_and_a_few_bytes(client, body, status):
    began = process_time()
    response = post(client, body)
    assert process_time() - began < 4  # of processor time on a slow machine; ten seconds and more on a quick one before
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert len(response.content) < SHORT
    assert not Case.objects.exists()


@pytest.mark.parametrize("size", [65_537, 1_000_000, 3_000_000])
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "a-key-of-a-program-01"}])
def test_a_body_beyond_the_ceiling_is_refused_with_the_ceiling_in_words(client, size, headers):
    body = json.dumps({"text": "x" * size}).encode()
    response = client.post(
        CASES, data=body, content_type="application/json", headers={"Accept-Language": "en", **headers}
    )
    assert response.status_code == 413
    assert response.json()["type"] == "urn:gongjian:problem:too-large"
    assert "64 KB" in response.json()["detail"]


@pytest.mark.parametrize(
    "told", [("too-large", 413), ("too-slow", 408), ("crowded", 503), ("cut-short", 400)], ids=lambda told: told[0]
)
def test_what_the_server_did_not_read_is_told_as_such(client, told):
    fault, status = told
    response = post(client, b"", **{"gongjian.body": fault})
    assert response.status_code == status
    assert response.json()["detail"]
    assert ("Retry-After" in response) == (status == 503)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "image/png"]
)
def test_a_body_that_is_not_json_by_its_own_account_is_refused(client, content_type):
    response = post(client, json.dumps(REPORT), content_type)
    assert response.status_code == 415
    assert "application/json" in response.json()["detail"]


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/vnd.x+json", "APPLICATION/JSON"]
)
def test_json_by_another_of_its_names_is_taken(client, content_type):
    assert post(client, json.dumps(REPORT), content_type).status_code == 201


def test_at_most_twenty_things_are_named_and_the_rest_counted(client):
    problem = post(client, many(150)).json()
    assert len(problem["errors"]) == 20
    assert "130" in problem["detail"]
    assert all(len(error["field"]) <= 80 for error in problem["errors"])


def test_as_many_parameters_of_an_address_are_a_problem_too(client):
    response = client.get("/api/v1/calendar?year=2026&" + "&".join(f"a{n}=1" for n in range(600)))
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@given(json_values)
def test_what_is_json_is_read_as_every_reader_reads_it(value):
    text = json.dumps(value).encode()
    if depth(value) > 8:
        assert refused(text)
    else:
        assert read(text) == value


def depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


@given(st.binary(max_size=200) | st.text('[]{}",\\:0 ', max_size=200).map(str.encode))
def test_whatever_is_sent_is_read_or_refused(body):
    refused(body)


def refused(body):
    """Whether a body is refused; anything else than a refusal fails."""
    with suppress(Problem):
        read(body)
        return False
    return True
