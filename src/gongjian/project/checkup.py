"""What `gongjian doctor` looks at. Every check answers in one line and says what helps."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from procrastinate.exceptions import ConnectorException
from pylopdf_fonts_zh_cn import sans_path, serif_path

from gongjian.audit.queries import verify
from gongjian.httpapi.tasks import probe as probe_deliver
from gongjian.project import health, lines, production, vitals
from gongjian.project.grants import append_only_tables
from gongjian.project.lines import Answer, Level
from gongjian.project.tasks import probe
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_minute

CLOCK_SECONDS = 5
PROBE_SECONDS = 20  # with every place taken by a slow receiver one is free within 18
CHAIN_DAYS = 30
UNDONE = "select 1 from procrastinate_jobs where id = %(job)s and status in ('todo', 'doing')"


def _rows(statement: str, values: dict[str, Any] | None = None) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or {})
        return list(cursor.fetchall())


def roles() -> Answer:
    """The role that serves may not change the structure, nor what is append-only."""
    tables = sorted(append_only_tables())
    ((superuser, creates),) = _rows(
        "select rolsuper, has_schema_privilege('public', 'create') from pg_roles where rolname = current_user"
    )
    loose = _rows(
        "select t.name from unnest(%(tables)s::text[]) t(name) where has_table_privilege(t.name, 'delete') "
        "or has_table_privilege(t.name, 'truncate') or has_table_privilege(t.name, 'update')",
        {"tables": tables},
    )
    if superuser or creates or loose:
        what = ", ".join(str(row[0]) for row in loose) or "schema"
        return Answer(
            Level.FAIL,
            f"服务账号权限过大（{what}）：请用 {settings.APP_DB_ROLE} 连接，并以所有者运行 gongjian migrate",
            f"the serving role may do too much ({what}): connect as {settings.APP_DB_ROLE}, run gongjian migrate",
        )
    return lines.ok(
        f"服务账号不能改动 {len(tables)} 张只增表", f"the serving role cannot change {len(tables)} append-only tables"
    )


def probing() -> Answer:
    """A no-op job is deferred to each worker and seen done; a live process alone proves nothing."""
    jobs = {"worker": probe.defer(), "deliver": probe_deliver.defer()}
    end = time.monotonic() + PROBE_SECONDS
    while jobs and time.monotonic() < end:
        jobs = {name: job for name, job in jobs.items() if _rows(UNDONE, {"job": job})}
        time.sleep(0.1 if jobs else 0)
    if not jobs:
        return lines.ok("后台任务在工作", "the workers do their jobs")
    named = "，".join(f"gongjian {name}" for name in jobs)
    return Answer(
        Level.FAIL,
        f"{named} 在 {PROBE_SECONDS} 秒内没有反应：请启动 gongjian run，或单独启动它",
        f"{named} did nothing within {PROBE_SECONDS} s: start gongjian run, or that command alone",
    )


def audit() -> Answer:
    """The audit chain of the last month was not rewritten."""
    found = verify(since=now() - timedelta(days=CHAIN_DAYS))
    if not found.ok:
        return Answer(
            Level.FAIL,
            f"审计链在第 {found.broken_at} 条断开：请保留现场并与备份比对",
            f"the audit chain is broken at entry {found.broken_at}: keep everything and compare with a backup",
        )
    sealed = local_minute(found.sealed_up_to) if found.sealed_up_to else "-"
    return lines.ok(f"审计链完整，已封存至 {sealed}", f"the audit chain is whole, sealed up to {sealed}")


def clock() -> Answer:
    """Machine and database agree on the time."""
    ((theirs,),) = _rows("select clock_timestamp()")
    if not isinstance(theirs, datetime):
        raise TypeError(theirs)
    apart = abs((datetime.now(theirs.tzinfo) - theirs).total_seconds())
    if apart > CLOCK_SECONDS:
        return Answer(
            Level.FAIL,
            f"本机与数据库的时钟相差 {apart:.0f} 秒：请启用时间同步",
            f"the clocks of this machine and the database are {apart:.0f} s apart: switch on time synchronisation",
        )
    return lines.ok(f"时钟相差 {apart:.1f} 秒", f"clocks are {apart:.1f} s apart")


def fonts() -> Answer:
    """The Chinese letters' fonts are there."""
    if not (Path(sans_path()).exists() and Path(serif_path()).exists()):
        return Answer(
            Level.FAIL, "缺少中文字体：请运行 make install", "the Chinese fonts are missing: run make install"
        )
    return lines.ok("中文字体齐全", "the Chinese fonts are there")


# Looked at by the doctor alone: they write, wait, or read much.
FURTHER: tuple[tuple[str, Callable[[], Answer]], ...] = (
    ("server", production.server),
    ("durability", production.durability),
    ("connections", production.connections),
    ("roles", roles),
    ("settings", production.installation),
    ("probe", probing),
    ("audit", audit),
    ("clock", clock),
)
WITHOUT_DATABASE: tuple[tuple[str, Callable[[], Answer]], ...] = (("fonts", fonts),)


def examine() -> list[tuple[str, Answer]]:
    """Return the lines of the operator's page, and those that take longer; without a database only what needs none."""
    first = _examine(lambda: lines.ok("", "") if _rows("select 1") else lines.fail("", ""))
    if first.level is not Level.OK:
        found = [("database", first), ("disk", vitals.disk())]
    else:
        found = _vitals() + [(name, _examine(check)) for name, check in FURTHER]
    return found + [(name, _examine(check)) for name, check in WITHOUT_DATABASE]


def _vitals() -> list[tuple[str, Answer]]:
    """A structure that is older than the program is a finding too."""
    try:
        return vitals.lines(at=now())
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        pending = f"{len(health.pending_migrations())}"
        return [
            (
                "migrations",
                lines.fail(
                    f"{pending} 个迁移未执行（{reason}）：请运行 gongjian migrate",
                    f"{pending} migrations are pending ({reason}): run gongjian migrate",
                ),
            )
        ]


def _examine(check: Callable[[], Answer]) -> Answer:
    """A database that does not answer is a finding, not a fault of the check."""
    try:
        return check()
    except (DatabaseError, ConnectorException) as error:
        reason = str(error).strip().splitlines()[0]
        return lines.fail(
            f"数据库没有回答（{reason}）：请先启动 gongjian run，或检查 DATABASE_URL",
            f"the database did not answer ({reason}): start gongjian run, or check DATABASE_URL",
        )
