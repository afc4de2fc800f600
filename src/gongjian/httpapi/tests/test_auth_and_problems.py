import json
import logging

import pytest

from gongjian.httpapi.tests.conftest import AT, KEY, make_key

pytestmark = pytest.mark.django_db


def problem_of(response):
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert body["status"] == response.status_code
    assert body["type"].startswith("urn:gongjian:problem:")
    return body


def test_a_program_is_known_by_its_key_in_header_address_or_form(client, key):
    assert client.get("/api/who", headers={"X-Api-Key": KEY}).json() == {
        "name": "区 App",
        "kind": "program",
        "channel": "api",
    }
    assert client.get(f"/api/who?api_key={KEY}").status_code == 200
    assert client.post("/api/who", {"api_key": KEY}).json() == {"name": "区 App"}


def test_no_key_or_a_dead_one_is_401(client, key):
    make_key("e" * 43, expires_at=AT)
    make_key("o" * 43, active=False)
    for headers in ({}, {"X-Api-Key": "wrong"}, {"X-Api-Key": "e" * 43}, {"X-Api-Key": "o" * 43}):
        response = client.get("/api/who", headers=headers)
        assert response.status_code == 401
        assert "X-Api-Key" in problem_of(response)["detail"]


def test_a_key_that_comes_too_often_is_told_when_to_come_again(client):
    make_key(per_minute=2)
    answers = [client.get("/api/who", headers={"X-Api-Key": KEY}) for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert answers[2]["Retry-After"] == "30"
    assert problem_of(answers[2])["title"] == "请求太频繁"


def test_every_wrong_field_is_named_with_its_remedy_in_the_language_asked_for(client, key):
    body = {"username": "x", "urgency": 9, "address": {"road": "very long"}, "phone": "138"}
    headers = {"X-Api-Key": KEY}
    zh = client.post("/api/users", body, content_type="application/json", headers=headers)
    en = client.post(
        "/api/users", body, content_type="application/json", headers={**headers, "Accept-Language": "en-GB,zh;q=0.5"}
    )
    assert zh.status_code == en.status_code == 422
    assert (zh["Content-Language"], en["Content-Language"]) == ("zh-hans", "en")
    assert {e["field"]: e["message"] for e in problem_of(zh)["errors"]} == {
        "username": "至少 2 个字。",
        "urgency": "不大于 2。",
        "address.road": "最多 5 个字。",
        "phone": "没有这个电话号码。请核对，座机要带区号，例如 0755 2555 1234。",
    }
    assert [e["message"] for e in problem_of(en)["errors"]] == [
        "At least 2 characters.",
        "Not more than 2.",
        "At most 5 characters.",
        "No such phone number. Check it; a land line needs its area code, such as 0755 2555 1234.",
    ]


def test_a_missing_field_and_broken_json_are_told(client, key):
    headers = {"X-Api-Key": KEY, "Accept-Language": "en"}
    missing = client.post("/api/users", {}, content_type="application/json", headers=headers)
    assert problem_of(missing)["errors"] == [{"field": "username", "message": "This is missing."}]
    broken = client.post("/api/users", "{", content_type="application/json", headers=headers)
    assert broken.status_code == 400
    assert problem_of(broken)["title"] == "The request is not well formed"


@pytest.mark.parametrize(
    ("kind", "status", "title"),
    [
        ("404", 404, "Not found"),
        ("403", 403, "This key may not do that"),
        ("400", 400, "The request is not well formed"),
    ],
)
def test_what_django_refuses_is_told_without_its_inner_words(client, kind, status, title):
    response = client.get(f"/api/fail/{kind}", headers={"Accept-Language": "en"})
    assert response.status_code == status
    assert problem_of(response)["title"] == title
    assert "17" not in response.content.decode()
    assert "hotline:case:read" not in response.content.decode()


def test_a_refused_file_names_its_field(client):
    assert problem_of(client.get("/api/fail/refused"))["errors"] == [{"field": "photo", "message": "太大"}]


def test_a_fault_is_logged_under_the_reference_the_caller_gets(client, caplog):
    with caplog.at_level(logging.ERROR, logger="gongjian"):
        response = client.get("/api/fail/500", headers={"Accept-Language": "en"})
    assert response.status_code == 500
    reference = problem_of(response)["detail"].split()[-1].rstrip(".")
    assert reference.startswith("E-")
    assert reference in caplog.text
    assert "RuntimeError" in caplog.text
    assert "123" not in response.content.decode().replace(reference, "")


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        ("", "zh-hans"),
        ("fr", "zh-hans"),
        ("en", "en"),
        ("zh-CN,en;q=0.9", "zh-hans"),
        ("zh;q=0.1,en;q=x,en-US;q=0.8", "en"),
        (",;q=,", "zh-hans"),
    ],
)
def test_the_language_is_the_one_wished_for_most(client, wish, language):
    assert client.get("/api/fail/404", headers={"Accept-Language": wish})["Content-Language"] == language
