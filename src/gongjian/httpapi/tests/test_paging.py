import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongjian.httpapi.tests.conftest import AT
from gongjian.identity.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def users():
    # Two at each moment: the second field has to decide.
    return User.objects.bulk_create(
        User(username=f"paged-{n}", kind="resident", created_at=AT + timedelta(minutes=n // 2)) for n in range(7)
    )


def walk(client, path):
    seen, cursor = [], ""
    while True:
        body = client.get(f"{path}&cursor={cursor}").json()
        seen += [item["username"] for item in body["items"]]
        cursor = body["next"]
        if cursor is None:
            return seen


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_pages_join_without_gap_or_double(client, users, limit):
    names = [f"paged-{n}" for n in range(7)]
    assert walk(client, f"/api/users?limit={limit}") == names
    assert walk(client, f"/api/users?limit={limit}&falling=true") == names[::-1]


def test_a_row_that_comes_in_between_shifts_nothing(client, users):
    first = client.get("/api/users?limit=3&falling=true").json()
    User.objects.create(username="paged-new", kind="resident", created_at=AT + timedelta(hours=1))
    second = client.get(f"/api/users?limit=3&falling=true&cursor={first['next']}").json()
    assert [i["username"] for i in first["items"] + second["items"]] == [f"paged-{n}" for n in (6, 5, 4, 3, 2, 1)]


def test_a_page_is_one_statement_that_starts_at_the_cursor(client, users):
    cursor = client.get("/api/users?limit=3").json()["next"]
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/api/users?limit=3&cursor={cursor}")
    (query,) = queries.captured_queries
    assert '"created_at" >=' in query["sql"]
    assert "OFFSET" not in query["sql"]


@pytest.mark.parametrize("cursor", ["x", "e30", "WyJhIl0", "WyJhIiwgImIiXQ", "!!!", "WzEsIDJd"])
def test_a_foreign_cursor_is_refused(client, users, cursor):
    response = client.get(f"/api/users?cursor={cursor}")
    assert response.status_code == 422
    assert json.loads(response.content)["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize("limit", [0, -1, 201, "x"])
def test_a_limit_has_limits(client, limit):
    assert client.get(f"/api/users?limit={limit}").status_code == 422
