"""What the hotline does behind a page's back, because somebody would wait too long for it."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from gongjian.domains.hotline.actions import importing, taking
from gongjian.domains.hotline.bulk.importing import run
from gongjian.domains.hotline.queries.importing import TASK
from gongjian.workdays.clock import now


@app.task(name=taking.TASK, queue=taking.QUEUE, retry=RetryStrategy(max_attempts=2, wait=30))
def write_list(export_id: int) -> None:
    """Write a long list as a workbook; a second run writes nothing twice."""
    taking.write_list(export_id=export_id, at=now())


@app.task(name=TASK, queue=importing.QUEUE, retry=RetryStrategy(max_attempts=3, wait=30))
def run_import(batch_id: int) -> None:
    """Check, write or take back an import, as its state says; killed in the middle it is done again from the start."""
    run(batch_id, at=now())
