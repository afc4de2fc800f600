"""What `gongjian doctor` looks at. Every check answers in one line and says what helps."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from procrastinate.exceptions import ConnectorException
from pylopdf_fonts_zh_cn import sans_path, serif_path

from gongjian.audit.queries import verify
from gongjian.project import health, queue
from gongjian.project.grants import append_only_tables
from gongjian.project.tasks import probe
from gongjian.workdays.clock import now
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import SHANGHAI

OLDEST_POSTGRESQL = 160_000
LITTLE_SPACE, NO_SPACE = 5_000_000_000, 500_000_000
CLOCK_SECONDS = 5
PROBE_SECONDS = 10
DECEMBER = 12
CHAIN_DAYS = 30
UNDONE = "select 1 from procrastinate_jobs where id = %(job)s and status in ('todo', 'doing')"


class Level(StrEnum):
    """How it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Answer:
    """One line of the doctor."""

    level: Level
    zh: str
    en: str


def _ok(zh: str, en: str) -> Answer:
    return Answer(Level.OK, zh, en)


def _rows(statement: str, values: dict[str, Any] | None = None) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or {})
        return list(cursor.fetchall())


def database() -> Answer:
    """Version, character type and Chinese trigrams."""
    ((number, words, ctype, grams),) = _rows(
        "select current_setting('server_version_num')::int, current_setting('server_version'), "
        "(select coalesce(datlocale, datctype) from pg_database where datname = current_database()), "
        "coalesce(array_length(show_trgm('路灯'), 1), 0)"
    )
    if int(str(number)) < OLDEST_POSTGRESQL:
        return Answer(
            Level.FAIL, f"PostgreSQL {words} 太旧：请升级到 16 或更高", f"PostgreSQL {words} is too old: use 16"
        )
    if not grams:
        return Answer(
            Level.FAIL,
            f"{ctype} 不认识中文：请以 lc_ctype C.UTF-8 重建数据库",
            f"{ctype} knows no Chinese: rebuild the database with lc_ctype C.UTF-8",
        )
    return _ok(f"PostgreSQL {words}，{ctype}，中文三元组可用", f"PostgreSQL {words}, {ctype}, Chinese trigrams work")


def roles() -> Answer:
    """The role that serves may not change the structure, nor what is append-only."""
    tables = sorted(append_only_tables())
    ((superuser, creates),) = _rows(
        "select rolsuper, has_schema_privilege('public', 'create') from pg_roles where rolname = current_user"
    )
    loose = _rows(
        "select t from unnest(%(tables)s::text[]) t where has_table_privilege(t, 'delete') "
        "or has_table_privilege(t, 'truncate') or has_table_privilege(t, 'update')",
        {"tables": tables},
    )
    if superuser or creates or loose:
        what = ", ".join(str(row[0]) for row in loose) or "schema"
        return Answer(
            Level.FAIL,
            f"服务账号权限过大（{what}）：请用 {settings.APP_DB_ROLE} 连接，并以所有者运行 gongjian migrate",
            f"the serving role may do too much ({what}): connect as {settings.APP_DB_ROLE}, run gongjian migrate",
        )
    return _ok(
        f"服务账号不能改动 {len(tables)} 张只增表", f"the serving role cannot change {len(tables)} append-only tables"
    )


def migrations() -> Answer:
    """The database has this version's structure."""
    pending = health.pending_migrations()
    if pending:
        return Answer(
            Level.FAIL,
            f"有 {len(pending)} 个迁移未执行：请运行 gongjian migrate",
            f"{len(pending)} migrations are pending: run gongjian migrate",
        )
    return _ok("数据库结构是本版本的", "the database has this version's structure")


def worker() -> Answer:
    """A no-op job is deferred and seen done; a live process alone proves nothing."""
    job = probe.defer()
    end = time.monotonic() + PROBE_SECONDS
    while time.monotonic() < end:
        if not _rows(UNDONE, {"job": job}):
            return _ok("后台任务在工作", "the worker does its jobs")
        time.sleep(0.1)
    return Answer(
        Level.FAIL,
        f"后台任务 {PROBE_SECONDS} 秒内没有反应：请启动 gongjian run 或 gongjian worker",
        f"the worker did nothing within {PROBE_SECONDS} s: start gongjian run or gongjian worker",
    )


def jobs() -> Answer:
    """No job was given up."""
    found = queue.figures()
    if found.failed:
        return Answer(
            Level.WARN,
            f"有 {found.failed} 个任务失败：请查看日志，30 天后自动清除",
            f"{found.failed} jobs failed: look into the log; they are cleared after 30 days",
        )
    return _ok(f"等待中的任务 {found.due} 个", f"{found.due} jobs wait")


def chain() -> Answer:
    """The audit chain of the last month was not rewritten."""
    found = verify(since=now() - timedelta(days=CHAIN_DAYS))
    if not found.ok:
        return Answer(
            Level.FAIL,
            f"审计链在第 {found.broken_at} 条断开：请保留现场并与备份比对",
            f"the audit chain is broken at entry {found.broken_at}: keep everything and compare with a backup",
        )
    sealed = found.sealed_up_to.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if found.sealed_up_to else "-"
    return _ok(f"审计链完整，已封存至 {sealed}", f"the audit chain is whole, sealed up to {sealed}")


def years() -> Answer:
    """The working days of this year, and from December of the next, are confirmed."""
    today = now().astimezone(SHANGHAI).date()
    needed = [today.year] + ([today.year + 1] if today.month == DECEMBER else [])
    book = calendar()
    open_years = [str(year) for year in needed if not book.is_confirmed(year)]
    if open_years:
        listed = ", ".join(open_years)
        return Answer(
            Level.WARN,
            f"{listed} 年的放假通知还没有确认，期限是暂定的：请在“工作日历”页确认",
            f"the holiday notice of {listed} is not confirmed, terms are provisional: confirm it on the calendar page",
        )
    return _ok(f"{needed[-1]} 年的工作日已确认", f"the working days of {needed[-1]} are confirmed")


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
    return _ok(f"时钟相差 {apart:.1f} 秒", f"clocks are {apart:.1f} s apart")


def disk() -> Answer:
    """There is room to write."""
    free = shutil.disk_usage(settings.HOME).free
    said = f"{free / 1e9:.1f} GB"
    if free < LITTLE_SPACE:
        level = Level.FAIL if free < NO_SPACE else Level.WARN
        return Answer(level, f"磁盘只剩 {said}：请腾出空间", f"only {said} of disk space is left: free some")
    return _ok(f"磁盘剩余 {said}", f"{said} of disk space is free")


def fonts() -> Answer:
    """The Chinese letters' fonts are there."""
    if not (Path(sans_path()).exists() and Path(serif_path()).exists()):
        return Answer(
            Level.FAIL, "缺少中文字体：请运行 make install", "the Chinese fonts are missing: run make install"
        )
    return _ok("中文字体齐全", "the Chinese fonts are there")


WITHOUT_DATABASE: tuple[Callable[[], Answer], ...] = (disk, fonts)
WITH_DATABASE: tuple[Callable[[], Answer], ...] = (migrations, roles, worker, jobs, chain, years, clock)


def examine() -> list[tuple[str, Answer]]:
    """Run every check; without a database only those that need none."""
    first = _examine(database)
    following = WITH_DATABASE if first.level is Level.OK else ()
    return [("database", first)] + [(check.__name__, _examine(check)) for check in (*following, *WITHOUT_DATABASE)]


def _examine(check: Callable[[], Answer]) -> Answer:
    """A database that does not answer is a finding, not a fault of the check."""
    try:
        return check()
    except (DatabaseError, ConnectorException) as error:
        reason = str(error).strip().splitlines()[0]
        return Answer(
            Level.FAIL,
            f"数据库没有回答（{reason}）：请先启动 gongjian run，或检查 DATABASE_URL",
            f"the database did not answer ({reason}): start gongjian run, or check DATABASE_URL",
        )
