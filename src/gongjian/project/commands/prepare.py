"""`gongjian prepare`: what stands between a running database and an open door. `gongjian run` calls it.

Progress goes to the error stream, the welcome to the output, which the launcher shows once the door is open.
"""

import argparse
import traceback

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection

from gongjian.project import demonstration, health, static, welcome
from gongjian.project.grants import apply_grants
from gongjian.project.launcher import refusals
from gongjian.project.messages import compile_catalogues
from gongjian.project.reference import load_reference
from gongjian.project.terminal import Refusal, say, step
from gongjian.workdays.clock import now


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take --rich."""
    parser.add_argument("--rich", action="store_true", help="彩色表格 tables for a terminal")


def main(args: argparse.Namespace) -> None:
    """Prepare everything. Raises Refusal; the traceback of an unforeseen error goes to log/prepare.log."""
    try:
        _prepare()
        say(welcome.text(rich=args.rich, at=now()))
    except Refusal:
        raise
    except Exception as error:
        if "No space left on device" in str(error):
            raise refusals.disk_full(settings.HOME) from error
        log = settings.HOME / "log" / "prepare.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(traceback.format_exc())
        raise refusals.preparation_failed(str(log)) from error


def _prepare() -> None:
    with step("编译译文", "Compiling the English texts"):
        compile_catalogues()
    with step("更新数据库结构和权限", "Bringing the database to this version"):
        owner = _owns_the_database()
        _migrate(owner=owner)
    if owner:
        with step("载入基础数据", "Loading reference data"):
            load_reference(at=now())
        demonstration.load_if_missing(at=now())
        demonstration.furnish_exit(at=now())
    with step("整理静态文件", "Collecting static files"):
        static.collect()


def _migrate(*, owner: bool) -> None:
    unknown = health.unknown_migrations()
    if unknown:
        raise refusals.newer_database(unknown[-1])
    pending = health.pending_migrations()
    if pending and not owner:
        raise refusals.pending_migrations()
    if pending:
        call_command("migrate", interactive=False, verbosity=0)
    if owner:
        apply_grants()


def _owns_the_database() -> bool:
    """Tell whether this role may change the structure; in production the served role may not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select has_schema_privilege(current_user, 'public', 'create')")
            return bool(cursor.fetchone()[0])
    except DatabaseError:
        return False
