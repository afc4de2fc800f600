import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from gongjian.audit.actions import record
from gongjian.audit.models import AuditEntry
from gongjian.project.grants import append_only_tables, apply_grants
from gongjian.workdays.clock import now

APP = "grants_probe"

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_app():
    """Become a role that has what the application role gets; the roll-back at the end of the test takes it away."""
    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        owner = cursor.fetchone()[0]
        cursor.execute("select rolcreaterole from pg_roles where rolname = current_user")
        role = APP if cursor.fetchone()[0] else "gongjian_app"
        if role == APP:
            cursor.execute(f"create role {APP}")
            cursor.execute(f"grant {APP} to {owner}")
        apply_grants(role)
        cursor.execute(f"set role {role}")
        yield cursor
        cursor.execute("reset role")


def refused(cursor, statement: str) -> bool:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
        cursor.execute(statement)
    return True


def test_application_role_writes_and_reads_the_record(as_app):
    record(
        action="test.act",
        actor_kind="system",
        actor_id=None,
        unit_id=None,
        object_kind="case",
        object_id="1",
        at=now(),
    )
    assert AuditEntry.objects.filter(action="test.act").count() == 1


def test_append_only_tables_cannot_be_changed_or_emptied(as_app):
    tables = append_only_tables()
    assert {"audit_auditentry", "casework_caseevent"} <= set(tables)
    for table in tables:
        assert refused(as_app, f"update {table} set id = id")
        assert refused(as_app, f"delete from {table}")
        assert refused(as_app, f"truncate {table}")


def test_other_tables_can_be_changed(as_app):
    as_app.execute("update casework_case set id = id")
    as_app.execute("delete from notify_message")


def test_structure_and_its_book_keeping_are_refused(as_app):
    assert refused(as_app, "create table intruder (id int)")
    assert refused(as_app, "alter table casework_case add column more int")
    assert refused(as_app, "drop table notify_message")
    assert refused(as_app, "truncate notify_message")
    assert refused(as_app, "delete from django_migrations")


def test_grants_may_be_applied_twice(as_app):
    as_app.execute("reset role")
    apply_grants("gongjian_app")
    apply_grants("gongjian_app")


def test_a_load_may_weigh_its_tables(as_app):
    as_app.execute("select has_table_privilege('casework_caseevent', 'maintain')")
    assert as_app.fetchone()[0]
    as_app.execute("analyze casework_caseevent")
