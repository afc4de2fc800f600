"""The job queue's own upkeep and figures.

Its functions belong to procrastinate; this is the one place that calls them. It lives by the database's clock, because
procrastinate does: the moment a clock hands in is not looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

SILENT_SECONDS = 60
TRIES = 5
KEEP_DAYS = 30

# A job that a killed worker held. Where its successor waits already, by the same lock, it is not put back beside it.
RESCUE = """
select case when job.attempts >= %(tries)s then procrastinate_finish_job_v1(job.id, 'failed', false)
            when job.turn > 1 or exists (select from procrastinate_jobs other
                                         where other.queueing_lock = job.queueing_lock and other.status = 'todo')
            then procrastinate_finish_job_v1(job.id, 'succeeded', true)
            else procrastinate_retry_job_v2(job.id, now(), null, null, null) end
from (
  select job.*, case when job.queueing_lock is null then 1
                     else row_number() over (partition by job.queueing_lock order by job.id desc) end as turn
  from procrastinate_jobs job left join procrastinate_workers worker on worker.id = job.worker_id
  where job.status = 'doing'
    and (worker.id is null or worker.last_heartbeat < now() - make_interval(secs => %(silent)s))
) job
"""
CLEAN = """
delete from procrastinate_jobs job where status in ('failed', 'cancelled', 'aborted', 'succeeded')
  and not exists (select from procrastinate_events event
                  where event.job_id = job.id and event.at > now() - make_interval(days => %(days)s))
"""
# Due is what waits and what nobody who lives works on; what is planned for later is not. One row for each queue.
DUE = """
select queue_name, due, extract(epoch from now() - least(earliest, (
    select event.at from procrastinate_events event where event.job_id = first_id order by event.id limit 1)))::float
from (
  select job.queue_name, count(*) as due, min(job.scheduled_at) as earliest,
         min(job.id) filter (where job.scheduled_at is null) as first_id
  from procrastinate_jobs job left join procrastinate_workers worker on worker.id = job.worker_id
  where job.status in ('todo', 'doing') and coalesce(job.scheduled_at, now()) <= now()
    and (job.status = 'todo' or worker.id is null
         or worker.last_heartbeat < now() - make_interval(secs => %(silent)s))
  group by job.queue_name
) found
"""
FAILED = "select count(*) from procrastinate_jobs where status = 'failed'"
HEARTBEAT = "select extract(epoch from now() - max(last_heartbeat))::float from procrastinate_workers"
TICK = "select extract(epoch from now())::bigint - max(defer_timestamp) from procrastinate_periodic_defers"


@dataclass(frozen=True)
class Line:
    """One queue now: how many of its jobs are due, and how many seconds ago the oldest of them became so."""

    queue: str
    due: int
    seconds: float


@dataclass(frozen=True)
class QueueFigures:
    """All queues now, and how many jobs failed."""

    queues: Sequence[Line]
    failed: int

    @property
    def due(self) -> int:
        """How many jobs are due."""
        return sum(line.due for line in self.queues)

    @property
    def oldest_seconds(self) -> float:
        """The age of the oldest due job."""
        return max((line.seconds for line in self.queues), default=0.0)


def rescue_jobs(*, at: datetime) -> int:
    """Put jobs of a worker that was killed back into the queue, or give them up after five tries; return how many."""
    del at
    with connection.cursor() as cursor:
        cursor.execute(RESCUE, {"tries": TRIES, "silent": SILENT_SECONDS})
        return int(cursor.rowcount)


def clean_queue(*, at: datetime) -> int:
    """Delete finished and failed jobs after 30 days; return how many."""
    del at
    with connection.cursor() as cursor:
        cursor.execute(CLEAN, {"days": KEEP_DAYS})
        return int(cursor.rowcount)


def names() -> set[str]:
    """Return the queues in which jobs wait."""
    with connection.cursor() as cursor:
        cursor.execute("select distinct queue_name from procrastinate_jobs where status = 'todo'")
        return {str(row[0]) for row in cursor.fetchall()}


def lines() -> list[Line]:
    """Return every queue in which something is due, the one that waits longest first."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"silent": SILENT_SECONDS})
        return sorted_lines(cursor.fetchall())


def sorted_lines(rows: Iterable[Sequence[Any]]) -> list[Line]:
    """Return the rows of DUE in their order on every page."""
    found = [Line(str(queue), int(due), max(0.0, float(seconds or 0))) for queue, due, seconds in rows]
    return sorted(found, key=lambda line: (-line.seconds, line.queue))


def figures() -> QueueFigures:
    """Count all queues."""
    with connection.cursor() as cursor:
        cursor.execute(FAILED)
        failed = int(cursor.fetchone()[0])
    return QueueFigures(lines(), failed)


def heartbeat_age() -> float | None:
    """Return how many seconds ago the liveliest worker gave a sign, or None without a worker."""
    return _age(HEARTBEAT)


def tick_age() -> float | None:
    """Return how many seconds ago a clock ticked last, or None where none ever did."""
    return _age(TICK)


def _age(statement: str) -> float | None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        age = cursor.fetchone()[0]
    return None if age is None else float(age)
