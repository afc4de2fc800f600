"""Who may write now: one import or undo of a program at a time, and each batch by one process."""

from typing import Final

from django.db import connection

from gongjian.domains.hotline.models import ImportBatch

PROGRAM: Final = 7_233_031  # with a hash of the program
BATCH: Final = 7_233_033  # with the batch


class Busy(Exception):
    """Another batch of the same program is being written or taken back."""


class Underway(Busy):
    """The batch itself is being written or taken back by another process."""


def hold(batch: ImportBatch) -> None:
    """Keep everybody else from the batch and from its program until the transaction ends.

    Raises Underway or Busy. Rows are not locked for this: how far it is stands in the batch's row, written meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_try_advisory_xact_lock(%s::int, %s), pg_try_advisory_xact_lock(%s::int, hashtext(%s))",
            [BATCH, batch.pk % 2**31, PROGRAM, batch.program],
        )
        mine, alone = cursor.fetchone()
    if not mine:
        raise Underway(batch.program)
    if not alone:
        raise Busy(batch.program)
