"""Writing gathered rows, and what has to agree with them afterwards: the tally and the running number."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from gongjian.casework.actions import NUMBER_DIGITS
from gongjian.domains.hotline.bulk.ids import Numbers
from gongjian.domains.hotline.bulk.lines import ORDER, Chunk
from gongjian.domains.hotline.bulk.records import Record
from gongjian.domains.hotline.bulk.replay import replayed
from gongjian.workdays.rules import SHANGHAI


@transaction.atomic
def load(records: Iterable[Record], *, at: datetime) -> int:
    """Load records in one transaction and return how many; the tally is counted anew for what came."""
    loaded = 0
    for tables, n in replayed(records, numbers=Numbers()):
        write(tables.for_copy())
        loaded += n
    recount()
    continue_numbers(at)
    weigh()
    return loaded


def write(chunks: Iterable[Chunk]) -> None:
    """Send the gathered rows, one COPY for each table."""
    for label, columns, data in chunks:
        _copy(apps.get_model(label), columns, data)


def _copy(model: type[models.Model], columns: Sequence[str], data: bytes) -> None:
    names = ", ".join(f'"{c}"' for c in columns)
    with connection.cursor() as cursor, cursor.copy(f'copy "{model._meta.db_table}" ({names}) from stdin') as copy:
        copy.write(data)


def weigh() -> None:
    """Let PostgreSQL see how much was loaded before it checks the references of every row.

    What it gathered by itself while the load ran counts only rows of others: it would take the tables for nearly empty
    and read a whole index for each reference.
    """
    names = ", ".join(f'"{model._meta.db_table}"' for model in ORDER)
    with connection.cursor() as cursor:
        cursor.execute(f"analyze {names}")


def recount() -> None:
    """Count the tally anew from the cases themselves, in place of what was folded and what waits to be."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('casework.tally'))")
        cursor.execute("lock table casework_case in share mode")
        cursor.execute("delete from casework_tallydelta")
        cursor.execute("delete from casework_tally")
        cursor.execute(
            "insert into casework_tally (kind, topic_id, unit_id, community_id, state, n)"
            " select kind, topic_id, holder_unit_id, community_id, state, count(*)"
            " from casework_case group by 1, 2, 3, 4, 5"
        )


def continue_numbers(at: datetime) -> None:
    """Let the running number of new cases go on behind the highest one loaded for this month."""
    month = f"{settings.CASE_NUMBER_PREFIX}-{at.astimezone(SHANGHAI):%y%m}-"
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with highest as (
                select coalesce(max(substr(number, %s)::bigint), 0) n from casework_case where number like %s)
            select setval('casework_number', last_value - last_value %% %s + n)
            from casework_number, highest where last_value %% %s < n
            """,
            [len(month) + 1, f"{month}%", 10**NUMBER_DIGITS, 10**NUMBER_DIGITS],
        )
