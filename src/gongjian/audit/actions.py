"""Writing the record, and sealing it."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from gongjian.audit.models import AuditEntry, AuditSeal
from gongjian.audit.rules import GENESIS, Facts, entry_digest, seal_digest

# No transaction that writes entries runs longer; entries it committed late are still found.
STRAGGLERS = timedelta(hours=6)
AT_ONCE = 20_000
LOCK = 7_233_001  # any number nobody else uses for an advisory lock

UNSEALED = """
select e.id, e.digest from audit_auditentry e
where e.id > %(floor)s and not exists (
    select from (select unnest(s.entries) as id from audit_auditseal s where s.at > %(since)s) sealed
    where sealed.id = e.id)
order by e.id limit %(limit)s
"""


def row(
    *,
    action: str,
    actor_kind: str,
    actor_id: int | None,
    unit_id: int | None,
    object_kind: str,
    object_id: str,
    detail: str = "",
    at: datetime,
) -> dict[str, Any]:
    """Return the column values of an entry, for a writer that sends its own statement."""
    facts = Facts(action, actor_kind, actor_id, unit_id, object_kind, str(object_id), detail[:500], at)
    salt = secrets.token_bytes(16)
    return {**facts._asdict(), "salt": salt, "digest": entry_digest(facts, salt)}


def record(
    *,
    action: str,
    actor_kind: str,
    actor_id: int | None,
    unit_id: int | None,
    object_kind: str,
    object_id: str,
    detail: str = "",
    at: datetime,
) -> None:
    """Write one entry, in the transaction of the act it speaks of."""
    values = row(
        action=action,
        actor_kind=actor_kind,
        actor_id=actor_id,
        unit_id=unit_id,
        object_kind=object_kind,
        object_id=object_id,
        detail=detail,
        at=at,
    )
    AuditEntry.objects.create(**values)


def seal(at: datetime) -> int:
    """Chain every entry not yet sealed into one link and return how many; 0 if another process is sealing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        since = at - STRAGGLERS
        settled = (
            AuditSeal.objects.filter(at__lte=since).order_by("-entry_to").values_list("entry_to", flat=True).first()
        )
        cursor.execute(UNSEALED, {"floor": settled or 0, "since": since, "limit": AT_ONCE})
        found = cursor.fetchall()
        if not found:
            return 0
        last = AuditSeal.objects.order_by("-id").values_list("digest", flat=True).first()
        previous = GENESIS if last is None else bytes(last)
        ids = [entry_id for entry_id, _ in found]
        AuditSeal.objects.create(
            entry_from=ids[0],
            entry_to=ids[-1],
            entries=ids,
            previous=previous,
            digest=seal_digest(previous, (bytes(digest) for _, digest in found)),
            at=at,
        )
        return len(ids)
