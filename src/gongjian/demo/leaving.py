"""Leaving the demonstration: everything invented goes, with the count of every table before and after as proof.

The tables are emptied by one function of the database that belongs to its owner: the role that serves the pages may
not delete from append-only tables, and the function does nothing once the demonstration was left. One transaction
holds it all; what lies on disk goes after it and goes on where it stopped.
"""

import hashlib
import shutil
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.db import OperationalError, ProgrammingError, connection, models, transaction
from django.utils.translation import gettext_lazy as _

from gongjian.audit.actions import record, seal
from gongjian.audit.models import AuditEntry
from gongjian.casework.models import Case
from gongjian.demo import people
from gongjian.demo.accounts import keys
from gongjian.demo.actions import unit_codes
from gongjian.documents.models import Document
from gongjian.documents.storage import remove, stored_before
from gongjian.identity.access import IdentityRight
from gongjian.identity.actions import issue_setup_link
from gongjian.identity.actions.reference import changed
from gongjian.identity.actor import Actor
from gongjian.identity.models import ApiKey, Installation, User, WipedTable
from gongjian.identity.queries import demonstration
from gongjian.identity.refusals import Refused
from gongjian.identity.rights import require
from gongjian.testing.cast import CAST
from gongjian.web.site import site

FUNCTION: Final = "gongjian_leave_demonstration"
SURE_ZH: Final = "真实数据也删除"
SURE_EN: Final = "delete the real data too"
WAIT: Final = "10s"
# Reference data and the record stay; whatever is not named here goes, so that a new table is never forgotten.
KEPT: Final = frozenset(
    {
        "audit.AuditEntry", "audit.AuditSeal", "audit.RetentionClass", "audit.TableVersion",
        "auth.Group", "auth.Group_permissions", "auth.Permission", "contenttypes.ContentType",
        "casework.Reminder", "casework.Term", "casework.Topic",
        "hotline.DispatchRule", "hotline.EmergencyWord", "hotline.EverydayWord",
        "hotline.OpenService", "hotline.RejectReason", "hotline.ServiceAttribute", "hotline.ServiceHours",
        "hotline.TopicHeir",
        "identity.Installation", "identity.KnownRight", "identity.ReferenceVersion", "identity.Role",
        "identity.RoleRight", "identity.Unit", "identity.UnitName", "identity.WipedTable",
        "notify.NoticeWording",
        "places.Address", "places.Community", "places.GridCell", "places.Subdistrict", "places.Territory",
        "procrastinate.ProcrastinateWorker",
        "workdays.CalendarVersion", "workdays.DayException", "workdays.OfficeHours", "workdays.YearNotice",
    }
)  # fmt: skip
# Accounts somebody made here may stay, with what hangs on them.
ACCOUNTS: Final = frozenset({"identity.User", "identity.Assignment", "identity.Deputy", "otp_totp.TOTPDevice"})


@dataclass(frozen=True)
class Real:
    """What would be destroyed and is not the demonstration's own."""

    staff: Sequence[User]
    cases: int
    imports: int
    keys: int

    @property
    def any(self) -> bool:
        """Whether the second sentence must be typed; accounts alone are kept."""
        return bool(self.cases or self.imports or self.keys)


@dataclass(frozen=True)
class Left:
    """What came of it."""

    lines: Sequence[WipedTable]
    digest: str
    setup_token: str | None


def _all_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed or _stands(model)]


def _stands(model: type[models.Model]) -> bool:
    """Procrastinate's models are not managed by Django, and its tables are there."""
    return model._meta.app_label == "procrastinate"


def wiped_tables() -> list[str]:
    """Return the tables that are emptied whole."""
    kept = KEPT | ACCOUNTS
    return sorted({model._meta.db_table for model in _all_models() if model._meta.label not in kept})


def counted_tables() -> dict[str, bool]:
    """Return every table with whether it is kept."""
    return {model._meta.db_table: model._meta.label in KEPT | ACCOUNTS for model in _all_models()}


def _links_to_users() -> list[tuple[str, str, bool]]:
    """Return table, column and whether it may be empty, of every kept table that names an account."""
    standing = [model for model in _all_models() if model._meta.label in KEPT | ACCOUNTS]
    return [
        (model._meta.db_table, str(field.column), bool(field.null))
        for model in standing
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is User
    ]


def _body() -> str:
    q = connection.ops.quote_name
    gone = "user_id is null or user_id <> all(keep)"
    steps = [f"truncate table {', '.join(map(q, wiped_tables()))};"]
    for table, column, empty in _links_to_users():
        where = gone.replace("user_id", q(column)) if not empty else f"{q(column)} <> all(keep)"
        act = f"update {q(table)} set {q(column)} = null" if empty else f"delete from {q(table)}"
        steps.append(f"{act} where {where};")
    steps.append(f"delete from {q(User._meta.db_table)} where id <> all(keep);")
    steps.append(f"update {q(User._meta.db_table)} set person_id = null;")
    return "\n    ".join(steps)


def ensure_function() -> None:
    """Make the function while this is a demonstration, else take it away; needs the owner's role."""
    with connection.cursor() as cursor:
        cursor.execute(f"drop function if exists {FUNCTION}(bigint[])")
        if not (demonstration() and User.objects.filter(username=CAST[0].username).exists()):
            return
        installation = connection.ops.quote_name(Installation._meta.db_table)
        cursor.execute(
            f"""
create function {FUNCTION}(keep bigint[]) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
    if exists (select 1 from {installation} where demonstration_left_at is not null) then
        raise exception 'the demonstration was left already';
    end if;
    {_body()}
end $$""".replace("%", "%%")
        )
        app = connection.ops.quote_name(settings.APP_DB_ROLE)
        cursor.execute(f"revoke all on function {FUNCTION}(bigint[]) from public")
        cursor.execute("select 1 from pg_roles where rolname = %s", [settings.APP_DB_ROLE])
        if cursor.fetchone():
            cursor.execute(f"grant execute on function {FUNCTION}(bigint[]) to {app}")


def invented_names(at: datetime) -> frozenset[str]:
    """Return the user names of everybody the demonstration made up, programs included."""
    staff = {member.username for member in (*CAST, *people.staff(unit_codes(at)))}
    return frozenset(staff | {key.username for key in keys()})


def real_things(at: datetime) -> Real:
    """Return what somebody entered here that the demonstration did not bring."""
    names = invented_names(at)
    loaded = AuditEntry.objects.filter(action="identity.cast.load").order_by("-at").values_list("at", flat=True).first()
    entered = Case.objects.filter(opened_at__gt=loaded).count() if loaded else Case.objects.count()
    staff = User.objects.filter(kind=User.Kind.STAFF).exclude(username__in=names).order_by("username")
    other_keys = ApiKey.objects.exclude(user__username__in=names).count()
    return Real(list(staff.defer("password", "phone")), entered, _rows("hotline_importbatch"), other_keys)


def _rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {connection.ops.quote_name(table)}")
        return int(cursor.fetchone()[0])


def district() -> str:
    """Return the name that must be typed."""
    return site("zh").name


def counts() -> dict[str, int]:
    """Return the rows of every table."""
    return {table: _rows(table) for table in sorted(counted_tables())}


def is_sure(typed: str) -> bool:
    """Whether the sentence that gives up real data was typed."""
    return typed.strip().casefold() in {SURE_ZH, SURE_EN}


def leave(*, district_name: str, sure: str = "", keep: Collection[int] = (), actor: Actor, at: datetime) -> Left:
    """Empty the demonstration for good and return the proof; everybody is signed out, known passwords are void.

    `keep` are accounts somebody made here; others go. Raises Refused where this is no demonstration, the name of the
    district is not typed, or real data would go without the sentence; Forbidden without the right. Nothing is done
    then. Killed in between, either nothing happened or only files are left, which `erase_files` takes.
    """
    if actor.kind != "system":
        require(actor, IdentityRight.DEMONSTRATION_LEAVE)
    _check(district_name, sure, at)
    allowed = {user.pk for user in real_things(at).staff}
    kept = sorted(set(keep) & allowed)
    try:
        with transaction.atomic():
            lines = _wipe(kept, at)
            digest = _digest(lines)
            note = f"rows {sum(x.before for x in lines if not x.kept)} → 0; kept accounts {len(kept)}; sha256 {digest}"
            record(
                action="identity.demonstration.leave",
                actor_kind=actor.kind,
                actor_id=actor.user_id,
                unit_id=None,
                object_kind="installation",
                object_id="1",
                detail=note,
                at=at,
            )
    except OperationalError as error:
        raise Refused("", _("正有人在用，锁不住数据。等一分钟再试，什么都没有删。")) from error
    except ProgrammingError as error:
        raise Refused(
            "", _("数据库里还没有清空用的函数。重新启动一次，或在服务器上运行 gongjian demo leave。")
        ) from error
    seal(at)
    erase_files(at=at)
    return Left(lines, digest, issue_setup_link(at=at))


def _check(district_name: str, sure: str, at: datetime) -> None:
    if not demonstration() or not User.objects.filter(username=CAST[0].username).exists():
        raise Refused("", _("这里不是演示环境，没有要清空的。"))
    if district_name.strip() not in {site("zh").name, site("en").name}:
        raise Refused("district", _("照着上面写一遍名称，证明不是手滑。"))
    if real_things(at).any and not is_sure(sure):
        raise Refused("sure", _("有真实录入的数据。要一起删除，就照着上面那句话写一遍。"))


def _wipe(kept: list[int], at: datetime) -> list[WipedTable]:
    with connection.cursor() as cursor:
        cursor.execute(f"set local lock_timeout = '{WAIT}'")
        cursor.execute("set constraints all immediate")  # a table with checks still to come cannot be emptied
    Installation.objects.select_for_update().get_or_create(pk=1)
    before = counts()
    with connection.cursor() as cursor:
        cursor.execute(f"select {FUNCTION}(%s)", [kept])
    after, standing = counts(), counted_tables()
    left = [table for table, stays in standing.items() if not stays and after[table]]
    if left:
        raise RuntimeError(f"rows are left in {left}")
    Installation.objects.update_or_create(pk=1, defaults={"demonstration_left_at": at, "set_up_at": None})
    lines = [WipedTable(name=name, before=before[name], after=after[name], kept=standing[name]) for name in before]
    WipedTable.objects.all().delete()
    WipedTable.objects.bulk_create(lines)
    changed()
    return lines


def _digest(lines: Iterable[WipedTable]) -> str:
    told = "\n".join(f"{line.name}\t{line.before}\t{line.after}" for line in lines)
    return hashlib.sha256(told.encode()).hexdigest()


def erase_files(*, at: datetime) -> int:
    """Remove the demonstration's documents and unsent messages from disk; return how many. Goes on where it stopped."""
    row = Installation.objects.filter(pk=1).exclude(demonstration_left_at=None).first()
    if row is None or row.demonstration_files_gone_at is not None:
        return 0
    now = time.time()
    gone = 0
    for digest in list(stored_before(now)):
        if not Document.objects.filter(sha256=digest).exists():
            gone += remove(digest, older_than=now)
    outbox = Path(settings.HOME) / "outbox"
    for place in outbox.iterdir() if outbox.is_dir() else ():
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
    Installation.objects.filter(pk=1).update(demonstration_files_gone_at=at)
    return gone


def report() -> list[WipedTable]:
    """Return the proof, table by table; empty before the demonstration was left."""
    return list(WipedTable.objects.order_by("kept", "name"))


def overview() -> dict[str, Any]:
    """Return how many rows of which tables would go, for the page and the command."""
    found = counts()
    return {name: found[name] for name in wiped_tables() if found[name]}
