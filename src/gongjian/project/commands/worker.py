"""`gongjian worker`: does the jobs, and lets the clocks of project/clocks.py tick."""

import argparse
import asyncio
import logging
import os

from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app, utils

from gongjian.project import health
from gongjian.project.clocks import register
from gongjian.project.launcher import refusals

# Ends by itself within seconds when its database goes away, and is then started again by the launcher; with the
# default pool it would stay alive and do nothing.
POOL_SIZE, POOL_SECONDS = 4, 5.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the number of jobs at a time."""
    jobs = int(os.environ.get("GONGJIAN_JOBS", "2"))
    parser.add_argument("--jobs", type=int, default=jobs, help="同时处理的任务数 jobs at a time")


def main(args: argparse.Namespace) -> None:
    """Work until SIGTERM, finishing the jobs in hand for up to 15 seconds. Raises Refusal for a newer database."""
    unknown = health.unknown_migrations()
    if unknown:
        raise refusals.newer_database(unknown[-1])
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    register()
    asyncio.run(_work(args.jobs))


async def _work(jobs: int) -> None:
    connector = PsycopgConnector(
        kwargs=utils.connector_params("default"), min_size=1, max_size=POOL_SIZE, timeout=POOL_SECONDS
    )
    with app.replace_connector(connector) as own:
        async with own.open_async():
            await own.run_worker_async(
                concurrency=jobs,
                listen_notify=True,
                fetch_job_polling_interval=1.0,
                shutdown_graceful_timeout=15,
                delete_jobs="successful",
                install_signal_handlers=True,
            )
