"""Every reason why a backup is not made or not restored: one sentence in each language, with the remedy."""

from pathlib import Path

from gongjian import __version__
from gongjian.project.terminal import Refusal


def no_program(name: str, server: int) -> Refusal:
    return Refusal(
        f"没有能用于 PostgreSQL {server} 的 {name}：请安装 postgresql-client-{server} 或更高版本。",
        f"There is no {name} for PostgreSQL {server}: install postgresql-client-{server} or later.",
    )


def program_failed(name: str, said: str) -> Refusal:
    last = (said.strip().splitlines() or [""])[-1]
    return Refusal(f"{name} 没有完成（{last}）。", f"{name} did not finish ({last}).", code=1)


def no_room(folder: Path, needed: int, free: int) -> Refusal:
    return Refusal(
        f"{folder} 的空间不够：约需 {needed / 1e9:.1f} GB，只剩 {free / 1e9:.1f} GB。"
        "请腾出空间或换一个文件夹，什么都没有写入。",
        f"{folder} has too little room: about {needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free. "
        "Free some or name another folder; nothing was written.",
    )


def became_full(folder: Path) -> Refusal:
    return Refusal(
        f"写到一半时 {folder} 的磁盘满了：没写完的文件已删除，请腾出空间后重试。",
        f"The disk of {folder} became full: what was half written is removed; free some space and try again.",
    )


def exists(path: Path) -> Refusal:
    return Refusal(f"{path} 已经存在：请换一个名字。", f"{path} exists already: give another name.")


def runs_already(folder: Path) -> Refusal:
    return Refusal(
        f"另一个备份正在写入 {folder}：请等它完成。", f"Another backup is being written to {folder}: wait for it."
    )


def no_folder(folder: Path) -> Refusal:
    return Refusal(
        f"不能写入文件夹 {folder}：请先建好，并让运行共建的用户可以写入。",
        f"The folder {folder} cannot be written: make it, and let the user that runs Gongjian write there.",
    )


def no_archive(path: Path) -> Refusal:
    return Refusal(
        f"{path} 不是共建的备份，或者没有写完（缺少 manifest.json）：请换一个备份。",
        f"{path} is no backup of Gongjian, or an unfinished one (manifest.json is missing): take another.",
    )


def damaged(path: Path, faults: list[str]) -> Refusal:
    first, more = faults[0], len(faults) - 1
    return Refusal(
        f"备份 {path} 已损坏：{first}" + (f"，另有 {more} 处" if more else "") + "。请换一个备份，什么都没有改动。",
        f"The backup {path} is damaged: {first}" + (f", and {more} more" if more else "") + ". Take another; "
        "nothing was changed.",
    )


def newer_backup(version: str, migration: str = "") -> Refusal:
    what = f"{version}，{migration}" if migration else version
    return Refusal(
        f"备份由更新的版本写成（{what}），本程序是 {__version__}：请先升级程序，再恢复。",
        f"The backup was written by a newer version ({what.replace('，', ', ')}), this is {__version__}: "
        "upgrade the program first.",
    )


def newer_format(number: int) -> Refusal:
    return Refusal(
        f"不认识备份格式 {number}：请先升级程序，再恢复。", f"Backup format {number} is not known: upgrade the program."
    )


def other_keys() -> Refusal:
    return Refusal(
        "这里的密钥不是写这份备份时的密钥，姓名、电话和查询码将无法打开：请用 --keys 指定当时另存的密钥文件"
        "（原安装数据文件夹里的 secret，或 GONGJIAN_SECRET 的值）。什么都没有改动。",
        "The keys here are not those the backup was written with; names, phone numbers and receipt codes would not "
        "open: name the key file that was kept apart with --keys (`secret` in the data folder of that installation, "
        "or the value of GONGJIAN_SECRET). Nothing was changed.",
    )


def no_keys() -> Refusal:
    return Refusal(
        "这里没有密钥文件：备份里的姓名、电话是封存的，请用 --keys 指定当时另存的密钥文件。什么都没有改动。",
        "There is no key file here: names and phone numbers in the backup are sealed; name the key file that was kept "
        "apart with --keys. Nothing was changed.",
    )


def bad_keys(path: Path) -> Refusal:
    return Refusal(
        f"{path} 不是密钥文件：每行应为 64 位十六进制数字。",
        f"{path} is no key file: each line has 64 hexadecimal digits.",
    )


def keys_in_the_way(path: Path) -> Refusal:
    return Refusal(
        f"{path} 里已有另一把密钥，而数据库还在用它：请用 --replace 确认替换，或换一个空的 GONGJIAN_HOME。",
        f"{path} holds other keys, which the database here uses: confirm with --replace, or name an empty "
        "GONGJIAN_HOME.",
    )


def not_empty(name: str) -> Refusal:
    return Refusal(
        f"数据库 {name} 不是空的：请恢复到一个空数据库；"
        f"内置数据库可以加 --replace {name} 替换，原数据库会改名保留。什么都没有改动。",
        f"The database {name} is not empty: restore into an empty one. The embedded database can be replaced with "
        f"--replace {name}; the former one is kept under another name. Nothing was changed.",
    )


def not_this_database(asked: str, name: str) -> Refusal:
    return Refusal(
        f"要替换的数据库叫 {name}，不是 {asked}：什么都没有改动。",
        f"The database to be replaced is {name}, not {asked}: nothing was changed.",
    )


def no_replacing() -> Refusal:
    return Refusal(
        "DATABASE_URL 指定的数据库不能替换：请新建一个空数据库，把 DATABASE_OWNER_URL 指向它再恢复。什么都没有改动。",
        "A database named in DATABASE_URL is not replaced: make an empty one, name it in DATABASE_OWNER_URL and "
        "restore there. Nothing was changed.",
    )


def differs(faults: list[str]) -> Refusal:
    said = "; ".join(faults[:5])
    return Refusal(
        f"恢复的数据与备份不一致（{said}）：原有数据没有改动，请换一个备份。",
        f"What was restored differs from the backup ({said}): the data here is as before; take another backup.",
        code=1,
    )


def no_extension(name: str) -> Refusal:
    return Refusal(
        f"数据库里没有扩展 {name}，当前账号也不能创建：请由数据库管理员运行 CREATE EXTENSION {name}。",
        f"The extension {name} is missing and this role may not create it: let the database's administrator run "
        f"CREATE EXTENSION {name}.",
    )
