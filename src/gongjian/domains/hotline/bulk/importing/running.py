"""The job behind the browser's import: goes one step on from where the batch stands."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from gongjian.casework.errors import CaseError
from gongjian.documents import storage
from gongjian.documents.tables import MissingColumns, UnreadableSheet
from gongjian.domains.hotline.bulk.importing.checking import check
from gongjian.domains.hotline.bulk.importing.layout import Layout, LayoutError
from gongjian.domains.hotline.bulk.importing.locks import Busy, Underway
from gongjian.domains.hotline.bulk.importing.undoing import TooLate, undo
from gongjian.domains.hotline.bulk.importing.writing import write
from gongjian.domains.hotline.models import ImportBatch

logger = logging.getLogger(__name__)
STATE = ImportBatch.State
LANGUAGE: Final = "zh-hans"  # of the reasons that are kept, where whoever imports has not chosen one


class Progress:
    """Says how far the job is by a connection of its own, because the job's transaction shows nothing until its end."""

    def __init__(self, batch: ImportBatch) -> None:
        self.batch, self.other = batch, connection.copy()

    def __call__(self, done: int) -> None:
        with self.other.cursor() as cursor:
            cursor.execute("update hotline_importbatch set progress = %s where id = %s", [done, self.batch.pk])

    def close(self) -> None:
        self.other.close()


@contextmanager
def _progress(batch: ImportBatch) -> Iterator[Progress]:
    told = Progress(batch)
    try:
        yield told
    finally:
        told.close()


def run(batch_id: int, *, at: datetime) -> None:
    """Check, write or undo a batch, as its state asks; in any other state nothing is done."""
    batch = ImportBatch.objects.select_related("document", "user").filter(pk=batch_id).first()
    if batch is None:
        return
    language = batch.user.language if batch.user and batch.user.language else LANGUAGE
    with translation.override(language), _progress(batch) as progress:
        if batch.state == STATE.CHECKING:
            _check(batch, progress, at)
        elif batch.state == STATE.WRITING:
            _write(batch, progress, at)
        elif batch.state == STATE.UNDOING:
            _undo(batch, progress, at)


def source_of(batch: ImportBatch) -> Path:
    """Return where the file of a batch lies. Raises UnreadableSheet when it has gone."""
    if batch.document is None or not batch.document.sha256:
        raise UnreadableSheet("gone")
    return storage.path_of(batch.document.sha256)


def _check(batch: ImportBatch, progress: Progress, at: datetime) -> None:
    try:
        check(batch, source_of(batch), Layout.from_toml(batch.mapping), at=at, progress=progress)
    except UnreadableSheet as error:
        _back(batch, STATE.FAILED, str(error))
    except (MissingColumns, LayoutError) as error:
        _back(batch, STATE.UPLOADED, str(error))
    else:
        batch.state = STATE.CHECKED
        batch.save()


def _write(batch: ImportBatch, progress: Progress, at: datetime) -> None:
    try:
        write(batch, source_of(batch), Layout.from_toml(batch.mapping), at=at, progress=progress)
    except Underway:  # the queue may hand a job out twice
        return
    except Busy:
        _back(batch, STATE.CHECKED, _("同一来源的另一批正在写入或撤销。等它完成后再导入。"))
    except (UnreadableSheet, MissingColumns, LayoutError, CaseError, ValueError) as error:
        logger.exception("import %s was not written", batch.pk)
        _back(batch, STATE.FAILED, _("什么都没有写入：{why}").format(why=error))


def _undo(batch: ImportBatch, progress: Progress, at: datetime) -> None:
    before = STATE.UNDONE if batch.undone_at else STATE.DONE
    try:
        undo(batch, at=at, progress=progress)
    except Underway:
        return
    except Busy:
        _back(batch, before, _("同一来源的另一批正在写入或撤销。等它完成后再撤销。"))
    except TooLate:
        _back(batch, before, _("导入满 24 小时，没有撤销。"))


def _back(batch: ImportBatch, state: STATE, trouble: str) -> None:
    ImportBatch.objects.filter(pk=batch.pk).update(state=state, trouble=trouble[:300], progress=0)
