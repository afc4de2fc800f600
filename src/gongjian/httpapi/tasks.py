"""The job that sends what is due to one program's address."""

from datetime import datetime
from typing import Final

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from gongjian.httpapi import delivering
from gongjian.workdays.clock import now

QUEUE: Final = "webhooks"
TASK: Final = "httpapi.deliver"


@app.task(name=TASK, queue=QUEUE)
def deliver(subscription_id: int) -> None:
    """Send what is due; a second job for the same subscription finds it in hand and ends."""
    delivering.deliver(subscription_id, clock=now)


def wake(subscription_id: int) -> bool:
    """Queue the job of one subscription, unless one waits already."""
    try:
        with transaction.atomic():
            deliver.configure(queueing_lock=f"webhook-{subscription_id}").defer(subscription_id=subscription_id)
    except AlreadyEnqueued:
        return False
    return True


def wake_due(*, at: datetime) -> int:
    """Wake a job for each subscription that has something to send; return how many."""
    return sum(wake(subscription_id) for subscription_id in delivering.waiting_subscriptions(at))
