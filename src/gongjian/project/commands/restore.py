"""`gongjian restore PATH`: a backup into an empty database; or in place of the embedded one, which is kept."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from psycopg import sql

from gongjian.project.backup import refusals
from gongjian.project.backup.archive import Reader, reader
from gongjian.project.backup.manifest import Manifest, read_manifest
from gongjian.project.boot import boot
from gongjian.project.commands.run import embedded, start_database
from gongjian.project.launcher import binaries
from gongjian.project.launcher.children import Lifeline
from gongjian.project.launcher.cluster import DATABASE, OWNER, Cluster
from gongjian.project.launcher.home import Home, home_folder
from gongjian.project.roots import VARIABLE, Root, fingerprints, parse, secret_file, write_roots
from gongjian.project.terminal import say, step
from gongjian.workdays.rules import local_moment

PASSING = "gongjian_restoring"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the backup, the keys and whether a database may be replaced."""
    parser.add_argument("path", type=Path, help="备份 the backup")
    parser.add_argument("--keys", type=Path, metavar="FILE", help="另存的密钥文件 the key file that was kept apart")
    parser.add_argument(
        "--replace", metavar="NAME", default="", help=f"替换内置数据库 replace the embedded database: {DATABASE}"
    )


def main(args: argparse.Namespace) -> int:
    """Restore, or refuse with nothing changed."""
    with reader(args.path.absolute()) as archive:
        told = read_manifest(archive)
        keys = _keys(args.keys, told)
        if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_OWNER_URL"):
            return _into_named(archive, told, keys, args)
        return _into_embedded(archive, told, keys, args)


def _keys(given: Path | None, told: Manifest) -> tuple[Root, ...]:
    """Return the keys that will hold: those handed in, or those that are here. Raises Refusal unless they fit."""
    try:
        if given:
            known = parse(given.read_text())
        elif os.environ.get(VARIABLE):
            known = parse(os.environ[VARIABLE])
        elif secret_file(home_folder()).exists():
            known = parse(secret_file(home_folder()).read_text())
        else:
            raise refusals.no_keys()
    except (OSError, ValueError) as error:
        raise refusals.bad_keys(given or secret_file(home_folder())) from error
    if fingerprints(known)[: len(told.keys)] != told.keys:
        raise refusals.other_keys()
    return known


def _into_named(archive: Reader, told: Manifest, keys: tuple[Root, ...], args: argparse.Namespace) -> int:
    """Fill the database that DATABASE_OWNER_URL or DATABASE_URL names; it must be empty."""
    if args.replace:
        raise refusals.no_replacing()
    _place_keys(keys, replace=False)
    boot(owner=True)
    _restore(archive, told)
    say("已恢复。  Restored.")
    return 0


def _into_embedded(archive: Reader, told: Manifest, keys: tuple[Root, ...], args: argparse.Namespace) -> int:
    """Fill a passing database of the embedded server, then let it take the name in one transaction."""
    if args.replace and args.replace != DATABASE:
        raise refusals.not_this_database(args.replace, DATABASE)
    home = Home(home_folder(), binaries.identity())
    home.open()
    cluster = embedded(home, Lifeline())
    try:
        start_database(cluster)
        if not args.replace and not _bare(cluster):
            raise refusals.not_empty(DATABASE)
        before = _place_keys(keys, replace=True)
        with _passing(cluster) as url:
            os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"] = url
            boot(owner=True)
            try:
                _restore(archive, told)
            except BaseException:
                _undo_keys(before)
                raise
            resolve_name("django.db:connection").close()
            resolve_name("django.db:connection").close_pool()
        former = _swap(cluster, keep=bool(args.replace))
    finally:
        cluster.stop()
        home.close()
    _told(former)
    return 0


def _told(former: str) -> None:
    say("已恢复，可以启动：gongjian run", "Restored; start with: gongjian run")
    if former:
        say(
            f"  原数据库改名为 {former}。确认无误后删除："
            f'gongjian database -- sh -c \'psql "$DATABASE_URL" -c "drop database {former}"\'',
            f"  The former database is now {former}; drop it when all is well.",
        )


def _restore(archive: Reader, told: Manifest) -> None:
    restoring: Any = resolve_name("gongjian.project.backup.restoring")  # needs Django, which is there only now
    now: Any = resolve_name("gongjian.workdays.clock:now")
    restoring.require_known(told)
    if not restoring.is_empty():
        raise refusals.not_empty(str(resolve_name("django.db:connection").settings_dict["NAME"]))
    with step("核对备份", "Proving the backup"):
        restoring.require_whole(archive, told)
    restoring.restore(archive, told, at=now())


def _place_keys(keys: tuple[Root, ...], *, replace: bool) -> Path | None:
    """Put the keys into the data folder; return where other keys, which were there, are kept now. Raises Refusal."""
    if os.environ.get(VARIABLE):
        if fingerprints(parse(os.environ[VARIABLE])) != fingerprints(keys):
            raise refusals.other_keys()
        return None
    path = secret_file(home_folder())
    before = None
    if path.exists():
        if fingerprints(parse(path.read_text()))[: len(keys)] == fingerprints(keys):
            return None
        if not replace:
            raise refusals.keys_in_the_way(path)
        before = path.with_name(f"secret.before-{local_moment(datetime.now(UTC)):%Y%m%d%H%M%S}")
        path.rename(before)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_roots(home_folder(), keys)
    return before


def _undo_keys(before: Path | None) -> None:
    if before:
        before.replace(secret_file(home_folder()))


def _bare(cluster: Cluster) -> bool:
    with cluster.connect() as connection:
        row = connection.execute(
            "select not exists (select from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace)"
        ).fetchone()
    return bool(row and row[0])


@contextmanager
def _passing(cluster: Cluster) -> Iterator[str]:
    """Yield the address of a new database; one that a killed restore left behind is dropped first."""
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(PASSING))
    with cluster.connect("postgres") as connection:
        connection.execute(drop)
        connection.execute(
            sql.SQL("create database {} owner {}").format(sql.Identifier(PASSING), sql.Identifier(OWNER))
        )
    with cluster.connect(PASSING) as connection:
        connection.execute("create extension if not exists pg_trgm")
        connection.execute("create extension if not exists btree_gist")
    try:
        yield f"postgresql://{OWNER}@/{PASSING}?host={cluster.socket}"
    except BaseException:
        with cluster.connect("postgres") as connection:
            connection.execute(drop)
        raise


def _swap(cluster: Cluster, *, keep: bool) -> str:
    """Give the new database its name; both names change in one transaction. Return the former one's new name."""
    former = f"{DATABASE}_before_{local_moment(datetime.now(UTC)):%Y%m%d%H%M%S}"
    rename = sql.SQL("alter database {} rename to {}")
    ours, new = sql.Identifier(DATABASE), sql.Identifier(PASSING)
    with cluster.connect("postgres") as connection:
        with connection.transaction():
            connection.execute(rename.format(ours, sql.Identifier(former)))
            connection.execute(rename.format(new, ours))
        if not keep:  # it was empty
            connection.execute(sql.SQL("drop database {}").format(sql.Identifier(former)))
            former = ""
    return former
