from contextlib import ExitStack, suppress

import pytest
from django.db import DataError, OperationalError
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from procrastinate.exceptions import ConnectorException
from psycopg_pool import PoolTimeout

from gongjian.identity.models import User
from gongjian.project import views
from gongjian.project.busy import is_busy
from gongjian.project.middleware import DatabaseBusyMiddleware
from gongjian.project.queue import HEARTBEAT


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


def test_healthz_asks_no_database(visitor):
    answer = visitor.get("/healthz")  # the test has no database: a query would fail it
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_names_what_is_missing(visitor):
    answer = visitor.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False, "database": True, "migrations": True, "worker": False, "clocks": True, "queues": True, "stuck": {},
    }  # fmt: skip


@pytest.mark.django_db
def test_readyz_with_a_worker(visitor, cursor):
    cursor.execute("insert into procrastinate_workers default values")
    cursor.execute(HEARTBEAT)
    answer = visitor.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)


@pytest.mark.django_db
def test_metrics_for_this_machine(visitor):
    answer = visitor.get("/metrics")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "gongjian_jobs_due 0.0" in text
    assert "gongjian_worker_silence_seconds -1.0" in text
    assert "# TYPE gongjian_cases_overdue gauge" in text


def test_metrics_are_absent_for_others(visitor):
    assert visitor.get("/metrics", REMOTE_ADDR="10.0.0.8").status_code == 404


def test_metrics_are_absent_through_a_proxy_on_this_machine(visitor):
    assert visitor.get("/metrics", headers={"X-Forwarded-For": "10.0.0.8"}).status_code == 404


@pytest.mark.django_db
def test_metrics_with_the_token(visitor, settings):
    settings.METRICS_TOKEN = "s3cret"
    far = {"REMOTE_ADDR": "10.0.0.8"}
    assert visitor.get("/metrics", headers={"Authorization": "Bearer s3cret"}, **far).status_code == 200
    assert visitor.get("/metrics", headers={"Authorization": "Bearer other"}, **far).status_code == 404


@pytest.mark.parametrize("error", [OperationalError("gone"), PoolTimeout("full"), ConnectorException()])
def test_busy_database_is_503_with_a_number_and_a_time(rf: RequestFactory, error):
    answer = DatabaseBusyMiddleware(lambda request: None).process_exception(rf.get("/report"), error)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "caseno" in answer.content.decode()


def test_programs_get_a_problem_document(rf: RequestFactory):
    answer = DatabaseBusyMiddleware(lambda request: None).process_exception(rf.get("/api/v1/cases"), PoolTimeout())
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")


def test_other_errors_are_left_alone(rf: RequestFactory):
    assert DatabaseBusyMiddleware(lambda request: None).process_exception(rf.get("/"), ValueError()) is None


def test_cause_is_looked_for():
    outer = RuntimeError("deferring")
    outer.__cause__ = PoolTimeout()
    assert is_busy(outer)
    assert not is_busy(Http404())


def told_of(error: Exception, rf: RequestFactory) -> HttpResponse:
    """What Django's handler does: it calls the error page while the error is being handled."""
    with suppress(type(error)), ExitStack() as stack:
        answers: list[HttpResponse] = []
        stack.push(lambda *_exc: answers.append(views.server_error(rf.get("/"))))
        raise error
    return answers[0]


def test_error_below_the_middlewares_is_busy_too(rf: RequestFactory):
    answer = told_of(OperationalError("gone"), rf)
    assert answer.status_code == 503


def test_our_fault_has_a_number(rf: RequestFactory, caplog):
    answer = told_of(ValueError("broken"), rf)
    number = next(record.args[0] for record in caplog.records if record.exc_info)
    assert answer.status_code == 500
    assert number in answer.content.decode()


def test_form_that_was_open_too_long(rf: RequestFactory):
    answer = views.csrf_failure(rf.post("/report"), reason="cookie missing")
    assert answer.status_code == 403
    assert "cookie missing" not in answer.content.decode()


@pytest.mark.usefixtures("district")
@pytest.mark.parametrize(
    ("who", "path"), [("du.siyuan", "/office/people/?q=%00"), ("pan.ruilin", "/office/audit/?object=user:%00")]
)
def test_a_nul_in_an_address_breaks_no_page(visitor, who, path):
    visitor.force_login(User.objects.get(username=who))
    assert visitor.get(path).status_code == 200


def test_a_nul_that_reached_the_database_is_a_bad_request(rf: RequestFactory):
    refused = DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    answer = DatabaseBusyMiddleware(lambda _request: HttpResponse()).process_exception(rf.get("/"), refused)
    assert answer is not None
    assert answer.status_code == 400


def test_unknown_address(visitor):
    assert visitor.get("/nowhere").status_code == 404


@pytest.fixture
def cursor(db):
    from django.db import connection

    with connection.cursor() as cursor:
        yield cursor
