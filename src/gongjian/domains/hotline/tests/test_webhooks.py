"""Programs are told what happens: signed, again until it arrives, in the order of each case, never half a truth."""

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from gongjian.casework.models import CaseEvent
from gongjian.domains.hotline.actions import handling
from gongjian.domains.hotline.actions.dispatching import dispatch, return_case
from gongjian.domains.hotline.tests.hooks import AT, arrived, run_jobs, subscribed, tell
from gongjian.httpapi import rules
from gongjian.httpapi.actions import keys, webhooks
from gongjian.httpapi.actions.webhooks import subscribe
from gongjian.httpapi.delivering import deliver
from gongjian.httpapi.models import Delivery, Subscription
from gongjian.httpapi.settled import settled
from gongjian.httpapi.sweeps import sweep_delivery_log
from gongjian.httpapi.tasks import wake_due
from gongjian.httpapi.webhooks import publish
from gongjian.identity.queries import units
from gongjian.notify.models import Message
from gongjian.project.commands import webhooks as command
from gongjian.project.streams import READERS, TABLE, now_at
from gongjian.project.terminal import Refusal
from gongjian.testing.assertions import assert_forbidden, assert_refused
from gongjian.testing.cases import again, handler_of, make_request
from gongjian.testing.cast import actor
from gongjian.testing.clock import later
from gongjian.testing.programs import DISTRICT_RIGHTS, Program, make_key


def test_a_program_is_told_what_happens_signed_and_without_contact_data(clock, receiver):
    row = subscribed(receiver)
    case = make_request(state="signed")
    assert tell(row, clock) == 4
    assert arrived(receiver) == [(case.number, move) for move in ("register", "accept", "dispatch", "sign")]
    last = receiver.got[-1]
    assert last["type"] == "hotline.case.sign"
    assert set(last["data"]) == {
        "event", "case", "kind", "move", "status", "stage", "public", "at", "from_unit", "unit", "due_at", "link",
    }  # fmt: skip
    assert last["data"]["link"].endswith(f"/api/v1/hotline/cases/{case.number}/record")
    bodies = " ".join(Delivery.objects.values_list("body", flat=True))
    for secret in ("6021", "刘晓梅", "噪声", case.title):
        assert secret not in bodies
    assert not Delivery.objects.exclude(state="sent").exists()
    assert tell(row, clock) == 0


def test_a_wrong_secret_is_seen_by_the_receiver(clock, receiver):
    row = subscribed(receiver)
    make_request()
    receiver.secrets[:] = ["whsec_" + "A" * 43 + "="]
    assert tell(row, clock) == 0
    assert receiver.tries[0][1] == 401
    assert Delivery.objects.get().status == 401


def test_a_unit_is_told_of_what_comes_stays_and_leaves(clock, receiver):
    case = make_request(state="to_dispatch")
    key = make_key(unit="cgj")
    row = subscribed(receiver, key)
    at = later(AT, minutes=20)
    dispatcher = actor("zhou.zhiyuan", at=at)
    unit = units().by_code["cgj"].id
    dispatch(case=case, unit_id=unit, assist_ids=[], reason="由城管办。", actor=dispatcher, at=at)
    make_request(state="dispatched")
    return_case(
        case=again(case), reason="not_ours", basis="三定规定。", proposed_unit_id=None, at=at,
        actor=handler_of(again(case), at, "unit_head"),
    )  # fmt: skip
    tell(row, clock)
    assert arrived(receiver) == [(case.number, "dispatch"), (case.number, "return")]
    assert receiver.got[-1]["data"]["unit"] is None


def test_kinds_and_moves_narrow_what_is_told(clock, receiver):
    row = subscribed(receiver, kinds=["hotline.help"], moves=["dispatch"])
    make_request(state="signed")
    wanted = make_request(state="signed", kind="help")
    tell(row, clock)
    assert arrived(receiver) == [(wanted.number, "dispatch")]


def test_what_failed_comes_again_later_and_the_case_keeps_its_order(clock, receiver):
    row = subscribed(receiver)
    first, second = make_request(state="signed"), make_request(state="dispatched")
    receiver.answers = [500]
    assert tell(row, clock) == 0
    assert deliver(row.pk, clock=clock) == 0, "the address is left alone for a while"
    clock.move(seconds=11)
    for _ in range(30):
        deliver(row.pk, clock=clock)
        clock.move(seconds=60)
        if len(receiver.got) == 7:
            break
    for case in (first, second):
        events = receiver.events_of(case.number)
        assert events == sorted(events)
    assert len(receiver.ids) == len(set(receiver.ids)) == 7
    failed = receiver.tries[0][0]
    assert failed in receiver.ids, "the same message id"
    assert Subscription.objects.get(pk=row.pk).failures == 0


def test_order_holds_under_any_answers(clock, receiver):
    row = subscribed(receiver)
    cases = [make_request(state=state) for state in ("signed", "in_progress", "submitted", "dispatched")]
    receiver.answers = [500, 204, 503, 302, 204, 204, 404, 500, 500, 204, 429, 500, 204]
    publish(table=TABLE, readers=READERS, at=clock.at)
    total = Delivery.objects.count()
    for _ in range(60):
        deliver(row.pk, clock=clock)
        clock.move(minutes=10)
    assert len(receiver.got) == total
    for case in cases:
        events = receiver.events_of(case.number)
        assert (
            events
            == sorted(events)
            == list(CaseEvent.objects.filter(case=case).order_by("pk").values_list("pk", flat=True))
        )


def test_retry_after_is_honoured(clock, receiver):
    row = subscribed(receiver)
    make_request()
    receiver.answers, receiver.headers = [429], {"Retry-After": "1800"}
    tell(row, clock)
    assert Delivery.objects.get().next_try_at == clock.at + timedelta(minutes=30)
    clock.move(minutes=29)
    assert deliver(row.pk, clock=clock) == 0
    clock.move(minutes=1)
    assert deliver(row.pk, clock=clock) == 1


def test_a_delivery_is_given_up_at_last_and_the_later_ones_go(clock, receiver):
    row = subscribed(receiver)
    make_request(state="to_dispatch")
    publish(table=TABLE, readers=READERS, at=clock.at)
    Delivery.objects.filter(move="register").update(tries=len(rules.PAUSES))
    receiver.answers = [500]
    deliver(row.pk, clock=clock)
    clock.move(minutes=1)
    deliver(row.pk, clock=clock)
    assert [one["data"]["move"] for one in receiver.got] == ["accept"]
    assert Delivery.objects.get(move="register").state == "given_up"


def test_after_three_days_of_failures_it_stops_with_a_notice_and_goes_on_where_it_stopped(clock, receiver):
    row = subscribed(receiver)
    make_request()
    receiver.answers = [500] * 400
    for _ in range(120):
        tell(row, clock)
        clock.move(hours=1)
    row.refresh_from_db()
    assert (row.active, row.stopped) == (False, "failing")
    run_jobs("notices")
    told = Message.objects.filter(recipient_user__username="du.siyuan", template="httpapi/webhook_stopped")
    assert told.filter(channel="site").count() == 1
    receiver.answers = []
    missed = make_request(at=later(AT, hours=2))
    publish(table=TABLE, readers=READERS, at=clock.at)
    assert not Delivery.objects.filter(number=missed.number).exists()
    webhooks.switch_on(subscription_id=row.pk, actor=actor("du.siyuan"), at=clock.at)
    webhooks.replay_failed(subscription_id=row.pk, actor=actor("du.siyuan"), at=clock.at)
    tell(row, clock)
    assert {number for number, _move in arrived(receiver)} >= {missed.number}


def test_who_is_gone_is_not_called_again(clock, receiver):
    row = subscribed(receiver)
    make_request()
    receiver.answers = [410]
    tell(row, clock)
    row.refresh_from_db()
    assert (row.active, row.stopped) == (False, "gone")


def test_a_revoked_key_ends_its_webhooks_and_a_rotated_one_keeps_them(clock, receiver):
    key = make_key("district-key-of-the-platform", rights=DISTRICT_RIGHTS)
    row = subscribed(receiver, key)
    admin = actor("du.siyuan")
    fresh = keys.rotate_key(key_id=key.pk, overlap=timedelta(days=1), actor=admin, at=clock.at)
    make_request()
    assert tell(row, clock) == 1
    keys.revoke_key(key_id=fresh.key_id, actor=admin, at=clock.at)
    make_request()
    assert tell(row, clock) == 0
    row.refresh_from_db()
    assert (row.active, row.stopped) == (False, "key")


def test_an_expired_key_ends_its_webhooks(clock, receiver):
    key = make_key("district-key-of-the-platform", rights=DISTRICT_RIGHTS, expires_at=later(AT, minutes=90))
    row = subscribed(receiver, key)
    clock.move(hours=1)
    make_request()
    assert tell(row, clock) == 0
    row.refresh_from_db()
    assert row.stopped == "key"


def test_both_secrets_sign_while_one_is_changed(clock, receiver):
    row = subscribed(receiver)
    old = receiver.secrets[0]
    new = webhooks.rotate_secret(subscription_id=row.pk, actor=actor("du.siyuan"), at=clock.at)
    for secrets in ([old], [new]):
        receiver.secrets = secrets
        make_request()
        assert tell(row, clock) == 1
    clock.move(days=8)
    receiver.secrets = [old]
    make_request(at=later(AT, hours=2))
    assert tell(row, clock) == 0


def test_what_was_sent_is_sent_again_from_an_event_on(clock, receiver):
    early = make_request()
    row = subscribed(receiver)
    case = make_request(state="dispatched")
    tell(row, clock)
    assert arrived(receiver)[0] == (case.number, "register")
    program = Program("district-key-of-the-platform")
    first = CaseEvent.objects.get(case=early)
    answer = program.post(f"/webhooks/{row.pk}/replay", {"from_event": first.pk})
    assert (answer.status_code, answer.json()) == (202, {"again": 3})
    clock.move(minutes=5)
    tell(row, clock)
    assert len(receiver.got) == 7
    assert (early.number, "register") in arrived(receiver)
    assert receiver.ids[:3] == [i for i in receiver.ids[3:] if not i.endswith(f"_{first.pk}")], "ids stay"


def test_a_program_sees_its_own_deliveries_and_nobody_elses(clock, receiver):
    row = subscribed(receiver)
    make_request(state="dispatched")
    receiver.answers = [204, 500]
    tell(row, clock)
    own, other = Program("district-key-of-the-platform"), Program()
    make_key(unit="hbj")
    (listed,) = own.get("/webhooks").json()
    assert (listed["id"], listed["waiting"], listed["active"]) == (row.pk, 2, True)
    log = own.get(f"/webhooks/{row.pk}/deliveries").json()["items"]
    assert [one["move"] for one in log] == ["dispatch", "accept", "register"]
    assert [one["status"] for one in log] == [None, 500, 204]
    waiting = own.get(f"/webhooks/{row.pk}/deliveries?state=waiting&limit=1").json()
    assert len(waiting["items"]) == 1
    assert waiting["next"]
    assert other.get("/webhooks").json() == []
    for path in (f"/webhooks/{row.pk}/deliveries", "/webhooks/999999/deliveries"):
        assert other.get(path).status_code == 404
    assert other.post(f"/webhooks/{row.pk}/replay", {"failed": True}).status_code == 404
    for body in ({}, {"failed": False}, {"failed": True, "from_event": 1}, {"from_event": 0}):
        assert own.post(f"/webhooks/{row.pk}/replay", body).status_code == 422


def test_only_administrators_say_where_data_goes(clock, receiver):
    row = subscribed(receiver)
    program = Program("district-key-of-the-platform")
    assert program.get("/webhooks").status_code == 200
    for who in (actor("he.jianping"), actor("feng.zhengyi")):
        with assert_forbidden():
            webhooks.switch_off(subscription_id=row.pk, actor=who, at=AT)
        with assert_forbidden():
            subscribe(key_id=row.key_id, name="x", url=receiver.url, kinds=[], moves=[], position=0, actor=who, at=AT)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/", "https://", "example.org", "https://user:pw@example.org/", "https://example.org/#x",
        "https://example.org:99999/", "https://ex ample.org/", "http://[::1", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_a_strange_address_is_refused(clock, receiver, url):
    key = make_key()
    with assert_refused("url"):
        subscribe(key_id=key.pk, name="x", url=url, kinds=[], moves=[], position=0, actor=actor("du.siyuan"), at=AT)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.1.2.3", "192.168.0.1", "169.254.169.254"])
def test_nothing_is_sent_into_the_own_network(clock, receiver, settings, host):
    row = subscribed(receiver)
    settings.WEBHOOKS_INSIDE = False
    port = receiver.url.split(":")[2].split("/")[0]
    Subscription.objects.update(url=f"https://{host}:{port}/hook")
    make_request()
    assert tell(row, clock) == 0
    assert receiver.tries == []
    assert "内网" in Delivery.objects.get().error
    Subscription.objects.update(url=receiver.url, quiet_until=None)
    Delivery.objects.update(next_try_at=clock.at)
    assert deliver(row.pk, clock=clock) == 0, "plain http is for the own network only"


def test_a_redirect_is_not_followed_and_a_flood_is_cut(clock, receiver):
    row = subscribed(receiver)
    make_request()
    receiver.answers, receiver.headers = [302], {"Location": receiver.url + "/elsewhere"}
    receiver.body = b"x" * 3_000_000
    tell(row, clock)
    assert len(receiver.tries) == 1
    found = Delivery.objects.get()
    assert (found.status, len(found.error)) == (302, 200)


def test_a_receiver_that_never_ends_is_left(clock, receiver, monkeypatch):
    monkeypatch.setattr("gongjian.httpapi.outgoing.SECONDS", 0.3)
    row = subscribed(receiver)
    make_request()
    receiver.slow = 60.0
    begun = time.monotonic()
    assert tell(row, clock) == 0
    assert time.monotonic() - begun < 30
    assert "imeout" in Delivery.objects.get().error


def test_two_workers_do_not_share_a_subscription(clock, receiver):
    row = subscribed(receiver)
    make_request()
    publish(table=TABLE, readers=READERS, at=clock.at)
    Subscription.objects.update(leased_until=clock.at + rules.LEASE)
    assert deliver(row.pk, clock=clock) == 0
    clock.move(seconds=61)
    assert deliver(row.pk, clock=clock) == 1


def test_the_sweep_wakes_one_job_and_old_deliveries_go(clock, receiver):
    row = subscribed(receiver)
    make_request()
    publish(table=TABLE, readers=READERS, at=clock.at)
    assert wake_due(at=clock.at) == 1
    assert wake_due(at=clock.at) == 0, "one job waits already"
    deliver(row.pk, clock=clock)
    assert sweep_delivery_log(at=clock.move(days=29)) == 0
    assert sweep_delivery_log(at=clock.move(days=2)) == 1


def test_records_of_years_ago_are_not_told(clock, receiver):
    row = subscribed(receiver)
    make_request(at=AT - timedelta(days=400))
    assert tell(row, clock) == 0
    assert Subscription.objects.get(pk=row.pk).position == now_at()


@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_late_is_not_skipped(district, clock, receiver):
    """Ids are drawn before the commit: whoever goes on behind the highest id loses the late one."""
    row = subscribed(receiver)
    late, soon = make_request(state="dispatched"), make_request(state="dispatched")
    tell(row, clock)
    drawn, go_on = threading.Event(), threading.Event()

    def write_slowly():
        with transaction.atomic():
            handling.sign(case=late, actor=handler_of(late, clock.at, "unit_clerk"), at=clock.at)
            drawn.set()
            go_on.wait(60)
        connections.close_all()

    thread = threading.Thread(target=write_slowly)
    thread.start()
    drawn.wait(60)
    handling.sign(case=soon, actor=handler_of(soon, clock.at, "unit_clerk"), at=clock.at)
    assert settled(TABLE, patience=0.05) == -1
    receiver.got.clear()
    row.refresh_from_db()
    program, path = Program("district-key-of-the-platform"), f"/hotline/events?after={row.position}"
    assert program.get(path).json()["items"] == [], "the later id waits for the earlier one"
    go_on.set()
    thread.join()
    assert [e["case"] for e in program.get(path).json()["items"]] == [late.number, soon.number]
    tell(row, clock)
    assert sorted(arrived(receiver)) == sorted([(late.number, "sign"), (soon.number, "sign")])


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_lose_nothing_and_each_case_keeps_its_order(district, clock, receiver):
    row = subscribed(receiver)
    cases = [make_request(state="in_progress") for _ in range(4)]
    stop = threading.Event()

    def write(case):
        who = handler_of(case, clock.at)
        for number in range(12):
            handling.note(case=again(case), text=f"第 {number} 条", actor=who, at=clock.at)
        connections.close_all()

    def read():
        while not stop.is_set():
            tell(row, clock)
        connections.close_all()

    writers = [threading.Thread(target=write, args=[case]) for case in cases]
    readers = [threading.Thread(target=read) for _ in range(2)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    time.sleep(0.3)
    stop.set()
    for thread in readers:
        thread.join()
    tell(row, clock)
    for case in cases:
        written = list(CaseEvent.objects.filter(case=case).order_by("pk").values_list("pk", flat=True))
        assert receiver.events_of(case.number) == written


WORKER = """
import django; django.setup()
from django.conf import settings
settings.WEBHOOKS_INSIDE = True
from datetime import datetime
from gongjian.httpapi.delivering import deliver
at = datetime.fromisoformat({at!r})
print("ready", flush=True)
deliver({row}, clock=lambda: at)
"""


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing(district, clock, receiver):
    row = subscribed(receiver)
    case = make_request(state="in_progress")
    publish(table=TABLE, readers=READERS, at=clock.at)
    total = Delivery.objects.count()
    receiver.slow = 0.5
    code = WORKER.format(at=clock.at.isoformat(), row=row.pk)
    name = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"].replace("/gongjian?", f"/{name}?")
    worker = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "DATABASE_URL": url})
    assert receiver.busy.wait(60)
    time.sleep(0.7)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    receiver.slow = 0.0
    assert deliver(row.pk, clock=clock) == 0, "its lease still holds"
    clock.move(seconds=61)
    deliver(row.pk, clock=clock)
    events = list(dict.fromkeys(receiver.events_of(case.number)))
    assert len(events) == total
    assert events == sorted(events)
    assert len(receiver.tries) in {total, total + 1}, "at most the message in hand comes twice"
    assert len(set(receiver.ids)) == total


def test_the_command_line_lists_and_sends_again(clock, receiver, capsys):
    row = subscribed(receiver)
    make_request()
    receiver.answers = [500]
    tell(row, clock)
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    command.main(parser.parse_args([]))
    listed = capsys.readouterr().out
    assert row.name in listed
    assert "failing" in listed
    command.main(parser.parse_args([str(row.pk), "--failed"]))
    clock.move(minutes=5)
    assert deliver(row.pk, clock=clock) == 1
    command.main(parser.parse_args([str(row.pk), "--from-event", "1"]))
    clock.move(minutes=5)
    assert tell(row, clock) >= 1
    for wrong in ([str(row.pk)], ["999999", "--failed"]):
        with pytest.raises(Refusal):
            command.main(parser.parse_args(wrong))
