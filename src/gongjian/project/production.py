"""What a real installation needs of its database server and of its own settings; `gongjian doctor` asks."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from gongjian.identity.queries import demonstration
from gongjian.project.lines import Answer, fail, ok, warn
from gongjian.project.roots import secret_file

OLDEST_POSTGRESQL = 170_000
EXTENSIONS = ("pg_trgm", "btree_gist")
SERVER = """
select current_setting('server_version_num')::int, current_setting('server_version'),
  (select coalesce(datlocale, datctype) from pg_database where datname = current_database()),
  pg_encoding_to_char((select encoding from pg_database where datname = current_database())),
  coalesce(array_length(show_trgm('路灯'), 1), 0)
"""
# name, wanted, whether a demonstration's own server may differ, what may happen otherwise
DURABLE = (
    ("fsync", "on", "断电后数据库可能损坏", "a power failure may destroy the database"),
    ("full_page_writes", "on", "断电后数据库可能损坏", "a power failure may destroy the database"),
    ("synchronous_commit", "on", "断电会丢失刚刚确认的办件", "a power failure loses what was just acknowledged"),
)
MANY = 16  # connections beside the web workers': eight of each background worker


def _row(statement: str, values: dict[str, Any] | None = None) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or {})
        return tuple(cursor.fetchone())


def server() -> Answer:
    """Version, encoding, character type and Chinese trigrams."""
    with connection.cursor() as cursor:
        cursor.execute("select extname from pg_extension")
        missing = sorted(set(EXTENSIONS) - {row[0] for row in cursor.fetchall()})
    if missing:
        listed = ", ".join(missing)
        return fail(f"缺少扩展 {listed}：请运行 CREATE EXTENSION", f"extensions are missing: CREATE EXTENSION {listed}")
    number, words, ctype, encoding, grams = _row(SERVER)
    if number < OLDEST_POSTGRESQL:
        return fail(f"PostgreSQL {words} 太旧：请升级到 17 或更高", f"PostgreSQL {words} is too old: use 17 or newer")
    if encoding != "UTF8" or not grams:
        return fail(
            f"{encoding} {ctype} 不认识中文：请以 UTF8 和 lc_ctype C.UTF-8 重建数据库",
            f"{encoding} {ctype} knows no Chinese: rebuild the database with UTF8 and lc_ctype C.UTF-8",
        )
    return ok(f"PostgreSQL {words}，{ctype}，中文三元组可用", f"PostgreSQL {words}, {ctype}, Chinese trigrams work")


def durability() -> Answer:
    """The server keeps what it has acknowledged."""
    found = {name: _row("select current_setting(%(name)s)", {"name": name})[0] for name, *_ in DURABLE}
    loose = [(name, zh, en) for name, wanted, zh, en in DURABLE if found[name] not in {wanted, "remote_apply"}]
    if loose:
        name, zh, en = loose[0]
        return fail(f"{name} 是 {found[name]}：{zh}", f"{name} is {found[name]}: {en}")
    archived = _row("select current_setting('archive_mode')")[0] != "off"
    if demonstration() or archived or not _elsewhere():
        return ok("已确认的写入不会丢", "what was acknowledged is kept")
    return warn(
        "archive_mode 关着，只能恢复到最近一次备份：见 docs/production.md 的时间点恢复",
        "only the newest backup can be restored, archive_mode is off: see point-in-time recovery in docs/production.md",
    )


def connections() -> Answer:
    """The server lets enough connections in."""
    most = int(_row("select current_setting('max_connections')")[0])
    needed = 2 * int(connection.settings_dict["OPTIONS"]["pool"]["max_size"]) + MANY
    if most < needed:
        return fail(
            f"max_connections 是 {most}，一台机器就要 {needed}",
            f"the server lets {most} connections in, one machine needs {needed}: raise max_connections",
        )
    return ok(
        f"max_connections {most}，一台机器用 {needed}",
        f"the server lets {most} connections in, one machine uses {needed}",
    )


def _elsewhere() -> bool:
    """Tell whether the database is a server of its own."""
    return bool(settings.DATABASE_NAMED)


def installation() -> Answer:
    """Settings that a real installation must not leave as they are."""
    if demonstration():
        return ok("演示环境，不检查", "a demonstration, not looked at")
    found = [what for wrong, *what in _settings() if wrong]
    if not found:
        return ok("域名、https、密钥、调试开关都合适", "host names, https, secret and debugging are as they should be")
    zh, en = "；".join(zh for zh, _en in found), "; ".join(en for _zh, en in found)
    return (fail if settings.DEBUG else warn)(zh, en)


def _settings() -> list[tuple[bool, str, str]]:
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    loose_file = secret_file(settings.KEYS_HOME)
    return [
        (settings.DEBUG, "DEBUG 开着，会泄露数据", "DEBUG is on and gives data away"),
        (
            not settings.PUBLIC_URL.startswith("https://"),
            "没有 https：请设置 GONGJIAN_URL，登录信息否则会被看到",
            "https is not used: set GONGJIAN_URL, or sign-ins can be read",
        ),
        (
            host not in settings.ALLOWED_HOSTS,
            f"GONGJIAN_HOSTS 里没有 {host}",
            f"GONGJIAN_HOSTS does not name {host}",
        ),
        ("*" in settings.ALLOWED_HOSTS, "GONGJIAN_HOSTS 不应是 *", "GONGJIAN_HOSTS must not be *"),
        (
            loose_file.exists() and bool(loose_file.stat().st_mode & 0o077),
            f"{loose_file} 别人也能读：chmod 600",
            f"{loose_file} can be read by others: chmod 600",
        ),
        (
            settings.PUBLIC_URL.startswith("https://") and not settings.PROXIES,
            "https 由代理提供，但 GONGJIAN_PROXIES 是 0，限流会把所有人当成一个人",
            "a proxy gives https but GONGJIAN_PROXIES is 0: the limits take everybody for one",
        ),
        (
            not settings.SECOND_FACTOR_ENFORCED,
            "管理员没有两步验证：GONGJIAN_SECOND_FACTOR=on",
            "administrators have no second factor: GONGJIAN_SECOND_FACTOR=on",
        ),
    ]
