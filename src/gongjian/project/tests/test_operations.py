import argparse
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django import app

from gongjian.audit.models import AuditEntry
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import User
from gongjian.notify.models import Message
from gongjian.project import checkup, failures, vitals
from gongjian.project.backup import making
from gongjian.project.commands import queue as command
from gongjian.project.commands.worker import queues
from gongjian.project.lines import LABELS, Level
from gongjian.project.queue import rescue_jobs
from gongjian.project.terminal import Refusal
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays.clock import now

pytestmark = pytest.mark.usefixtures("district")
PAGE = "/office/operations/"


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.get(username="du.siyuan"))
    return client


def fail_job(task="notify.deliver", args="{}", lock=None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_jobs(queue_name, task_name, priority, args, status, attempts, queueing_lock)"
            " values ('notices', %s, 0, %s, 'failed', 5, %s) returning id",
            [task, args, lock],
        )
        return cursor.fetchone()[0]


def wait(queue: str, *, minutes: int, status: str = "todo", worker: int | None = None) -> int:
    """A job that has been due for so many minutes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_jobs(queue_name, task_name, priority, args, status, scheduled_at, worker_id)"
            " values (%s, 'x', 0, '{}', %s, now() - make_interval(mins => %s), %s) returning id",
            [queue, status, minutes, worker],
        )
        return cursor.fetchone()[0]


def beat(ago: int = 0) -> int:
    """A worker that gave a sign so many seconds ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_workers(last_heartbeat) values (now() - make_interval(secs => %s)) returning id",
            [ago],
        )
        return cursor.fetchone()[0]


def ready():
    return Client().get("/readyz")


def status_of(job: int) -> tuple | None:
    with connection.cursor() as cursor:
        cursor.execute("select status::text, attempts from procrastinate_jobs where id = %s", [job])
        return cursor.fetchone()


def line(name: str, at: datetime | None = None):
    return dict(vitals.lines(at=at or now()))[name]


def test_the_operator_sees_every_line_and_the_doctor_prints_the_same(operator, monkeypatch):
    monkeypatch.setattr(checkup, "PROBE_SECONDS", 0.2)
    text = operator.get(PAGE).content.decode()
    told = checkup.examine()
    for name, (label, _english) in LABELS.items():
        assert f'id="{name}"' in text
        assert label in text
        assert name in dict(told)
    assert "gongjian.project" not in text


def test_the_page_is_english_for_readers_of_english(operator):
    operator.cookies["gj_lang"] = "en"
    text = operator.get(PAGE).content.decode()
    assert "Operations" in text
    assert "Job queue" in text
    assert "任务队列" not in text


def test_the_page_asks_little(operator):
    operator.get(PAGE)
    for _ in range(3):
        fail_job()
    with CaptureQueriesContext(connection) as few:
        operator.get(PAGE)
    for _ in range(30):
        fail_job()
    with CaptureQueriesContext(connection) as many:
        operator.get(PAGE)
    assert len(many) == len(few) < 10


def test_others_do_not_see_it():
    client = Client()
    assert client.get(PAGE).status_code == 302
    client.force_login(User.objects.get(username="chen.jingyi"))
    assert client.get(PAGE).status_code == 403


def test_without_a_worker_it_is_red(operator):
    assert line("worker").level is Level.FAIL
    assert 'data-s="late"' in operator.get(PAGE).content.decode()


def test_a_failed_job_is_tried_again(operator):
    job = fail_job(args='{"message_ids": [1, 2, 3], "phone": "13812345678"}')
    text = operator.get(PAGE).content.decode()
    assert "message_ids: 3" in text
    assert "13812345678" not in text
    answer = operator.post(f"{PAGE}jobs/{job}/retry/", follow=True)
    assert f"任务 {job} 已重新排队" in answer.content.decode()
    assert status_of(job) == ("todo", 0)
    assert AuditEntry.objects.filter(action="installation.job.retry", object_id=str(job)).count() == 1


def test_a_job_is_tried_again_once(operator):
    job = fail_job()
    operator.post(f"{PAGE}jobs/{job}/retry/")
    answer = operator.post(f"{PAGE}jobs/{job}/retry/", follow=True)
    assert "可能有人先处理了" in answer.content.decode()
    assert AuditEntry.objects.filter(action="installation.job.retry").count() == 1


def test_a_clock_that_already_waits_again_is_not_doubled():
    job = fail_job("clock.audit.seal", lock="clock.audit.seal")
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_jobs(queue_name, task_name, priority, args, status, queueing_lock)"
            " values ('clocks', 'clock.audit.seal', 0, '{}', 'todo', 'clock.audit.seal')"
        )
    assert failures.retry(job_id=job, actor=SYSTEM, at=now())
    assert status_of(job) is None


def test_discarding_needs_a_reason(operator):
    job = fail_job()
    answer = operator.post(f"{PAGE}jobs/{job}/discard/", {"reason": "  "})
    assert answer.status_code == 422
    assert "请写明为什么放弃这个任务" in answer.content.decode()
    assert status_of(job) == ("failed", 5)
    typed = "换" * (failures.LONGEST_REASON + 1)
    answer = operator.post(f"{PAGE}jobs/{job}/discard/", {"reason": typed})
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.content.decode()
    assert status_of(job) == ("failed", 5)
    operator.post(f"{PAGE}jobs/{job}/discard/", {"reason": "网关已换，13812345678 不再需要"})
    assert status_of(job) is None
    kept = AuditEntry.objects.get(action="installation.job.discard")
    assert "网关已换" in kept.detail
    assert "13812345678" not in kept.detail


def test_only_failed_jobs_can_be_touched(operator):
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_jobs(queue_name, task_name, priority, args, status)"
            " values ('notices', 'x', 0, '{}', 'todo') returning id"
        )
        job = cursor.fetchone()[0]
    operator.post(f"{PAGE}jobs/{job}/discard/", {"reason": "x"})
    assert status_of(job) == ("todo", 0)
    assert operator.post(f"{PAGE}jobs/{job}/explode/").status_code == 404


def test_who_may_not_manage_changes_nothing():
    job, client = fail_job(), Client()
    client.force_login(User.objects.get(username="chen.jingyi"))
    assert client.post(f"{PAGE}jobs/{job}/discard/", {"reason": "x"}).status_code == 403
    assert status_of(job) == ("failed", 5)


def test_old_backups_turn_amber_then_red(settings):
    settings.BACKUP_DAILY, settings.DEMONSTRATION = True, False
    assert line("backup").level is Level.WARN
    AuditEntry.objects.create(
        action=making.ACTION, actor_kind="system", object_kind="backup", object_id="gongjian-1.tar", detail="whole",
        at=MONDAY_MORNING, salt=b"", digest=b"",
    )  # fmt: skip
    assert line("backup", MONDAY_MORNING + timedelta(hours=20)).level is Level.OK
    late = line("backup", MONDAY_MORNING + timedelta(hours=30))
    assert late.level is Level.WARN
    assert "30 小时" in late.zh
    assert line("backup", MONDAY_MORNING + timedelta(days=4)).level is Level.FAIL


def test_a_full_disk_is_red_and_takes_no_files(settings):
    settings.DISK_HELD_BACK = 10**18
    assert line("disk").level is Level.FAIL
    assert "已停止接收文件" in line("disk").zh


def test_a_waiting_queue_and_stuck_messages_are_told():
    wait("notices", minutes=8)
    assert line("queue").level is Level.WARN
    assert "8 分钟" in line("queue").zh
    at = now()
    user = User.objects.get(username="du.siyuan")
    for state, channel in (("queued", "sms"), ("failed", "email")):
        Message.objects.create(
            recipient_user=user, channel=channel, urgency="ordinary", template="x/y", language="zh-hans", subject="",
            body="", variables={}, link="", dedupe=f"{state}{channel}", state=state, detail="", tries=1, reference="",
            due_at=at - timedelta(hours=1), created_at=at,
        )  # fmt: skip
    assert line("sms").level is Level.WARN
    assert line("mail").level is Level.OK
    assert line("notices").level is Level.WARN


QUEUES = sorted({task.queue for task in app.tasks.values()} | {"of an older version"})


@pytest.mark.parametrize("queue", QUEUES)
def test_every_queue_is_judged_by_its_oldest_due_job_and_all_read_the_same(operator, capsys, queue):
    """However many jobs are done beside it, and however lively a worker beats."""
    beat()
    wait(queue, minutes=1)
    assert (line("queue").level, ready().status_code) == (Level.OK, 200)
    wait(queue, minutes=32)
    slow = Level.WARN if queue in {"exports", "imports"} else Level.FAIL
    assert line("queue").level is slow
    assert "32 分钟" in line("queue").zh
    wait(queue, minutes=70)
    said = line("queue")
    assert said.level is Level.FAIL
    assert ("gongjian deliver" if queue == "webhooks" else "gongjian worker") in said.en
    assert said.zh in operator.get(PAGE).content.decode()
    answer = ready()
    assert (answer.status_code, answer.json()["queues"], list(answer.json()["stuck"])) == (503, False, [queue])
    figures = Client().get("/metrics").content.decode()
    assert f'gongjian_queue_due{{queue="{queue}"}} 3.0' in figures
    assert f'gongjian_queue_oldest_seconds{{queue="{queue}"}} 42' in figures
    on_the_command_line()
    assert "3 wait" in capsys.readouterr().out


def test_a_queue_of_another_version_is_worked_on_too():
    """Its jobs fail, and an operator sees them; left alone they would wait for ever."""
    wait("of an older version", minutes=1)
    wait("webhooks", minutes=1)
    assert "of an older version" in queues()
    assert "webhooks" not in queues()


def test_what_is_planned_for_later_and_what_somebody_works_on_is_not_due():
    worker = beat()
    wait("notices", minutes=-60)
    wait("exports", minutes=600, status="doing", worker=worker)
    wait("webhooks", minutes=600, status="failed")
    assert line("queue").zh == "没有在等的"
    assert ready().status_code == 200


@pytest.mark.parametrize("left_behind", [None, 3_600])
def test_a_job_of_a_killed_worker_is_due_until_it_is_taken_up_again(left_behind):
    """Its worker's row is there with an old sign, or gone."""
    beat()
    worker = left_behind and beat(ago=left_behind)
    job = wait("webhooks", minutes=20, status="doing", worker=worker)
    assert line("queue").level is Level.FAIL
    assert ready().json()["stuck"].keys() == {"webhooks"}
    assert rescue_jobs(at=now()) == 1
    assert status_of(job) == ("todo", 1)
    assert ready().status_code == 200, "from now on it waits anew"


def test_clocks_that_stand_still_are_told_by_everybody():
    beat()
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_periodic_defers(task_name, periodic_id, defer_timestamp)"
            " values ('clock.x', 'x', extract(epoch from now())::bigint - 400)"
        )
    assert line("clocks").level is Level.FAIL
    assert (ready().status_code, ready().json()["clocks"]) == (503, False)


def certificate(days: int, path) -> str:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=days, hours=1))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return str(path)


@pytest.mark.parametrize(("days", "level"), [(60, Level.OK), (20, Level.WARN), (3, Level.FAIL)])
def test_the_certificates_last_day_is_read_from_its_file(settings, tmp_path, days, level):
    settings.PUBLIC_URL = "https://12349.example"
    settings.CERTIFICATE = certificate(days, tmp_path / "fullchain.pem")
    found = line("certificate", datetime.now(UTC))
    assert (found.level, str(days) in found.en) == (level, True)
    settings.CERTIFICATE = str(tmp_path / "nowhere")
    assert line("certificate").level is Level.WARN


def test_next_years_holidays_are_missed_from_december_and_in_the_new_year():
    assert line("years", datetime(2026, 11, 23, tzinfo=UTC)).level is Level.OK
    assert line("years", datetime(2026, 12, 2, tzinfo=UTC)).level is Level.WARN
    february = line("years", datetime(2027, 2, 1, tzinfo=UTC))
    assert february.level is Level.WARN
    assert "2027" in february.zh


def test_every_line_answers_in_february_and_in_an_empty_database(settings):
    AuditEntry.objects.all().delete()
    told = vitals.lines(at=datetime(2027, 2, 1, tzinfo=UTC))
    assert [name for name, _ in told] == list(LABELS)


def on_the_command_line(*words: str) -> None:
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    command.main(parser.parse_args(words))


def test_the_command_line_lists_retries_and_discards(capsys):
    one, two, three = fail_job(), fail_job("hotline.export"), fail_job()
    on_the_command_line("list", "--json")
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == [three, two, one]
    on_the_command_line("retry", str(one))
    assert status_of(one) == ("todo", 0)
    on_the_command_line("discard", str(two), "--reason", "no longer wanted")
    assert status_of(two) is None
    with pytest.raises(Refusal, match="No failed job"):
        on_the_command_line("retry", str(two))
    on_the_command_line("retry", "--all")
    assert status_of(three) == ("todo", 0)
    on_the_command_line()
    assert "2 wait, 0 failed" in capsys.readouterr().out
    assert AuditEntry.objects.filter(action__startswith="installation.job.").count() == 3


@pytest.mark.parametrize("shown", [True, False])
def test_no_backup_and_nothing_sent_are_never_in_order(settings, monkeypatch, shown):
    monkeypatch.setattr(vitals, "demonstration", lambda: shown)
    settings.SMS_GATEWAY = "gongjian.notify.gateways.FileGateway"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.filebased.EmailBackend"}}
    for name, remedy in (
        ("backup", "gongjian backup"),
        ("sms", "GONGJIAN_SMS_GATEWAY"),
        ("mail", "GONGJIAN_SMTP"),
    ):
        found = line(name)
        assert found.level is not Level.OK, name
        assert remedy in found.zh, name
        assert remedy in found.en, name
