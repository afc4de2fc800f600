"""One line about one thing of the installation: the operator's page and `gongjian doctor` show the same."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How it is: green, amber, red."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Answer:
    """One line: how it is, one sentence in each language, and the URL name of the page where it is mended."""

    level: Level
    zh: str
    en: str
    page: str = ""


def ok(zh: str, en: str, page: str = "") -> Answer:
    """Return a green line."""
    return Answer(Level.OK, zh, en, page)


def warn(zh: str, en: str, page: str = "") -> Answer:
    """Return an amber line."""
    return Answer(Level.WARN, zh, en, page)


def fail(zh: str, en: str, page: str = "") -> Answer:
    """Return a red line."""
    return Answer(Level.FAIL, zh, en, page)


# What each line is called on the page; `gongjian doctor` prints the name itself.
LABELS = {
    "database": ("数据库", "Database"),
    "migrations": ("数据库结构", "Database structure"),
    "worker": ("后台程序", "Worker"),
    "queue": ("任务队列", "Job queue"),
    "clocks": ("定时任务", "Scheduled jobs"),
    "jobs": ("失败的任务", "Failed jobs"),
    "sms": ("短信", "Text messages"),
    "mail": ("邮件", "E-mail"),
    "notices": ("没有送达的通知", "Undelivered notices"),
    "ceilings": ("发送上限", "Sending ceilings"),
    "webhooks": ("程序推送", "Webhooks"),
    "disk": ("磁盘", "Disk"),
    "backup": ("备份", "Backup"),
    "certificate": ("证书", "Certificate"),
    "years": ("明年放假安排", "Next year's holidays"),
    "chain": ("审计封存", "Audit seal"),
    "version": ("版本", "Version"),
    "switches": ("开关", "Switches"),
}
