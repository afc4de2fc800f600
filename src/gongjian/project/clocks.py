"""EVERY job that runs by itself, in one list: name, function, how often. Nothing else in the system is scheduled."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, time, timedelta

from django.conf import settings
from procrastinate.contrib.django import app

from gongjian.audit.sweeps import sweep_seal
from gongjian.casework.sweeps import fold_tally, sweep_clocks
from gongjian.console.sweeps import sweep_ceilings
from gongjian.documents.sweeps import sweep_orphans, sweep_unclaimed
from gongjian.domains.hotline.sweeps import (
    sweep_archive,
    sweep_exports,
    sweep_figures,
    sweep_followers,
    sweep_imports,
    sweep_provisional,
    sweep_restricted,
    sweep_retention,
    sweep_sendings,
)
from gongjian.httpapi.sweeps import sweep_answers, sweep_delivery_log, sweep_limits, sweep_signatures
from gongjian.identity.sweeps import sweep_sign_in
from gongjian.notify.sweeps import sweep_old, sweep_undelivered
from gongjian.project.backup.schedule import sweep_backup
from gongjian.project.queue import clean_queue, rescue_jobs
from gongjian.project.streams import sweep_webhooks
from gongjian.workdays.clock import now
from gongjian.workdays.rules import moment_on

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Scheduled:
    """One clock: `every` so many seconds, minutes or hours, or every day at a time of day in Shenzhen."""

    name: str
    function: Callable[..., object]
    every: timedelta | time

    @property
    def cron(self) -> str:
        """The same as a crontab line in UTC."""
        if isinstance(self.every, time):
            utc = moment_on(date(2026, 1, 1), self.every).astimezone(UTC)
            return f"{utc.minute} {utc.hour} * * *"
        if self.every < MINUTE:
            return f"* * * * * */{int(self.every.total_seconds())}"
        minutes = int(self.every / MINUTE)
        if minutes >= 60:  # noqa: PLR2004 - minutes in an hour
            return f"0 */{minutes // 60} * * *"
        return f"*/{minutes} * * * *"


CLOCKS = (
    Scheduled("httpapi.webhooks", sweep_webhooks, 10 * SECOND),
    Scheduled("audit.seal", sweep_seal, MINUTE),
    Scheduled("casework.clocks", sweep_clocks, MINUTE),
    Scheduled("casework.tally", fold_tally, MINUTE),
    Scheduled("console.ceilings", sweep_ceilings, MINUTE),
    Scheduled("hotline.followers", sweep_followers, MINUTE),
    Scheduled("hotline.restricted", sweep_restricted, MINUTE),
    Scheduled("hotline.figures", sweep_figures, 5 * MINUTE),
    Scheduled("notify.undelivered", sweep_undelivered, 5 * MINUTE),
    Scheduled("documents.unclaimed", sweep_unclaimed, HOUR),
    Scheduled("hotline.provisional", sweep_provisional, HOUR),
    Scheduled("httpapi.answers", sweep_answers, HOUR),
    Scheduled("httpapi.delivery_log", sweep_delivery_log, HOUR),
    Scheduled("httpapi.limits", sweep_limits, HOUR),
    Scheduled("httpapi.signatures", sweep_signatures, HOUR),
    Scheduled("identity.sign_in", sweep_sign_in, HOUR),
    Scheduled("documents.orphans", sweep_orphans, time(2, 40)),
    Scheduled("hotline.imports", sweep_imports, HOUR),
    Scheduled("hotline.sendings", sweep_sendings, HOUR),
    Scheduled("hotline.archive", sweep_archive, time(1, 20)),
    Scheduled("hotline.exports", sweep_exports, time(2, 10)),
    Scheduled("hotline.retention", sweep_retention, time(1, 50)),
    Scheduled("notify.old", sweep_old, time(2, 20)),
    Scheduled("installation.backup", sweep_backup, settings.BACKUP_TIME),
    Scheduled("queue.rescue", rescue_jobs, MINUTE),
    Scheduled("queue.clean", clean_queue, time(3, 10)),
)


def register() -> None:
    """Hand the list to the worker. One run at a time waits in the queue; a run that is late is not piled up."""
    for clock in CLOCKS:
        task = app.task(name=f"clock.{clock.name}", queue="clocks", queueing_lock=f"clock.{clock.name}")(_job(clock))
        app.periodic(cron=clock.cron, periodic_id=clock.name)(task)


def _job(clock: Scheduled) -> Callable[..., None]:
    def run(timestamp: int) -> None:
        del timestamp  # when it was due; a sweep asks what is due now
        clock.function(at=now())

    return run
