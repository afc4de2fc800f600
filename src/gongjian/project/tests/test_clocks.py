import inspect
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from pkgutil import resolve_name

import croniter
import pytest

import gongjian
from gongjian.project.clocks import CLOCKS, Scheduled
from gongjian.project.queue import clean_queue, figures, heartbeat_age, rescue_jobs
from gongjian.project.tasks import probe
from gongjian.workdays.clock import now

ROOT = Path(gongjian.__file__).parent


def sweeps() -> set[str]:
    found = set()
    for path in ROOT.glob("**/sweeps.py"):
        name = ".".join(("gongjian", *path.relative_to(ROOT).with_suffix("").parts))
        module = resolve_name(name)
        found |= {
            f"{name}.{key}"
            for key, value in inspect.getmembers(module, inspect.isfunction)
            if not key.startswith("_")
            and value.__module__ == name
            and list(inspect.signature(value).parameters) == ["at"]
        }
    return found


def test_every_sweep_is_on_the_list_and_nothing_else_is_scheduled():
    listed = {f"{clock.function.__module__}.{clock.function.__qualname__}" for clock in CLOCKS}
    own = {name for name in listed if name.startswith("gongjian.project.")}
    assert listed - own == sweeps()
    for path in ROOT.glob("**/*.py"):
        if path.name != "clocks.py" and "tests" not in path.parts:
            assert "app.periodic" not in path.read_text(), path


def test_names_are_unique_and_functions_take_the_moment():
    assert len({clock.name for clock in CLOCKS}) == len(CLOCKS)
    for clock in CLOCKS:
        inspect.signature(clock.function).bind(at=now())


@pytest.mark.parametrize(
    ("every", "cron"),
    [
        (timedelta(seconds=10), "* * * * * */10"),
        (timedelta(minutes=1), "*/1 * * * *"),
        (timedelta(minutes=5), "*/5 * * * *"),
        (timedelta(hours=1), "0 */1 * * *"),
        (timedelta(hours=6), "0 */6 * * *"),
        (time(3, 10), "10 19 * * *"),
        (time(9, 0), "0 1 * * *"),
    ],
)
def test_crontab_line_is_in_utc(every, cron):
    assert Scheduled("x", rescue_jobs, every).cron == cron


def test_a_time_of_day_is_meant_in_shenzhen():
    cron = croniter.croniter(Scheduled("x", rescue_jobs, time(3, 10)).cron)
    after = cron.get_next(ret_type=float, start_time=datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp())
    assert datetime.fromtimestamp(after, UTC) == datetime(2026, 11, 23, 19, 10, tzinfo=UTC)


@pytest.mark.django_db
class TestQueue:
    def doing(self, cursor, attempts: int) -> int:
        job = probe.defer()
        cursor.execute("update procrastinate_jobs set status = 'doing', attempts = %s where id = %s", [attempts, job])
        return job

    def status(self, cursor, job: int) -> str:
        cursor.execute("select status from procrastinate_jobs where id = %s", [job])
        return cursor.fetchone()[0]

    def test_job_of_a_killed_worker_goes_back_into_the_queue(self, cursor):
        job = self.doing(cursor, attempts=1)
        assert rescue_jobs(at=now()) == 1
        assert self.status(cursor, job) == "todo"
        assert figures().due == 1

    def test_job_that_kills_its_worker_is_given_up(self, cursor):
        job = self.doing(cursor, attempts=5)
        rescue_jobs(at=now())
        assert self.status(cursor, job) == "failed"
        assert figures().failed == 1

    def held(self, cursor, lock: str, status: str = "doing") -> int:
        cursor.execute(
            "insert into procrastinate_jobs(queue_name, task_name, priority, args, status, lock, queueing_lock)"
            " values ('webhooks', 'x', 0, '{}', %s, %s, 'webhook') returning id",
            [status, lock],
        )
        return cursor.fetchone()[0]

    def test_a_successor_that_waits_does_not_keep_others_from_being_taken_back(self, cursor):
        """Two jobs of one lock must not wait: the killed one goes, or nothing could be taken back any more."""
        other, killed = self.doing(cursor, attempts=1), self.held(cursor, "a")
        waiting = self.held(cursor, "a", "todo")
        assert rescue_jobs(at=now()) == 2
        assert [self.status(cursor, job) for job in (other, waiting)] == ["todo", "todo"]
        cursor.execute("select count(*) from procrastinate_jobs where id = %s", [killed])
        assert cursor.fetchone() == (0,)

    def test_of_two_killed_jobs_of_one_lock_one_is_put_back(self, cursor):
        self.held(cursor, "a"), self.held(cursor, "b")
        assert rescue_jobs(at=now()) == 2
        cursor.execute("select status::text from procrastinate_jobs where queueing_lock = 'webhook'")
        assert cursor.fetchall() == [("todo",)]

    def test_fresh_failures_are_kept_for_the_operator(self, cursor):
        self.doing(cursor, attempts=5)
        rescue_jobs(at=now())
        assert clean_queue(at=now()) == 0

    def test_without_a_worker_there_is_no_heartbeat(self):
        assert heartbeat_age() is None

    @pytest.fixture
    def cursor(self, db):
        from django.db import connection

        with connection.cursor() as cursor:
            yield cursor
