"""Eight hostile clients at once against a running server: honest ones notice little, and nothing of it stays.

`make bench ARGS="--hostile --seconds 60"` does the same for longer, on a district with data.
"""

import os
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bench import cpu, hostile
from django.db import connection

from gongjian.casework.models import Case
from gongjian.project.commands import web
from gongjian.project.tests.test_run import await_status, free_port

ROOT = Path(__file__).parents[2]
SECONDS = 6.0
LATE_MS = 2_000
LATE = 10  # times what honest clients wait in peace, where that is more: other tests share the machine
GROWN_MB = 120


@pytest.fixture
def server(transactional_db, district, tmp_path):
    """The web server as the launcher starts it, on the database of this test."""
    port = free_port()
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.stories.served",
        "PYTHONPATH": str(ROOT),
        "GONGJIAN_HOME": str(tmp_path),
        "GONGJIAN_PROXIES": "1",
        "SERVED_DATABASE": connection.settings_dict["NAME"],
    }
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen(web.command("127.0.0.1", port), env=env, stdout=out, stderr=subprocess.STDOUT)
    try:
        assert await_status(port, "/healthz", 200), (tmp_path / "out").read_text()
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(60)


def besiege(port, **how):
    """Run the clients in a thread of their own: a browser test before may have left its loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(hostile.run, port, **how).result()


@pytest.mark.slow
def test_honest_clients_notice_little_of_eight_hostile_ones(server):
    port, process = server
    besiege(port, seconds=1.5, attacked=False)  # every page was seen
    calm = besiege(port, seconds=2.0, attacked=False).percentile(0.99)
    before = cpu.largest_mb(process)
    report = besiege(port, seconds=SECONDS)
    told = "\n".join(report.lines())
    assert report.percentile(0.99) < max(LATE_MS, LATE * calm), told
    for kind, statuses in report.statuses.items():
        if kind in report.honest:
            assert set(statuses) <= {"200", "201", *({"503"} if kind == "with a photo" else ())}, told
    attacks = Counter(
        status for kind, all_of in report.statuses.items() if kind not in report.honest for status in all_of
    )
    assert "500" not in attacks, told
    assert {"json", "forms", "endless", "slow head"} <= set(report.statuses), told
    assert cpu.largest_mb(process) - before < GROWN_MB, told
    assert Case.objects.count() <= sum(report.statuses["report"].values()) + 200
