"""A large load told by several processes, written by one, in one transaction."""

import gc
import multiprocessing
from collections.abc import Callable, Iterable, Sequence
from queue import Empty
from typing import Any, Final

from django.db import connection, models, transaction

from gongjian.casefile.indexes import built_afterwards
from gongjian.domains.hotline.bulk.lines import ORDER, Chunk
from gongjian.domains.hotline.bulk.loading import recount, write
from gongjian.domains.hotline.bulk.records import Record
from gongjian.domains.hotline.bulk.replay import replayed
from gongjian.domains.hotline.models import CallAttempt, Extension, Reply, Return

TABLES: Final[tuple[type[models.Model], ...]] = (*ORDER, Reply, Return, Extension, CallAttempt)
AHEAD: Final = 4  # batches that a process may be ahead of the writer
PATIENCE: Final = 5  # seconds after which it is asked whether a process still lives

# The rows of a batch and how many cases they are; None at the end.
type Batch = tuple[list[Chunk], int] | None
type Teller = Callable[[int, int], Iterable[Record]]


def load_together(tell: Teller, *, tellers: int, progress: Callable[[int], None] = lambda _: None) -> int:
    """Load what several processes tell, in one transaction, indexes and keys built afterwards; return how many.

    `tell(part, parts)` tells one part of the records, each in a forked process. Needs the owning role. Every process
    has read what it needs and told its first batch before the tables are locked.
    """
    # A forked child shares what Django has loaded; a connection it must not share, nor the pool's threads.
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined] # not in the stubs
    gc.freeze()
    method = multiprocessing.get_context("fork")
    queues = [method.Queue(maxsize=AHEAD) for _ in range(tellers)]
    processes = [
        method.Process(target=_tell_part, args=(tell, part, tellers, queue), daemon=True)
        for part, queue in enumerate(queues)
    ]
    for process in processes:
        process.start()
    try:
        first = [_next_batch(queue, process) for queue, process in zip(queues, processes, strict=True)]
        with transaction.atomic():
            loaded = _write_all(first, queues, processes, progress)
            recount()
    finally:
        gc.unfreeze()
        for process in processes:
            process.terminate()
            process.join()
    _analyze()
    return loaded


def _write_all(
    first: list[Batch], queues: Sequence[Any], processes: Sequence[Any], progress: Callable[[int], None]
) -> int:
    with connection.cursor() as cursor:
        cursor.execute("set local idle_in_transaction_session_timeout = 0")
    loaded, waiting = 0, dict(enumerate(first))
    with built_afterwards(TABLES):
        while waiting:
            for part, batch in list(waiting.items()):
                if batch is None:
                    del waiting[part]
                    continue
                write(batch[0])
                loaded += batch[1]
                progress(loaded)
                waiting[part] = _next_batch(queues[part], processes[part])
    return loaded


def _next_batch(queue: Any, process: Any) -> Batch:
    """Return what a process tells next; raises RuntimeError if it has died."""
    while True:
        try:
            batch: Batch = queue.get(timeout=PATIENCE)
        except Empty:
            if not process.is_alive():
                raise RuntimeError("a process that told records ended; nothing was loaded") from None
        else:
            return batch


def _tell_part(tell: Teller, part: int, parts: int, queue: Any) -> None:
    """Tell one part of the records in a process of its own."""
    # Records hold no circles: looking for garbage among them would cost a tenth of the time.
    gc.disable()
    for tables, n in replayed(tell(part, parts)):
        queue.put((list(tables.for_copy()), n))
    queue.put(None)
    queue.close()
    queue.join_thread()


def _analyze() -> None:
    """Let the planner know what was loaded; without this the first lists of a million cases are read whole."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f'analyze "{table._meta.db_table}"')
