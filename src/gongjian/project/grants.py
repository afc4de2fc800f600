"""What the application role may do: read and write rows, never change the append-only tables nor the schema."""

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

BOOKKEEPING = ("django_migrations",)
MAINTAINABLE = 170_000  # the version of PostgreSQL that can grant it; an older one skips the weighing with a warning


def append_only_tables() -> dict[str, tuple[str, ...]]:
    """Return the append-only tables, each with the columns that may still be filled in later.

    A model says so itself: `append_only = True`, and `filled_later = ("column", ...)` where a job completes the row.
    """
    return {
        model._meta.db_table: tuple(getattr(model, "filled_later", ()))
        for model in apps.get_models(include_auto_created=True)
        if getattr(model, "append_only", False)
    }


def apply_grants(role: str = "") -> None:
    """Give the application role its rights, in one transaction so that no moment is too open.

    Run after every migration: new tables start without rights.
    """
    quote = connection.ops.quote_name
    app = quote(role or settings.APP_DB_ROLE)
    statements = [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"REVOKE CREATE ON SCHEMA public FROM {app}",
        f"GRANT USAGE ON SCHEMA public TO {app}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}",
        f"REVOKE TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN SCHEMA public FROM {app}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}",
    ]
    connection.ensure_connection()
    if connection.connection.info.server_version >= MAINTAINABLE:
        # A load weighs its tables before their references are checked; changing rows is no part of this.
        statements.append(f"GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO {app}")
    statements += [f"REVOKE INSERT, UPDATE, DELETE ON {quote(table)} FROM {app}" for table in BOOKKEEPING]
    for table, columns in append_only_tables().items():
        statements.append(f"REVOKE UPDATE, DELETE, TRUNCATE ON {quote(table)} FROM {app}")
        if columns:
            names = ", ".join(quote(column) for column in columns)
            statements.append(f"GRANT UPDATE ({names}) ON {quote(table)} TO {app}")
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
