"""What the tests of webhooks share: the time moved by hand, a subscription, telling, the jobs of a queue."""

import json
from datetime import timedelta

from django.db import connection
from procrastinate.contrib.django import app

from gongjian.httpapi.actions.webhooks import subscribe
from gongjian.httpapi.delivering import deliver
from gongjian.httpapi.models import Subscription
from gongjian.httpapi.webhooks import publish
from gongjian.project.streams import READERS, TABLE, now_at
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING, later
from gongjian.testing.programs import DISTRICT_RIGHTS, make_key

AT = MONDAY_MORNING
TAKEN = "delete from procrastinate_jobs where queue_name = %s and status = 'todo' returning task_name, args"


class Clock:
    """The time of a test, moved by hand."""

    def __init__(self):
        self.at = later(AT, hours=1)

    def __call__(self):
        return self.at

    def move(self, **span):
        self.at += timedelta(**span)
        return self.at


def subscribed(receiver, key=None, **over):
    key = key or make_key("district-key-of-the-platform", rights=DISTRICT_RIGHTS)
    facts = {"key_id": key.pk, "name": "区平台", "url": receiver.url, "kinds": [], "moves": [], "position": now_at()}
    made = subscribe(**{**facts, **over}, actor=actor("du.siyuan"), at=AT)
    receiver.secrets.append(made.secret)
    return Subscription.objects.get(pk=made.id)


def tell(row, clock):
    publish(table=TABLE, readers=READERS, at=clock.at)
    return deliver(row.pk, clock=clock)


def run_jobs(queue):
    """Do what waits in a queue of the test database, as its worker would; return the arguments of each job."""
    with connection.cursor() as cursor:
        cursor.execute(TAKEN, [queue])
        jobs = [(task, json.loads(args)) for task, args in cursor.fetchall()]
    for task, args in jobs:
        app.tasks[task](**args)
    return [args for _task, args in jobs]


def arrived(receiver):
    return [(one["data"]["case"], one["data"]["move"]) for one in receiver.got]
