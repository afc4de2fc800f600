"""Writing gathered rows, and the tally that has to agree with them afterwards."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from gongjian.domains.hotline.bulk.lines import ORDER, Chunk
from gongjian.domains.hotline.bulk.records import Record
from gongjian.domains.hotline.bulk.replay import replayed


@transaction.atomic
def load(records: Iterable[Record]) -> int:
    """Load records in one transaction and return how many; the tally is counted anew for what came.

    Loads follow each other: two that counted anew would wait for each other's rows.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('hotline.load'))")
    loaded = 0
    for tables, n in replayed(records):
        write(tables.for_copy())
        loaded += n
    recount()
    weigh()
    return loaded


def write(chunks: Iterable[Chunk]) -> None:
    """Send the gathered rows, one COPY for each table."""
    with connection.cursor() as cursor:
        _copy(cursor, chunks)


def _copy(cursor: Any, chunks: Iterable[Chunk]) -> None:
    for label, columns, data in chunks:
        names = ", ".join(f'"{c}"' for c in columns)
        with cursor.copy(f'copy "{apps.get_model(label)._meta.db_table}" ({names}) from stdin') as copy:
            copy.write(data)


class Sending:
    """Sends rows while the next ones are made: for most of a COPY PostgreSQL is at work and Python waits.

    Whatever else this thread asks the database meanwhile waits until the rows are in.
    """

    def __init__(self) -> None:
        self._hand = ThreadPoolExecutor(max_workers=1)
        self._sent: Future[None] | None = None

    def send(self, chunks: list[Chunk]) -> None:
        """Begin to send; raises what went wrong with the rows before."""
        self.wait()
        self._sent = self._hand.submit(self._copy, connection.connection, chunks)

    def wait(self) -> None:
        """Return when all is in; raises what went wrong."""
        sent, self._sent = self._sent, None
        if sent is not None:
            sent.result()

    @staticmethod
    def _copy(raw: Any, chunks: list[Chunk]) -> None:
        with raw.cursor() as cursor:
            _copy(cursor, chunks)

    def _first_wait(self, execute: Callable[..., Any], *said: Any) -> Any:
        self.wait()
        return execute(*said)

    @classmethod
    @contextmanager
    def begun(cls) -> Iterator["Sending"]:
        """Yield one that has sent everything at the end."""
        sending = cls()
        with sending._hand, connection.execute_wrapper(sending._first_wait):
            yield sending
            sending.wait()


def weigh() -> None:
    """Let PostgreSQL see how much was loaded before it checks the references of every row.

    What it gathered by itself while the load ran counts only rows of others: it would take the tables for nearly empty
    and read a whole index for each reference.
    """
    names = ", ".join(f'"{model._meta.db_table}"' for model in ORDER)
    with connection.cursor() as cursor:
        cursor.execute(f"analyze {names}")


def recount() -> None:
    """Count the tally anew from the cases themselves, in place of what was folded and what waits to be.

    Restricted cases do not count.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('casework.tally'))")
        cursor.execute("lock table casework_case in share mode")
        cursor.execute("delete from casework_tallydelta")
        cursor.execute("delete from casework_tally")
        cursor.execute(
            "insert into casework_tally (kind, topic_id, unit_id, community_id, state, n)"
            " select kind, topic_id, holder_unit_id, community_id, state, count(*)"
            " from casework_case where not restricted group by 1, 2, 3, 4, 5"
        )
