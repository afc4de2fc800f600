"""Is this installation well? Asked by load balancers, by the operator and by `gongjian doctor`."""

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader


class _Known:
    """Once this process has seen every migration applied, they stay applied."""

    applied = False


def database_answers() -> bool:
    """Ask the database for the number one."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
            return bool(cursor.fetchone() == (1,))
    except DatabaseError:
        return False


def pending_migrations() -> list[str]:
    """Return the migrations of this version that the database has not seen."""
    loader = MigrationLoader(connection)
    return sorted(f"{app}.{name}" for app, name in set(loader.disk_migrations) - set(loader.applied_migrations))


def unknown_migrations() -> list[str]:
    """Return our rooms' migrations that the database has seen and this version does not know: it was newer."""
    loader = MigrationLoader(connection)
    ours = {app for app, _name in loader.disk_migrations}
    known = set(loader.disk_migrations) | {
        pair for migration in loader.disk_migrations.values() for pair in migration.replaces
    }
    return sorted(f"{app}.{name}" for app, name in set(loader.applied_migrations) - known if app in ours)


def migrations_applied() -> bool:
    """Tell whether the database has this version's structure."""
    if not _Known.applied:
        try:
            _Known.applied = not pending_migrations()
        except DatabaseError:
            return False
    return _Known.applied
