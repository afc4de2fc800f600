"""`gongjian`: one command, many subcommands; each loads only what it needs."""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pkgutil import resolve_name
from typing import Any

from gongjian.project.terminal import Refusal, say, warn

DOT = "gongjian.project"


class Needs(StrEnum):
    """What must stand before a subcommand's module is loaded."""

    NOTHING = "nothing"
    APP = "app"  # Django, as the role that serves
    OWNER = "owner"  # Django, as the role that migrates and loads


@dataclass(frozen=True)
class Command:
    """One subcommand: its module under project.commands has `arguments(parser)` and `main(args) -> int | None`."""

    name: str
    needs: Needs
    zh: str
    en: str
    settings: str = ""  # of its own, where it needs less than all of Django's

    def load(self) -> Any:
        """Import the module, after Django when it needs Django."""
        if self.needs is not Needs.NOTHING:
            boot: Callable[..., None] = resolve_name(f"{DOT}.boot:boot")
            boot(owner=self.needs is Needs.OWNER, settings=self.settings)
        return resolve_name(f"{DOT}.commands.{self.name}")


COMMANDS = (
    Command("run", Needs.NOTHING, "启动数据库、网站和后台任务", "start database, web server and workers"),
    Command("doctor", Needs.APP, "检查本机安装是否正常", "check whether this installation is well"),
    Command(
        "migrate",
        Needs.OWNER,
        "更新数据库结构、权限和基础数据",
        "bring structure, rights and reference data up to date",
    ),
    Command(
        "seed",
        Needs.OWNER,
        "重新载入基础数据，数据库为空时载入演示数据",
        "load reference data again, and the demonstration",
    ),
    Command(
        "admin",
        Needs.APP,
        "开系统管理员的账号，给出设密码的链接",
        "open an administrator's account, print the link that sets the password",
    ),
    Command("backup", Needs.OWNER, "备份数据库和文件，可在运行时进行", "back up database and documents while it runs"),
    Command("restore", Needs.NOTHING, "从备份恢复到空数据库", "restore a backup into an empty database"),
    Command("keys", Needs.OWNER, "更换封存密钥", "change the sealing keys"),
    Command("maintenance", Needs.NOTHING, "打开或关闭维护页", "switch the maintenance page on or off"),
    Command("queue", Needs.APP, "失败的任务：列出、重试、放弃", "failed jobs: list, retry, discard"),
    Command(
        "web",
        Needs.NOTHING,
        "只启动网站，数据库在别处时用",
        "the web server alone, with a database elsewhere",
    ),
    Command("worker", Needs.APP, "处理后台任务和定时任务", "do the jobs and let the clocks tick"),
    Command(
        "deliver",
        Needs.APP,
        "把推送送到别的程序那里",
        "send webhooks to other programs",
        settings="gongjian.project.settings.deliver",
    ),
    Command("demo", Needs.OWNER, "演示账号和演示数据", "accounts and data of the demonstration"),
    Command("hotline", Needs.APP, "热线：导入别的系统的记录", "the hotline: take in another program's records"),
    Command("territory", Needs.OWNER, "载入本区自己的边界", "take over outlines that the authority owns"),
    Command("explain", Needs.APP, "说明一种事项怎样办理", "explain how one kind of case works"),
    Command("webhooks", Needs.APP, "列出给程序的推送，重新推送", "list webhooks of programs, send messages again"),
    Command("clocks", Needs.APP, "列出全部定时任务", "list every scheduled job"),
    Command("messages", Needs.NOTHING, "检查和编译译文", "check and compile the English catalogues"),
    Command("prepare", Needs.OWNER, "启动前的准备，由 run 调用", "what run does before it opens the door"),
    Command(
        "database",
        Needs.NOTHING,
        "只启动数据库并运行命令，用于备份和恢复",
        "the database alone, for dumps and restores",
    ),
    Command("withdb", Needs.NOTHING, "用一个临时数据库运行命令", "run a command with a throw-away database"),
)


def overview() -> str:
    """Return the help text, Chinese first."""
    lines = ["用法：gongjian 命令 …    usage: gongjian COMMAND ...", ""]
    lines += [f"  {command.name:<10}{command.zh}\n  {'':<10}{command.en}" for command in COMMANDS]
    lines += ["", "每个命令都有 --help。  Every command answers --help."]
    return "\n".join(lines)


def run(words: list[str]) -> int:
    """Run one subcommand and return its exit code."""
    table = {command.name: command for command in COMMANDS}
    if not words or words[0] in {"-h", "--help", "help"}:
        say(overview())
        return 0 if words else 2
    command = table.get(words[0])
    if command is None:
        warn(f"没有“{words[0]}”这个命令。", f"There is no command {words[0]!r}.", "", overview())
        return 2
    module = command.load()
    parser = argparse.ArgumentParser(
        prog=f"gongjian {command.name}",
        description=f"{command.zh}。 {command.en[0].upper()}{command.en[1:]}.",
    )
    module.arguments(parser)
    args = parser.parse_args(words[1:])
    if command.needs is Needs.NOTHING:
        return int(module.main(args) or 0)
    return int(resolve_name(f"{DOT}.boot:run")(module.main, args))


def main() -> None:
    """Run the command line; what a person can mend is told in one sentence, without a traceback."""
    try:
        code = run(sys.argv[1:])
    except Refusal as refusal:
        warn(str(refusal))
        code = refusal.code
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


if __name__ == "__main__":
    main()
