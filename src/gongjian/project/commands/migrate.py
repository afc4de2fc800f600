"""`gongjian migrate`: bring the database to this version as its owner, with rights and reference data."""

import argparse

from django.apps import apps
from django.core.management import call_command
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.utils import translation

from gongjian.project.grants import apply_grants
from gongjian.project.reference import load_reference
from gongjian.project.terminal import step, warn
from gongjian.workdays.clock import now


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take --missing."""
    parser.add_argument(
        "--missing", action="store_true", help="只检查有没有漏写迁移 only tell whether a migration is missing"
    )


def main(args: argparse.Namespace) -> int:
    """Migrate, grant, load reference data; or only tell what is missing, without a database."""
    if args.missing:
        missing = missing_migrations()
        warn(*(f"missing migration: {line}" for line in missing))
        return 1 if missing else 0
    with step("更新数据库结构", "Bringing the database to this version"):
        call_command("migrate", interactive=False, verbosity=0)
        apply_grants()
    with step("载入基础数据", "Loading reference data"):
        load_reference(at=now())
    return 0


def missing_migrations() -> list[str]:
    """Return one line for each model change of our own rooms that no migration makes."""
    loader = MigrationLoader(None)
    detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    with translation.override(None):  # names of Django's own fields are compared untranslated
        changes = detector.changes(graph=loader.graph)
    return [
        f"{label}: {operation.describe()}"
        for label, migrations in sorted(changes.items())
        if apps.get_app_config(label).name.startswith("gongjian.")
        for migration in migrations
        for operation in migration.operations
    ]
