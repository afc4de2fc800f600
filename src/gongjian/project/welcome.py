"""What the terminal shows once the door is open: where to go, who to be, what to try."""

from django.conf import settings

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


def text(*, rich: bool) -> str:
    """Return the welcome, Chinese first; outside the demonstration only the address."""
    lines = [f"共建已启动：{settings.PUBLIC_URL}", f"Gongjian is running: {settings.PUBLIC_URL}", ""]
    if settings.DEMONSTRATION:
        lines += [*_accounts(rich=rich), "三件可以试的事  Three things to try"]
        for number, (zh, en) in enumerate(THINGS, 1):
            lines += [f"  {number}. {zh}", f"     {en}"]
        lines.append("")
    return "\n".join([*lines, "按 Ctrl-C 停止。  Ctrl-C stops everything."])


def _accounts(*, rich: bool) -> list[str]:
    try:
        found = demonstration.accounts()
    except Refusal:
        return []
    return ["演示账号  Demonstration accounts", table(found, rich=rich), ""]
