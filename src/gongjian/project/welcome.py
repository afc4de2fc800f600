"""What the terminal shows once the door is open: where to go, who to be, what to try."""

from django.conf import settings

THINGS = (
    ("打开首页，用手机号反映一件事，记下查询码", "Open the home page, report something and keep the receipt code"),
    ("换成话务员登录，按 Ctrl+K 找到它并转给经办单位", "Sign in as a call-taker, find it with Ctrl+K and pass it on"),
    ("换成督办登录，看哪些事项快到期、谁在经办", "Sign in as a supervisor: what is nearly due, and who holds it"),
)


def text(*, rich: bool) -> str:
    """Return the welcome, Chinese first."""
    del rich
    lines = [f"共建已启动：{settings.PUBLIC_URL}", f"Gongjian is running: {settings.PUBLIC_URL}", ""]
    lines.append("三件可以试的事  Three things to try")
    for number, (zh, en) in enumerate(THINGS, 1):
        lines += [f"  {number}. {zh}", f"     {en}"]
    lines += ["", "按 Ctrl-C 停止。  Ctrl-C stops everything."]
    return "\n".join(lines)
