"""What the terminal shows once the door is open: where to go, who to be, what to try."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from gongjian.identity.actions import issue_setup_link
from gongjian.project import demonstration
from gongjian.project.tables import table
from gongjian.project.terminal import Refusal

THINGS = (
    (
        "打开首页，不用登录就反映一件事，记下查询码",
        "Open the home page, report something without signing in, keep the code",
    ),
    (
        "用派件员登录，在派件台按 a 采纳建议，把它派给单位",
        "Sign in as a dispatcher and press a on the board: it goes to the unit that must answer",
    ),
    (
        "用督办员登录，看谁手里的件超时了；再用那枚查询码看居民看到什么",
        "Sign in as a supervisor to see what is overdue; then follow your case with its code",
    ),
)


def text(*, rich: bool, at: datetime) -> str:
    """Return the welcome, Chinese first; in a new installation it holds the link for the first administrator."""
    lines = [f"共建已启动：{settings.PUBLIC_URL}", f"Gongjian is running: {settings.PUBLIC_URL}", ""]
    if demonstration.demonstrating():
        lines += [*_accounts(rich=rich), "三件可以试的事  Three things to try"]
        for number, (zh, en) in enumerate(THINGS, 1):
            lines += [f"  {number}. {zh}", f"     {en}"]
        lines.append("")
    else:
        lines += _way_in(at)
    return "\n".join([*lines, "按 Ctrl-C 停止。  Ctrl-C stops everything."])


def _way_in(at: datetime) -> list[str]:
    """Return the lines of the set-up link while nobody can administer; an older link becomes void."""
    token = issue_setup_link(at=at)
    if token is None:
        return []
    return [
        "还没有系统管理员。打开这条链接开张，24 小时内有效，只能用一次：",
        "There is no administrator yet. This link opens the set-up, once, within 24 hours:",
        f"{settings.PUBLIC_URL}{reverse('console:setup', args=[token])}",
        "",
    ]


def _accounts(*, rich: bool) -> list[str]:
    try:
        found = demonstration.accounts()
    except Refusal:
        return []
    return ["演示账号  Demonstration accounts", table(found, rich=rich), ""]
