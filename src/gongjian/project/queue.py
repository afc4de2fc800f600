"""The job queue's own upkeep and figures.

Its functions belong to procrastinate; this is the one place that calls them. It lives by the database's clock, because
procrastinate does: the moment a clock hands in is not looked at.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

SILENT_SECONDS = 60
TRIES = 5
KEEP_DAYS = 30

RESCUE = """
select case when job.attempts >= %(tries)s then procrastinate_finish_job_v1(job.id, 'failed', false)
            else procrastinate_retry_job_v2(job.id, now(), null, null, null) end
from procrastinate_jobs job left join procrastinate_workers worker on worker.id = job.worker_id
where job.status = 'doing'
  and (worker.id is null or worker.last_heartbeat < now() - make_interval(secs => %(silent)s))
"""
CLEAN = """
delete from procrastinate_jobs job where status in ('failed', 'cancelled', 'aborted', 'succeeded')
  and not exists (select from procrastinate_events event
                  where event.job_id = job.id and event.at > now() - make_interval(days => %(days)s))
"""
FIGURES = """
select count(*) filter (where status = 'todo' and coalesce(scheduled_at, now()) <= now()),
       count(*) filter (where status = 'failed'),
       coalesce(max(extract(epoch from now() - coalesce(job.scheduled_at, (
           select event.at from procrastinate_events event where event.job_id = job.id order by event.id limit 1))))
           filter (where status = 'todo' and coalesce(scheduled_at, now()) <= now()), 0)
from procrastinate_jobs job where status in ('todo', 'failed')
"""
HEARTBEAT = "select extract(epoch from now() - max(last_heartbeat)) from procrastinate_workers"


@dataclass(frozen=True)
class QueueFigures:
    """The queue now: jobs that are due, jobs that failed, age in seconds of the oldest due job."""

    due: int
    failed: int
    oldest_seconds: float


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


def figures() -> QueueFigures:
    """Count the queue."""
    with connection.cursor() as cursor:
        cursor.execute(FIGURES)
        due, failed, oldest = cursor.fetchone()
    return QueueFigures(due, failed, float(oldest))


def heartbeat_age() -> float | None:
    """Return how many seconds ago the liveliest worker gave a sign, or None without a worker."""
    with connection.cursor() as cursor:
        cursor.execute(HEARTBEAT)
        age = cursor.fetchone()[0]
    return None if age is None else float(age)
