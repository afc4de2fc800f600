"""What the operator's page shows, from one statement: numbers that cost nothing to ask for again."""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from django.conf import settings
from django.db import connection

from gongjian import __version__
from gongjian.audit.models import AuditEntry, AuditSeal
from gongjian.documents import room
from gongjian.httpapi.models import Subscription
from gongjian.httpapi.tasks import QUEUE as WEBHOOKS
from gongjian.identity.queries import demonstration
from gongjian.notify.ceilings import lane_words
from gongjian.notify.models import Message, SendingAllowance
from gongjian.project import health, queue
from gongjian.project.backup.schedule import LATE, OLD, Newest, daily
from gongjian.project.lateness import Background, level
from gongjian.project.lines import Answer, Level, fail, ok, warn
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import local_day, local_minute

SEAL_LATE = timedelta(minutes=15)
FULL = timedelta(hours=1)  # how long a ceiling that was reached is told
WAITS = 15  # minutes after which a message that was due counts as stuck
CERTIFICATE_SOON, CERTIFICATE_NOW = 21, 7  # days
LITTLE, VERY_LITTLE = 0.10, 0.03  # of the disk
DECEMBER = 12
# What the queues are called; one that is not here is called by its own name.
QUEUES = {
    "clocks": ("定时任务", "scheduled jobs"),
    "notices": ("通知", "notices"),
    WEBHOOKS: ("推送", "webhooks"),
    "exports": ("导出", "exports"),
    "imports": ("导入", "imports"),
}

FACTS = f"""
select current_setting('server_version'),
  (select count(*) from pg_stat_activity where backend_type = 'client backend'),
  current_setting('max_connections')::int,
  ({queue.FAILED}),
  (select coalesce(json_agg(json_build_array(name, due, seconds)), '[]')
   from ({queue.DUE}) as found(name, due, seconds)),
  ({queue.HEARTBEAT}),
  ({queue.TICK}),
  (select count(*) from {Message._meta.db_table}
   where state in ('queued', 'held') and channel = 'sms' and due_at < %(stuck)s),
  (select count(*) from {Message._meta.db_table}
   where state in ('queued', 'held') and channel = 'email' and due_at < %(stuck)s),
  (select count(*) from {Message._meta.db_table}
   where state in ('failed', 'bounced') and settled_at is null and created_at > %(month)s),
  (select count(*) from {Subscription._meta.db_table} where stopped in ('failing', 'key') or failures >= 3),
  (select count(*) from {Subscription._meta.db_table}),
  (select coalesce(json_agg(distinct lane), '[]') from {SendingAllowance._meta.db_table} where refused_at > %(full)s),
  (select count(*) from {Message._meta.db_table} where state = 'held' and reason = 'ceiling'),
  (select array[extract(epoch from at)::text, object_id, detail] from {AuditEntry._meta.db_table}
   where action = 'installation.backup' order by id desc limit 1),
  (select at from {AuditSeal._meta.db_table} order by id desc limit 1),
  exists (select from {AuditEntry._meta.db_table} where at < %(unsealed)s)
"""


@dataclass(frozen=True)
class Facts:
    """What the one statement found."""

    at: datetime
    version: str
    connections: int
    most_connections: int
    failed: int
    background: Background
    sms_stuck: int
    mail_stuck: int
    undelivered: int
    webhooks_failing: int
    webhooks: int
    full: list[str]  # lanes of sending that had no room within an hour
    held_back: int  # messages that wait for room
    backup: Newest | None
    sealed: datetime | None
    old_entries: bool


def facts(*, at: datetime) -> Facts:
    """Ask the database once."""
    values: dict[str, datetime | int] = {
        "stuck": at - timedelta(minutes=WAITS),
        "month": at - timedelta(days=30),
        "unsealed": at - SEAL_LATE,
        "silent": queue.SILENT_SECONDS,
        "full": at - FULL,
    }
    with connection.cursor() as cursor:
        cursor.execute(FACTS, values)
        row: tuple[Any, ...] = cursor.fetchone()
    version, connections, most, failed, due, silence, tick, *rest, told, sealed, old_entries = row
    behind = Background(silence, tick, queue.sorted_lines(due))
    newest = Newest(datetime.fromtimestamp(float(told[0]), UTC), told[1], told[2]) if told else None
    given: list[Any] = [at, version, connections, most, failed, behind, *rest, newest, sealed, old_entries]
    return Facts(*given)


def database(found: Facts) -> Answer:
    used = f"{found.connections} / {found.most_connections}"
    if found.connections > 0.9 * found.most_connections:
        return warn(
            f"PostgreSQL {found.version}，连接快用完了（{used}）：请调大 max_connections 或减少进程",
            f"PostgreSQL {found.version}, few connections are left ({used}): raise max_connections or run fewer "
            "processes",
        )
    return ok(f"PostgreSQL {found.version}，连接 {used}", f"PostgreSQL {found.version}, connections {used}")


def migrations(_found: Facts) -> Answer:
    if not health.migrations_applied():
        return fail("有迁移未执行：请运行 gongjian migrate", "migrations are pending: run gongjian migrate")
    return ok("和程序版本一致", "fits this version of the program")


def worker(found: Facts) -> Answer:
    if not found.background.beats:
        return fail(
            "没有动静：请启动 gongjian run，或 gongjian worker 和 gongjian deliver",
            "gives no sign: start gongjian run, or gongjian worker and gongjian deliver",
        )
    return ok(f"{found.background.silence:.0f} 秒前有心跳", f"gave a sign {found.background.silence:.0f} s ago")


def due_jobs(found: Facts) -> Answer:
    """Judged by the oldest job that is due, queue by queue."""
    queues = found.background.queues
    count = sum(line.due for line in queues)
    zh, en = (f"{count} 个到点的在等", f"jobs that are due: {count}") if count else ("没有在等的", "none is waiting")
    behind = [line for line in queues if level(line) is not Level.OK]
    if not behind:
        return ok(zh, en)
    named = [(QUEUES.get(line.queue, (line.queue, line.queue)), line.seconds / 60) for line in behind]
    waits_zh = "，".join(f"{name[0]}最久的等了 {minutes:.0f} 分钟" for name, minutes in named)
    waits_en = ", ".join(f"of {name[1]} for {minutes:.0f} minutes" for name, minutes in named)
    commands = sorted({"deliver" if line.queue == WEBHOOKS else "worker" for line in behind})
    listed = " 和 ".join(f"gongjian {name}" for name in commands)
    line = fail if found.background.stuck else warn
    return line(
        f"{zh}，{waits_zh}：请看 {listed} 是否在工作，或再开一个",
        f"{en}, the oldest {waits_en}: see that {listed.replace('和', 'and')} is at work, or start another",
    )


def clocks(found: Facts) -> Answer:
    tick = found.background.tick
    if tick is None:
        return warn("还没有走过：后台程序启动后开始", "have not begun: they start with the worker")
    if not found.background.ticks:
        minutes = tick / 60
        return fail(
            f"停了 {minutes:.0f} 分钟，期限和提醒都不动：请重启 gongjian worker",
            f"have stood still for {minutes:.0f} minutes, and terms and reminders with them: restart gongjian worker",
        )
    return ok(f"{tick:.0f} 秒前走过", f"ticked {tick:.0f} s ago")


def jobs(found: Facts) -> Answer:
    if found.failed:
        return warn(
            f"{found.failed} 个：请在运行状况页或用 gongjian queue 重试或放弃",
            f"{found.failed}: retry or discard them on the operations page or with gongjian queue",
            "#failed",
        )
    return ok("没有", "none")


def _channel(stuck: int, where: tuple[str, str]) -> Answer:
    if stuck:
        return warn(
            f"{where[0]}，{stuck} 条过了 {WAITS} 分钟还没发出：请检查网关",
            f"{where[1]}, {stuck} messages are {WAITS} minutes late: look at the gateway",
            "console:undelivered",
        )
    return ok(*where)


def _nowhere(answer: Answer) -> Answer:
    """What reaches nobody is never in order, in a demonstration neither."""
    return answer if answer.level is not Level.OK else warn(answer.zh, answer.en)


def sms(found: Facts) -> Answer:
    name = settings.SMS_GATEWAY.rpartition(".")[2]
    if name == "FileGateway":
        where = ("只写入文件，没有真的发出：请设置 GONGJIAN_SMS_GATEWAY", "go to a file only: set GONGJIAN_SMS_GATEWAY")
        return _nowhere(_channel(found.sms_stuck, where))
    return _channel(found.sms_stuck, (f"网关 {name}", f"gateway {name}"))


def mail(found: Facts) -> Answer:
    backend = str(settings.MAILERS["default"]["BACKEND"])
    if "filebased" in backend:
        where = ("只写入文件，没有真的发出：请设置 GONGJIAN_SMTP", "goes to files only: set GONGJIAN_SMTP")
        return _nowhere(_channel(found.mail_stuck, where))
    host = settings.MAILERS["default"].get("OPTIONS", {}).get("host", backend.split(".")[-2])
    return _channel(found.mail_stuck, (f"服务器 {host}", f"server {host}"))


def notices(found: Facts) -> Answer:
    if found.undelivered:
        return warn(
            f"一个月内 {found.undelivered} 条没送到，还没有人处理",
            f"{found.undelivered} did not arrive within a month and nobody has settled them",
            "console:undelivered",
        )
    return ok("没有", "none")


def ceilings(found: Facts) -> Answer:
    """Whether messages were kept back because the installation had sent as many as it may."""
    if not found.full and not found.held_back:
        return ok("没有到上限", "not reached")
    names = [lane_words(lane) for lane in sorted(found.full)]
    zh = "、".join(zh for zh, _en in names) or "短信或邮件"
    en = ", ".join(en for _zh, en in names) or "text messages or e-mails"
    return warn(
        f"{zh}到了上限，{found.held_back} 条在等余量：先看是不是有人在刷，再调高 GONGJIAN_…_AN_HOUR、GONGJIAN_…_A_DAY",
        f"reached by {en}; messages that wait for room: {found.held_back}. See whether the service is abused, then "
        "raise GONGJIAN_…_AN_HOUR and GONGJIAN_…_A_DAY",
        "console:undelivered",
    )


def webhooks(found: Facts) -> Answer:
    if found.webhooks_failing:
        return warn(
            f"{found.webhooks} 个地址中有 {found.webhooks_failing} 个送不到",
            f"{found.webhooks_failing} of {found.webhooks} addresses cannot be reached",
            "console:webhooks",
        )
    if not found.webhooks:
        return ok("没有登记地址", "no address is registered")
    return ok(f"{found.webhooks} 个地址，都送得到", f"{found.webhooks} addresses, all in reach")


def disk(_found: Facts | None = None) -> Answer:
    folder = Path(settings.HOME)
    free, share = room.free_bytes(folder), room.free_share(folder)
    said = f"{free / 1e9:.1f} GB（{share:.0%}）", f"{free / 1e9:.1f} GB ({share:.0%})"
    if room.is_tight(folder):
        return fail(
            f"只剩 {said[0]}，已停止接收文件，好让数据库写得下去：请腾出空间",
            f"only {said[1]} are free; files are no longer taken, so that the database can go on: free some space",
        )
    if share < LITTLE:
        line = fail if share < VERY_LITTLE else warn
        return line(f"只剩 {said[0]}：请腾出空间", f"only {said[1]} are free: free some space")
    return ok(f"剩余 {said[0]}", f"{said[1]} are free")


def backup(found: Facts) -> Answer:
    if found.backup is None:
        if demonstration():
            return warn(
                "还没有备份过，演示环境也不自动备份：要留下这里的东西，请运行 gongjian backup",
                "there is none yet, and a demonstration makes none by itself: run gongjian backup to keep what is here",
            )
        clock = settings.BACKUP_TIME.isoformat("minutes")
        return warn(
            f"还没有备份过：请运行 gongjian backup，每天 {clock} 也会自动备份",
            f"there is none yet: run gongjian backup; one is made every day at {clock}",
        )
    age = found.at - found.backup.at
    when = local_minute(found.backup.at)
    hours = age.total_seconds() / 3600
    if daily() and age > LATE:
        line = fail if age > OLD else warn
        return line(
            f"最近一次是 {hours:.0f} 小时前（{when}）：请看失败的任务和 {settings.BACKUP_FOLDER}",
            f"the newest is {hours:.0f} h old ({when}): look at the failed jobs and {settings.BACKUP_FOLDER}",
        )
    if "missing" in found.backup.detail:
        return warn(
            f"{when}，但有文件在数据文件夹里缺失或损坏：请运行 gongjian backup 查看",
            f"{when}, but documents are missing or damaged in the data folder: run gongjian backup to see which",
        )
    return ok(f"{hours:.0f} 小时前（{when}）", f"{hours:.0f} h ago ({when})")


def certificate(found: Facts) -> Answer:
    if not settings.PUBLIC_URL.startswith("https://"):
        if demonstration():
            return ok("没有用 https，演示可以这样", "https is not used, which will do for a demonstration")
        return warn(
            "没有用 https：请设置 GONGJIAN_URL", "https is not used: set GONGJIAN_URL to the public https address"
        )
    if not settings.CERTIFICATE:
        return ok(
            "由反向代理管理，没有告诉本机：可用 GONGJIAN_CERTIFICATE 指定证书文件",
            "the reverse proxy keeps it: name its file in GONGJIAN_CERTIFICATE to see its last day here",
        )
    try:
        text = Path(settings.CERTIFICATE).read_text()
        ends = x509.load_pem_x509_certificate(text[: text.index(ssl.PEM_FOOTER) + 26].encode()).not_valid_after_utc
    except (OSError, ValueError) as error:
        return warn(
            f"读不了 {settings.CERTIFICATE}（{type(error).__name__}）",
            f"{settings.CERTIFICATE} cannot be read ({type(error).__name__})",
        )
    days = (ends - found.at).days
    if days < CERTIFICATE_SOON:
        line = fail if days < CERTIFICATE_NOW else warn
        return line(f"还有 {days} 天到期：请更换", f"ends in {days} days: renew it")
    return ok(f"还有 {days} 天到期", f"ends in {days} days")


def years(found: Facts) -> Answer:
    """The working days of this year, and from December of the next, are confirmed."""
    today, book = local_day(found.at), calendar()
    late = [str(year) for year in (today.year, today.year + 1) if not book.is_confirmed(year)]
    if str(today.year) in late or (late and today.month == DECEMBER):
        listed = ", ".join(late)
        return warn(
            f"{listed} 年的放假通知还没有确认，期限是暂定的：请在“工作日历”页确认",
            f"the holiday notice of {listed} is not confirmed, terms are provisional: confirm it on the calendar page",
            "console:calendar",
        )
    if late:
        return ok(f"{late[0]} 年的还没有公布，期限暂按周末推算", f"those of {late[0]} are not published yet")
    return ok(f"{today.year + 1} 年的已确认", f"those of {today.year + 1} are confirmed")


def chain(found: Facts) -> Answer:
    when = local_minute(found.sealed) if found.sealed else ""
    if found.old_entries and (found.sealed is None or found.at - found.sealed > timedelta(days=1)):
        return warn(
            f"已封存至 {when or '—'}：请看定时任务",
            f"sealed up to {when or '-'} only: look at the scheduled jobs",
            "console:audit",
        )
    if not when:
        return ok("还没有要封存的", "nothing to seal yet", "console:audit")
    return ok(f"已封存至 {when}", f"sealed up to {when}", "console:audit")


def version(_found: Facts) -> Answer:
    return ok(f"共建 {__version__}", f"Gongjian {__version__}")


def switches(_found: Facts) -> Answer:
    states = (
        ("演示", "demonstration", demonstration()),
        ("管理员两步验证", "second factor of administrators", settings.SECOND_FACTOR_ENFORCED),
        ("地图底图", "map tiles", bool(settings.MAP_TILES)),
        ("每日备份", "daily backup", daily()),
        ("推送到内网", "webhooks to private networks", settings.WEBHOOKS_INSIDE),
    )
    zh = "，".join(f"{name}{'开' if on else '关'}" for name, _en, on in states)
    en = ", ".join(f"{name} {'on' if on else 'off'}" for _zh, name, on in states)
    return ok(zh, en)


LINES: Sequence[tuple[str, Callable[[Facts], Answer]]] = (
    ("database", database),
    ("migrations", migrations),
    ("worker", worker),
    ("queue", due_jobs),
    ("clocks", clocks),
    ("jobs", jobs),
    ("sms", sms),
    ("mail", mail),
    ("notices", notices),
    ("ceilings", ceilings),
    ("webhooks", webhooks),
    ("disk", disk),
    ("backup", backup),
    ("certificate", certificate),
    ("years", years),
    ("chain", chain),
    ("version", version),
    ("switches", switches),
)


def lines(*, at: datetime) -> list[tuple[str, Answer]]:
    """Return every line with its name, in the order of the page."""
    found = facts(at=at)
    return [(name, line(found)) for name, line in LINES]
