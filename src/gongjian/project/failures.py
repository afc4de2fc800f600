"""Jobs that were given up: seen, tried again, or discarded with a reason."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from gongjian.audit.actions import record
from gongjian.console.access import ConsoleRight
from gongjian.identity.actor import Actor
from gongjian.identity.refusals import Refused
from gongjian.identity.rights import require
from gongjian.sealing.masking import scrub

LONGEST_REASON = 200
FAILED = """
select job.id, job.task_name, job.queue_name, job.attempts, job.args, coalesce((
    select max(event.at) from procrastinate_events event where event.job_id = job.id), now())
from procrastinate_jobs job where job.status = 'failed' order by job.id desc limit %(limit)s
"""
TASK = "select task_name from procrastinate_jobs where id = %(job)s and status = 'failed' for update"
# The library's own retry takes only jobs that are being done.
AGAIN = """
update procrastinate_jobs set status = 'todo', attempts = 0, scheduled_at = null, worker_id = null,
    abort_requested = false where id = %(job)s and status = 'failed'
"""
DISCARD = "delete from procrastinate_jobs where id = %(job)s and status = 'failed'"


@dataclass(frozen=True)
class FailedJob:
    """One job that was given up. `about` holds only numbers and names of things, never a person's data."""

    id: int
    task: str
    queue: str
    tries: int
    about: str
    at: datetime


def failed(*, limit: int = 50) -> list[FailedJob]:
    """Return the jobs that were given up, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(FAILED, {"limit": limit})
        rows = cursor.fetchall()
    return [FailedJob(i, task, queue, tries, _about(args), at) for i, task, queue, tries, args, at in rows]


def _about(args: Any) -> str:
    """Return a job's arguments in words: numbers and short names; anything longer is left out."""
    found = []
    for name, value in dict(json.loads(args) if isinstance(args, str) else args).items():
        if isinstance(value, list):
            found.append(f"{name}: {len(value)}")
        elif isinstance(value, int | float | bool) or value is None:
            found.append(f"{name} {value}")
        else:
            found.append(f"{name} {scrub(str(value))[:40]}")
    return ", ".join(found)


@transaction.atomic
def retry(*, job_id: int, actor: Actor, at: datetime) -> bool:
    """Puts a failed job back into the queue, with all its tries again; returns whether it was there.

    Raises Forbidden. A clock's job that already waits again is discarded instead: one run at a time waits.
    """
    _require(actor)
    task = _locked(job_id)
    if not task:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from procrastinate_jobs a join procrastinate_jobs b using (queueing_lock)"
            " where a.id = %(job)s and b.status = 'todo')",
            {"job": job_id},
        )
        waits = bool(cursor.fetchone()[0])
        cursor.execute(DISCARD if waits else AGAIN, {"job": job_id})
    _record("installation.job.retry", actor, job_id, task, at)
    return True


@transaction.atomic
def discard(*, job_id: int, reason: str, actor: Actor, at: datetime) -> bool:
    """Deletes a failed job and keeps the reason in the audit record; returns whether it was there.

    Raises Forbidden, and Refused without a reason.
    """
    _require(actor)
    reason = reason.strip()
    if not reason:
        raise Refused("reason", _("请写明为什么放弃这个任务。"))
    task = _locked(job_id)
    if not task:
        return False
    with connection.cursor() as cursor:
        cursor.execute(DISCARD, {"job": job_id})
    _record("installation.job.discard", actor, job_id, f"{task}: {scrub(reason)[:LONGEST_REASON]}", at)
    return True


def _require(actor: Actor) -> None:
    if actor.kind != "system":
        require(actor, ConsoleRight.HEALTH_MANAGE)


def _locked(job_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(TASK, {"job": job_id})
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def _record(action: str, actor: Actor, job_id: int, detail: str, at: datetime) -> None:
    record(
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        unit_id=actor.unit_id,
        object_kind="job",
        object_id=str(job_id),
        detail=detail,
        at=at,
    )
