"""Import batches as people handle them: handing in, choosing columns, starting, giving up, taking back.

The reading and writing itself is `bulk.importing`; these acts only set the batch's state and queue its job.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from gongjian.audit.actions import record
from gongjian.casework.errors import RefusedError
from gongjian.documents.actions import erase, store
from gongjian.documents.models import Document
from gongjian.domains.hotline.access import ImportRight
from gongjian.domains.hotline.models import ImportBatch, ImportFault, ImportRow
from gongjian.domains.hotline.queries.importing import RUNNING, TASK, UNDO_WITHIN, in_time, may_undo, stuck
from gongjian.identity.actor import SYSTEM, Actor
from gongjian.identity.rights import require
from gongjian.text import clean

# A batch nobody goes on with: its file holds names and numbers of people.
KEPT_FOR: Final = timedelta(hours=24)
QUEUE: Final = "imports"
NAME_LENGTH: Final = 120
STATE = ImportBatch.State


def begin(*, program: str, file_name: str, mapping: str, actor: Actor, at: datetime) -> ImportBatch:
    """Open a batch for a file that the command line reads itself."""
    batch = ImportBatch.objects.create(
        program=program, file_name=clean(file_name)[:NAME_LENGTH], mapping=mapping, state=STATE.CHECKING,
        user_id=actor.user_id, unit_id=actor.unit_id, created_at=at,
    )  # fmt: skip
    note("begin", batch, actor, at)
    return batch


@transaction.atomic
def hand_in(*, upload: "File[bytes]", program: str, mapping: str, actor: Actor, at: datetime) -> ImportBatch:
    """Keep a file for an import and open its batch. Raises Refused(field, message)."""
    require(actor, ImportRight.IMPORT_RUN)
    document = store(
        upload=upload, kind=Document.Kind.SHEET, actor=actor, at=at, retention=Document.Retention.IMPORT, field="file"
    )
    batch = ImportBatch.objects.create(
        program=program, file_name=document.title[:NAME_LENGTH], document=document, mapping=mapping,
        state=STATE.UPLOADED, user_id=actor.user_id, unit_id=actor.unit_id, created_at=at,
    )  # fmt: skip
    note("hand_in", batch, actor, at)
    return batch


def choose(*, batch: ImportBatch, mapping: str, actor: Actor, at: datetime) -> None:
    """Set which column means what, and let the job check the file."""
    require(actor, ImportRight.IMPORT_RUN)
    _step(batch, {STATE.UPLOADED, STATE.CHECKED, STATE.FAILED}, STATE.CHECKING, actor, at, mapping=mapping, trouble="")


def read_again(*, batch: ImportBatch, mapping: str, actor: Actor, at: datetime) -> None:
    """Set how the file is to be read: which sheet, which row of titles, which encoding."""
    require(actor, ImportRight.IMPORT_RUN)
    _step(batch, {STATE.UPLOADED}, STATE.UPLOADED, actor, at, job=False, mapping=mapping, trouble="")


def confirm(*, batch: ImportBatch, actor: Actor, at: datetime) -> None:
    """Let the job write the good rows of a batch that was checked: the last step, from which cases come."""
    require(actor, ImportRight.IMPORT_RUN)
    if not batch.created + batch.updated:
        raise RefusedError("rows", _("没有要写入的行。"))
    _step(batch, {STATE.CHECKED}, STATE.WRITING, actor, at)


def reconsider(*, batch: ImportBatch, actor: Actor, at: datetime) -> None:
    """Go back from the check to the choice of columns."""
    require(actor, ImportRight.IMPORT_RUN)
    _step(batch, {STATE.CHECKED, STATE.FAILED}, STATE.UPLOADED, actor, at, job=False, trouble="")


def discard(*, batch: ImportBatch, actor: Actor, at: datetime) -> None:
    """Give up a batch that was not written; its file goes at once."""
    require(actor, ImportRight.IMPORT_RUN)
    _step(batch, {STATE.UPLOADED, STATE.CHECKED, STATE.FAILED}, STATE.DISCARDED, actor, at, job=False)
    _forget(batch, at)


def take_back(*, batch: ImportBatch, actor: Actor, at: datetime) -> None:
    """Let the job undo a batch written less than 24 hours ago, or try again where something was kept."""
    require(actor, ImportRight.IMPORT_RUN)
    if not in_time(batch, at):
        raise RefusedError("batch", _("导入满 24 小时，不能再撤销。"))
    sources = {STATE(batch.state)} if may_undo(batch, at) else {STATE.DONE}
    _step(batch, sources, STATE.UNDOING, actor, at, undone_by_id=actor.user_id, trouble="")


def start_undo(batch: ImportBatch, *, actor: Actor, at: datetime) -> bool:
    """Mark a batch as being undone, for a command that does it at once; return whether there is something to undo.

    One whose undoing was given up in the middle is taken up again.
    """
    waits = batch.state == STATE.UNDOING and in_time(batch, at)
    if not (waits or may_undo(batch, at)):
        return False
    changed = ImportBatch.objects.filter(pk=batch.pk, state=batch.state).update(state=STATE.UNDOING)
    if changed and not waits:
        note(STATE.UNDOING.value, batch, actor, at)
    return bool(changed)


def resume(*, batch: ImportBatch, actor: Actor, at: datetime) -> None:
    """Let a job go on with a batch that stopped in the middle of a step."""
    if actor.kind != SYSTEM.kind:
        require(actor, ImportRight.IMPORT_RUN)
    if not stuck(batch):
        raise RefusedError("batch", _("这一批没有停住。刷新后看看。"))
    note("resume", batch, actor, at)
    app.configure_task(TASK, queue=QUEUE).defer(batch_id=batch.pk)


@transaction.atomic
def _step(
    batch: ImportBatch, sources: set[STATE], target: STATE, actor: Actor, at: datetime, *, job: bool = True, **more: Any
) -> None:
    """Change the state where it still is one of `sources`: of two clicks one wins. Queue the job that goes on."""
    changed = ImportBatch.objects.filter(pk=batch.pk, state__in=sources).update(state=target, progress=0, **more)
    if not changed:
        raise RefusedError("batch", _("这一批已经不在这一步了。刷新后看看。"))
    note(target.value, batch, actor, at)
    if job:
        app.configure_task(TASK, queue=QUEUE).defer(batch_id=batch.pk)
    batch.refresh_from_db()


def note(act: str, batch: ImportBatch, actor: Actor, at: datetime) -> None:
    """Put an act on a batch on record."""
    told = f"{batch.program} {batch.file_name}"
    counts = {n: getattr(batch, n) for n in ("read", "created", "updated", "rejected") if getattr(batch, n)}
    record(
        action=f"hotline.import.{act}", actor_kind=actor.kind, actor_id=actor.user_id, unit_id=actor.unit_id,
        object_kind="import_batch", object_id=str(batch.pk), at=at,
        detail=" ".join([told, *(f"{name}={n}" for name, n in counts.items())]),
    )  # fmt: skip


def sweep(*, at: datetime) -> int:
    """Erase files and rows of batches whose day is over, give up those nobody goes on with; return how many.

    What stopped in the middle of a step is taken up again.
    """
    for batch in ImportBatch.objects.filter(state__in=RUNNING):
        if stuck(batch):
            resume(batch=batch, actor=SYSTEM, at=at)
    waiting = ImportBatch.objects.filter(
        state__in=[STATE.UPLOADED, STATE.CHECKED, STATE.FAILED], created_at__lt=at - KEPT_FOR
    )
    waiting.update(state=STATE.DISCARDED)
    over = ImportBatch.objects.filter(swept_at=None, created_at__lt=at - KEPT_FOR).exclude(state__in=RUNNING)
    swept = 0
    for batch in over.exclude(finished_at__gt=at - UNDO_WITHIN, state__in=[STATE.DONE, STATE.UNDONE]):
        _forget(batch, at)
        swept += 1
    return swept


@transaction.atomic
def _forget(batch: ImportBatch, at: datetime) -> None:
    """Remove what may hold data of people: the file, the faults that quote it, what changed cases were before."""
    ImportRow.objects.filter(batch=batch).delete()
    ImportFault.objects.filter(batch=batch).delete()
    batch.changes.all().delete()
    ImportBatch.objects.filter(pk=batch.pk).update(swept_at=at, document=None, notes=[])
    if batch.document_id is not None:
        erase(document_ids=[batch.document_id], actor=SYSTEM, at=at)
