"""Programs report and ask: shape, limits, problem details, and what it may cost."""

import json

import pytest
from django.test import Client

from gongjian.casework.models import Case, CaseParty
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.identity.models import Session
from gongjian.testing.assertions import assert_at_most_queries
from gongjian.testing.cases import bring_to
from gongjian.testing.clock import MONDAY_MORNING

CASES = "/api/v1/hotline/cases"
BODY = {
    "text": "沙头角海景二路 128 号门口的路灯连续三晚不亮，老人出门看不清台阶，请尽快修。",
    "topic": "env-site-noise",
    "lon": 114.2401,
    "lat": 22.5571,
    "address": "永安北一街 18 号",
    "reporter": {"email": "resident@example.org", "phone": "13800006021", "consent": True},
    "source": "bench",
}


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())


def send(client, body=BODY, **headers):
    return client.post(CASES, json.dumps(body), content_type="application/json", headers=headers)


def test_a_report_gets_number_receipt_and_deadline(client):
    response = send(client)
    assert response.status_code == 201
    told = response.json()
    case = Case.objects.get()
    assert told["id"] == case.number
    assert told["status"] == "received"
    assert told["created_at"].startswith("2026-11-23T")
    assert told["due_at"]
    assert told["track_url"].endswith(f"/track?number={case.number}")
    assert (case.channel, case.topic.code) == ("api", "env-site-noise")
    assert case.community is not None
    party = CaseParty.objects.get()
    assert (party.consent_contact, party.contact.mask_phone) == (True, "138 ********")
    assert ServiceRequest.objects.get().source_program == "bench"


def test_the_receipt_opens_the_state_and_nothing_of_the_reporter(client):
    told = send(client).json()
    bring_to(Case.objects.get(), "in_progress")
    response = client.get(f"{CASES}/{told['id']}", headers={"X-Receipt": told["receipt"], "Accept-Language": "en"})
    assert response.status_code == 200
    state = response.json()
    assert (state["status"], state["stage"]) == ("in_progress", "handling")
    assert state["words"] == "The unit is working on it."
    for secret in ("6021", "resident@example.org", "郑海峰"):
        assert secret not in response.content.decode()


def test_wrong_number_and_wrong_receipt_get_the_same_answer(client):
    told = send(client).json()
    answers = [
        client.get(f"{CASES}/{number}", headers={"X-Receipt": code} if code else {})
        for number, code in (
            (told["id"], "ABCDEFGHJK"),
            ("YT-2611-99999", told["receipt"]),
            (told["id"], ""),
            (told["id"], "6021"),
        )
    ]
    assert {a.status_code for a in answers} == {404}
    assert len({a.content for a in answers}) == 1
    assert answers[0]["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "  "}, "text"),
        ({"text": "长" * 4001}, "text"),
        ({"text": "夜里\x00打桩"}, "text"),
        ({"reporter": {"name": "\x00"}}, "reporter.name"),
        ({"topic": "nonsense"}, "topic"),
        ({"kind": "gossip"}, "kind"),
        ({"lon": 200}, "lon"),
        ({"lat": None}, "lon"),
        ({"reporter": {"phone": "12"}}, "phone"),
        ({"reporter": {"email": "x@"}}, "email"),
        ({"reporter": {"fax": "1"}}, "reporter.fax"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(client, change, field):
    response = send(client, BODY | change)
    assert response.status_code == 422
    problem = response.json()
    assert problem["type"] == "urn:gongjian:problem:invalid"
    assert any(field in e["field"] for e in problem["errors"]), problem
    assert all(e["message"] for e in problem["errors"])
    assert not Case.objects.exists()


def test_nonsense_instead_of_json(client):
    response = client.post(CASES, b"\xff\xfe", content_type="application/json")
    assert response.status_code in {400, 422}
    assert response["Content-Type"] == "application/problem+json"


def test_an_idempotency_key_makes_one_case(client):
    key = {"Idempotency-Key": "0123456789abcdef"}
    first, second = send(client, **key), send(client, **key)
    assert first.json() == second.json()
    assert Case.objects.count() == 1


def test_one_address_may_send_twelve_a_minute():
    client, other = Client(REMOTE_ADDR="10.1.1.1"), Client(REMOTE_ADDR="10.1.1.2")
    answers = [send(client).status_code for _ in range(14)]
    assert answers == [201] * 12 + [429] * 2
    assert send(other).status_code == 201


def test_anonymous_reports_are_limited_together_with_those_of_the_page():
    client = Client(REMOTE_ADDR="10.1.1.1")
    body = {k: v for k, v in BODY.items() if k != "reporter"}
    answers = [send(client, body).status_code for _ in range(12)]
    assert answers.count(201) == 10
    assert send(client).status_code in {201, 429}


def test_a_report_costs_at_most_six_statements_and_no_session(client):
    send(client)
    with assert_at_most_queries(3):
        assert send(client).status_code == 201
    assert not Session.objects.exists()
    assert not client.cookies
