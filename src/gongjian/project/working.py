"""How a worker works: which queues it serves, how many jobs at a time, until it is told to end."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app, utils

from gongjian.project import health
from gongjian.project.launcher import refusals
from gongjian.project.launcher.children import sign_of

# Ends by itself within seconds when its database goes away, and is then started again by the launcher; with the
# default pool it would stay alive and do nothing.
POOL_SIZE, POOL_SECONDS = 4, 5.0


def refuse_newer_database() -> None:
    """Raise Refusal when the database's structure is newer than this program."""
    unknown = health.unknown_migrations()
    if unknown:
        raise refusals.newer_database(unknown[-1])


def work(*, name: str, queues: Sequence[str], jobs: int) -> None:
    """Work until SIGTERM, finishing the jobs in hand for up to 15 seconds.

    The launcher tells by `name` which worker has gone silent.
    """
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    asyncio.run(_work(name, queues, jobs))


async def _work(name: str, queues: Sequence[str], jobs: int) -> None:
    # The default has a few threads more than processors: as many jobs as were asked for may wait at once.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(jobs + 1))
    parameters = {**utils.connector_params("default"), "application_name": sign_of(name)}
    connector = PsycopgConnector(kwargs=parameters, min_size=1, max_size=POOL_SIZE, timeout=POOL_SECONDS)
    with app.replace_connector(connector) as own:
        async with own.open_async():
            await own.run_worker_async(
                queues=queues,
                concurrency=jobs,
                listen_notify=True,
                fetch_job_polling_interval=1.0,
                shutdown_graceful_timeout=15,
                delete_jobs="successful",
                install_signal_handlers=True,
            )
