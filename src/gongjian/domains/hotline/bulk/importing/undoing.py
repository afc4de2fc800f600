"""Taking an import back within a day; what people have worked on since stays, and is listed with the reason."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from django.db import IntegrityError, connection, transaction

from gongjian.casework.models import CaseClock
from gongjian.domains.hotline.bulk.importing.answers import answers_now, replace_answers
from gongjian.domains.hotline.bulk.importing.changing import CLOCK, Step, put
from gongjian.domains.hotline.bulk.importing.facts import FACTS
from gongjian.domains.hotline.bulk.importing.locks import hold
from gongjian.domains.hotline.bulk.importing.telling import note
from gongjian.domains.hotline.models import ImportBatch, ImportChange, ImportedCase, ImportKept
from gongjian.domains.hotline.queries.importing import IMPORT, PEOPLE, UNKNOWN, in_time, worked_on

TRIES: Final = 3
AT_ONCE: Final = 500
UNDOING: Final = "source_undone"


class TooLate(Exception):
    """The day in which a batch can be taken back is over."""


def undo(batch: ImportBatch, *, at: datetime, progress: Callable[[int], None] = lambda _: None) -> None:
    """Take back what a batch wrote, all in one transaction: new cases go, changed ones become what they were.

    A case that a person, a program, a later import or any other table speaks of stays as it is and is kept on a list.
    A batch that is not being undone is left alone. Raises Busy where another batch of the program is at work, and
    TooLate.
    """
    for tries in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                _undo(batch, at, progress)
        except IntegrityError:  # somebody wrote about one of these cases in this moment: now it can be seen
            if tries == TRIES:
                raise
        else:
            return


def _undo(batch: ImportBatch, at: datetime, progress: Callable[[int], None]) -> None:
    hold(batch)
    batch.refresh_from_db()
    if batch.state != ImportBatch.State.UNDOING:
        return
    if not in_time(batch, at):
        raise TooLate
    ImportKept.objects.filter(batch=batch).delete()
    batch.restored += _restore_all(batch, at, progress)
    batch.removed += _remove(batch, at)
    batch.kept = ImportKept.objects.filter(batch=batch).count()
    batch.undone_at, batch.state, batch.trouble = at, ImportBatch.State.UNDONE, ""
    batch.save()
    note("undone", batch, at)


def _remove(batch: ImportBatch, at: datetime) -> int:
    """Delete the new cases nobody has touched and list the others; the database's owner lends this one act."""
    with connection.cursor() as cursor:
        cursor.execute("select hotline_undo_import(%s, %s)", [batch.pk, at])
        removed = int(cursor.fetchone()[0])
        cursor.execute("set constraints all immediate")  # what fails fails here, not at the end
    return removed


def _restore_all(batch: ImportBatch, at: datetime, progress: Callable[[int], None]) -> int:
    restored = 0
    for rows in _changes(batch):
        held = _held(rows, batch)
        ImportKept.objects.bulk_create(ImportKept(batch=batch, case_id=c, why=why) for c, why in held.items())
        back = [row for row in rows if row.case_id not in held]
        for row in back:
            _restore(row, at=at)
        _gone, by_table = ImportChange.objects.filter(pk__in=[row.pk for row in back]).delete()
        restored += by_table.get(ImportChange._meta.label, 0)
        progress(restored)
    return restored


def _changes(batch: ImportBatch) -> Iterator[Sequence[ImportChange]]:
    """Yield what the batch found in cases it changed, some at a time, each case locked until the end."""
    rows = ImportChange.objects.filter(batch=batch).select_related("case", "case__request", "case__imported")
    rows, last = rows.prefetch_related("clocks").select_for_update(of=("self", "case")).order_by("pk"), 0
    while some := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        yield some
        last = some[-1].pk


def _held(rows: Sequence[ImportChange], batch: ImportBatch) -> dict[int, str]:
    """Return the cases that stay as they are, and why."""
    people = worked_on([row.case_id for row in rows])
    held = {row.case_id: PEOPLE for row in rows if row.case_id in people}
    held |= {row.case_id: IMPORT for row in rows if row.case.imported.latest_id != batch.pk}
    # Written by an older version, in the minutes in which both ran: the whole of what was is not known.
    return held | {row.case_id: UNKNOWN for row in rows if row.opened_at is None}


def _restore(row: ImportChange, *, at: datetime) -> None:
    """Give a case back what it was; clocks that the import had stopped or moved run on as they did."""
    imported: ImportedCase = row.case.imported
    imported.case = row.case
    was = {clock.clock_id: clock for clock in row.clocks.all()}
    clocks = list(CaseClock.objects.filter(pk__in=was)) if was else []
    step = Step(
        name=UNDOING,
        internal_text=f"{imported.original_status} → {row.original_status}",
        target=row.state,
        restarts=[clock for clock in clocks if clock.stopped_at is not None],
        dues={c.name: was[c.pk].due_at for c in clocks if c.stopped_at is None and c.due_at != was[c.pk].due_at},
    )
    columns = {fact.column: getattr(row, fact.column) for fact in FACTS}
    put(imported, columns, step, latest_id=row.latest_id, digest=bytes(row.digest), at=at)
    said = tuple((one, value) for one, value in json.loads(row.answers or "[]"))
    if row.answers and said != answers_now(row.case_id):
        replace_answers(row.case_id, said)
    for clock in was.values():  # reminders and an end of the term that fell into the time between come now
        CaseClock.objects.filter(pk=clock.clock_id).update(**{name: getattr(clock, name) for name in CLOCK})
