import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test import Client

from gongjian.httpapi import idempotency
from gongjian.httpapi.models import Answer
from gongjian.httpapi.sweeps import sweep_answers
from gongjian.httpapi.tests.conftest import KEY, make_key
from gongjian.identity.models import ApiKey, User
from gongjian.workdays.clock import now

ONCE = "7f6c9a52-3c1e-4a8e-9d3a-1"


def post(client, username="liu", once=ONCE, key=KEY, path="/api/users", **headers):
    return client.post(
        path,
        {"username": username},
        content_type="application/json",
        headers={"X-Api-Key": key, **({"Idempotency-Key": once} if once else {}), **headers},
    )


@pytest.mark.django_db
def test_the_same_request_acts_once_and_is_answered_twice(client, key):
    first, second = post(client), post(client)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert (first.get("Idempotency-Replayed"), second["Idempotency-Replayed"]) == (None, "true")
    assert second["Content-Type"].startswith("application/json")
    assert User.objects.filter(username="liu").count() == 1


@pytest.mark.django_db
def test_the_kept_answer_is_sealed(client, key):
    post(client)
    with connection.cursor() as cursor:
        cursor.execute("select content from httpapi_answer")
        assert b"liu" not in bytes(cursor.fetchone()[0])


@pytest.mark.django_db
def test_another_body_with_the_same_key_is_refused(client, key):
    post(client)
    response = post(client, "other")
    assert response.status_code == 422
    assert "key-reused" in response.json()["type"]
    assert not User.objects.filter(username="other").exists()


@pytest.mark.django_db
def test_keys_of_different_callers_and_routes_do_not_meet(client, key):
    make_key("z" * 43)
    assert post(client).status_code == 201
    assert post(client, "li", key="z" * 43).status_code == 201
    assert post(client, "wu", path="/api/open").status_code == 200
    assert Answer.objects.count() == 3


@pytest.mark.django_db
def test_without_a_key_every_request_acts(client, key):
    post(client, "a1", once="")
    post(client, "a2", once="")
    assert not Answer.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("username", ["refuse", "crash", "x"])
def test_a_failed_act_leaves_nothing_and_may_be_tried_again(client, key, username):
    assert post(client, username).status_code in {409, 422, 500}
    assert not User.objects.filter(username="half").exists()
    assert not Answer.objects.exists()
    assert post(client, "liu").status_code == 201


@pytest.mark.django_db
def test_a_replay_needs_a_key_that_is_still_good(client, key):
    post(client)
    ApiKey.objects.update(active=False)
    assert post(client).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("once", ["short", "x" * 201])
def test_a_key_that_could_be_guessed_is_refused(client, key, once):
    response = post(client, once=once)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.django_db
def test_an_answer_is_forgotten_after_a_day(client, key, monkeypatch):
    post(client)
    assert sweep_answers(at=now() + timedelta(hours=23)) == 0
    assert sweep_answers(at=now() + timedelta(hours=24, minutes=1)) == 1
    post(client, "b1")
    later = now() + timedelta(hours=25)
    monkeypatch.setattr(idempotency, "now", lambda: later)
    assert post(client, "b2").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_a_second_request_while_the_first_runs_gets_409():
    make_key()
    started, go_on = threading.Event(), threading.Event()
    answers = {}

    def first():
        from django.db import transaction

        try:
            digests = idempotency._digests(_request(), ONCE)
            with transaction.atomic():
                assert idempotency._lock(digests[0])
                started.set()
                go_on.wait(60)
        finally:
            connections.close_all()

    holder = threading.Thread(target=first)
    holder.start()
    assert started.wait(60)
    answers["while"] = post(Client())
    go_on.set()
    holder.join()
    answers["after"] = post(Client())
    assert (answers["while"].status_code, answers["while"]["Retry-After"]) == (409, "1")
    assert answers["after"].status_code == 201


def _request():
    from django.test import RequestFactory

    return RequestFactory().post(
        "/api/users", {"username": "liu"}, content_type="application/json", headers={"X-Api-Key": KEY}
    )
