"""The jobs that send what is due to programs' addresses, and the one that tells when that ended.

A receiver, which is one host and port, has one job at a time, whatever subscriptions share it: a slow one takes one
place of the worker, no more.
"""

from datetime import datetime
from typing import Final

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from gongjian.httpapi import delivering, notices
from gongjian.httpapi.models import Subscription
from gongjian.httpapi.outgoing import receiver_of
from gongjian.notify.outbox import QUEUE as NOTICES
from gongjian.workdays.clock import now

QUEUE: Final = "webhooks"  # has a worker of its own: `gongjian deliver`
TASK: Final = "httpapi.deliver"


@app.task(name=TASK, queue=QUEUE)
def deliver(subscription_id: int) -> None:
    """Send what is due; then whoever is next in turn comes behind those that wait already."""
    delivering.deliver(subscription_id, clock=now)
    wake_due(at=now())


@app.task(name="httpapi.probe", queue=QUEUE, priority=100)
def probe() -> None:
    """Do nothing; `gongjian doctor` defers it and watches it being done."""


@app.task(
    name=delivering.TELL_STOPPED,
    queue=NOTICES,
    retry=RetryStrategy(max_attempts=5, wait=5, exponential_wait=3),
)
def tell_stopped(subscription_id: int, stopped_at: str) -> None:
    """Tell who looks after webhooks that one was stopped; a second run tells nobody twice."""
    notices.tell_stopped(subscription_id, at=datetime.fromisoformat(stopped_at))


def wake(subscription_id: int) -> bool:
    """Queue the job of one subscription, unless one of the same receiver waits already: then its turn comes after."""
    url = Subscription.objects.filter(pk=subscription_id).values_list("url", flat=True).first()
    return url is not None and _wake(subscription_id, receiver_of(url))


def wake_due(*, at: datetime) -> int:
    """Wake a job for each receiver that is to be sent something; return how many."""
    return sum(_wake(subscription_id, receiver) for subscription_id, receiver in delivering.next_in_turn(at))


def _wake(subscription_id: int, receiver: str) -> bool:
    lock = f"webhook-{receiver}"
    try:
        with transaction.atomic():
            deliver.configure(lock=lock, queueing_lock=lock).defer(subscription_id=subscription_id)
    except AlreadyEnqueued:
        return False
    return True
