"""Receivers take turns: a slow one takes one place of a worker of its own and delays nobody else."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest
from django.db import connection, connections, transaction
from procrastinate.contrib.django import app

from gongjian.domains.hotline.tests.hooks import AT, run_jobs, subscribed, tell
from gongjian.httpapi import delivering, tasks
from gongjian.httpapi.models import Delivery, Subscription
from gongjian.httpapi.outgoing import Answered, NoAnswer
from gongjian.httpapi.webhooks import publish
from gongjian.notify.actions import send
from gongjian.notify.models import Message
from gongjian.notify.recipients import ToPhone
from gongjian.project.streams import READERS, TABLE, now_at, sweep_webhooks
from gongjian.testing.cases import make_request
from gongjian.testing.clock import later
from gongjian.testing.programs import DISTRICT_RIGHTS, make_key
from gongjian.testing.receiver import Receiver
from gongjian.workdays.clock import now

CLI = [sys.executable, "-m", "gongjian.project.cli"]
GOOD = Answered(204, b"", "")


def jobs():
    with connection.cursor() as cursor:
        cursor.execute(
            "select (args ->> 'subscription_id')::int, lock, queueing_lock from procrastinate_jobs"
            " where queue_name = 'webhooks' and status = 'todo' order by id"
        )
        return cursor.fetchall()


def test_a_turn_is_short_and_what_is_left_keeps_its_order(clock, receiver, monkeypatch):
    row, calls = subscribed(receiver), []

    def slow(url, body, headers):
        calls.append(headers["webhook-id"])
        clock.move(seconds=3)
        return GOOD

    monkeypatch.setattr(delivering, "post", slow)
    for _ in range(5):
        make_request(state="signed")
    assert tell(row, clock) == 3
    while delivering.deliver(row.pk, clock=clock):
        pass
    assert len(calls) == len(set(calls)) == 20
    assert not Delivery.objects.exclude(state="sent").exists()
    for case in set(Delivery.objects.values_list("case_id", flat=True)):
        sent = Delivery.objects.filter(case_id=case).order_by("tried_at").values_list("event_id", flat=True)
        assert list(sent) == sorted(sent)


def test_a_receiver_has_one_job_at_a_time_whoever_shares_it(clock, receiver):
    """The first is whose news are oldest; after its turn the next."""
    key = make_key("district-key-of-the-platform", rights=DISTRICT_RIGHTS)
    with Receiver(clock=lambda: clock.at.timestamp()) as other:  # noqa: PLW0108 - the time moves on
        start = now_at()
        make_request()
        late, early = subscribed(receiver, key), subscribed(receiver, key, url=f"{receiver.url}/b", position=start - 1)
        alone = subscribed(other, key)
        Subscription.objects.update(since=later(AT, days=-1))
        publish(table=TABLE, readers=READERS, at=later(clock.at, minutes=-1))
        make_request()
        publish(table=TABLE, readers=READERS, at=clock.at)
        assert tasks.wake_due(at=clock.at) == 2
        assert tasks.wake(late.pk) is False, "its receiver's job waits already"
        lock, beside = (f"webhook-{one.url.split('/')[2]}" for one in (receiver, other))
        assert sorted(jobs()) == sorted([(early.pk, lock, lock), (alone.pk, beside, beside)])
        while run_jobs("webhooks"):
            pass
        assert not Delivery.objects.exclude(state="sent").exists()
        assert len(receiver.got) == 3
        assert len(other.got) == 1


def test_who_fails_waits_and_wakes_nobody(clock, receiver, monkeypatch):
    row = subscribed(receiver)
    make_request(state="signed")
    publish(table=TABLE, readers=READERS, at=clock.at)

    def gone(*_args):
        raise NoAnswer("too slow")

    monkeypatch.setattr(delivering, "post", gone)
    assert tasks.wake_due(at=clock.at) == 1
    run_jobs("webhooks")
    assert jobs() == []
    assert tasks.wake_due(at=clock.at) == 0, "its address is left alone"
    row.refresh_from_db()
    assert row.failures == 1


def test_an_event_behind_one_that_waits_wakes_nobody(clock, receiver):
    """Else a job would come for nothing, again and again."""
    row = subscribed(receiver)
    make_request(state="signed")
    publish(table=TABLE, readers=READERS, at=clock.at)
    first = Delivery.objects.order_by("event_id").first()
    Delivery.objects.filter(pk=first.pk).update(next_try_at=later(clock.at, hours=1))
    assert tasks.wake_due(at=clock.at) == 0
    assert tasks.wake_due(at=later(clock.at, hours=1)) == 1
    assert jobs()[0][0] == row.pk


def test_a_stopped_webhook_is_told_of_by_a_job_of_its_own_and_once(clock, receiver):
    row = subscribed(receiver)
    make_request()
    receiver.answers = [410]
    tell(row, clock)
    (job,) = (args for args in run_jobs("notices") if "stopped_at" in args)
    told = Message.objects.filter(template="httpapi/webhook_stopped", channel="site")
    assert told.count() == 1
    assert told.get().link.endswith(f"/webhooks/{row.pk}/")
    tasks.tell_stopped(**job)
    assert told.count() == 1
    row.delete()
    tasks.tell_stopped(**job)


@pytest.mark.django_db(transaction=True)
def test_while_an_answer_is_awaited_no_connection_is_held(district, clock, receiver, monkeypatch):
    row, held = subscribed(receiver), []
    make_request()

    def post(*_args):
        held.append(connection.connection is not None)
        return GOOD

    monkeypatch.setattr(delivering, "post", post)
    assert tell(row, clock) == 1
    assert held == [False]


def environment():
    url = os.environ["DATABASE_URL"].replace("/gongjian?", f"/{connection.settings_dict['NAME']}?")
    own = {"DATABASE_URL": url, "DATABASE_OWNER_URL": url, "GONGJIAN_WEBHOOKS_INSIDE": "on"}
    return {name: value for name, value in os.environ.items() if name != "GONGJIAN_CLOCK"} | own


def said(code):
    """Return what a process of its own prints."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_queue_has_one_kind_of_worker():
    code = (
        "import django; django.setup();"
        "from gongjian.project.clocks import register; from gongjian.project.commands import worker;"
        "register(); print(*worker.queues())"
    )
    served = said(code).split()
    assert {"clocks", "exports", "imports", "notices", "probe"} <= set(served)
    assert tasks.QUEUE not in served
    assert {task.queue for task in app.tasks.values()} <= {*served, tasks.QUEUE}


def test_the_worker_that_delivers_loads_no_page_no_domain_and_no_library_of_theirs():
    code = (
        "import sys; from gongjian.project import cli; from procrastinate.contrib.django import app;"
        "next(one for one in cli.COMMANDS if one.name == 'deliver').load();"
        "heavy = {'gongjian.web', 'gongjian.casework', 'gongjian.domains', 'pydantic', 'ninja', 'numpy', 'shapely', 'PIL'};"
        "print(sorted(heavy & set(sys.modules)), 'httpapi.deliver' in app.tasks)"
    )
    assert said(code) == "[] True"


@contextmanager
def both_workers(folder):
    """Run `gongjian worker` and `gongjian deliver` on the test database, and leave its queue as it was found."""
    running = []
    try:
        for name in ("worker", "deliver"):
            log = (folder / name).open("wb")
            running.append(subprocess.Popen([*CLI, name], env=environment(), stdout=log, stderr=log))
            log.close()
        yield
    finally:
        for process in running:
            process.send_signal(signal.SIGKILL)
            process.wait()
        with transaction.atomic(), connection.cursor() as cursor:
            for table in ("periodic_defers", "jobs", "workers"):
                cursor.execute(f"delete from procrastinate_{table}")


def await_(what, seconds=90):
    """Wait until something is so; a worker that does not come fails the test, however long it was given."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_slow_receivers_delay_neither_notices_nor_others(district, settings, tmp_path):
    """Each answers well, after a second: 40 messages take each of them longer than everything else together."""
    settings.WEBHOOKS_INSIDE = True
    with ExitStack() as stack:
        slow = [stack.enter_context(Receiver()) for _ in range(2)]
        good = stack.enter_context(Receiver())
        key = make_key("district-key-of-the-platform", rights=DISTRICT_RIGHTS)
        for one in (*slow, good):
            subscribed(one, key)
            one.slow = 1.0 if one in slow else 0.0
        at = now()
        for _ in range(10):
            make_request(state="signed", at=at)
        sweep_webhooks(at=at)
        stack.enter_context(both_workers(tmp_path))
        await_(lambda: all(one.busy.is_set() for one in slow))
        send(
            recipient=ToPhone("+8613800138000", "zh-hans"), template="console/sign_in_code", context={"code": "481207"}, link="",
            dedupe="beside", at=now(), urgency="code",
        )  # fmt: skip
        await_(lambda: Message.objects.filter(dedupe__contains="beside", state="sent").exists())
        await_(lambda: len(good.got) == 40)
        assert all(len(one.got) < 40 for one in slow), "they are still at it"
    connections.close_all()
