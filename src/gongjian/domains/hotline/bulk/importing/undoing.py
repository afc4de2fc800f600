"""Taking an import back within a day; what people have worked on since stays, and is listed."""

from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction

from gongjian.casework.actions import Change, move
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case, CaseClock, CaseEvent
from gongjian.domains.hotline.bulk.importing.changing import CHANGING, CLOSING, REQUEST, reword
from gongjian.domains.hotline.bulk.importing.telling import note
from gongjian.domains.hotline.models import ImportBatch, ImportChange, ImportedCase
from gongjian.domains.hotline.queries import catalogue
from gongjian.identity.actor import SYSTEM


def undo(batch: ImportBatch, *, at: datetime, progress: Callable[[int], None] = lambda _: None) -> None:
    """Take back what a batch wrote, all in one transaction: new cases go, changed ones become what they were.

    A case that a person, a program or a later import has touched stays as it is and counts as kept. A batch that is
    not being undone is left alone.
    """
    with transaction.atomic():
        batch.refresh_from_db(fields=["state"])
        if batch.state != ImportBatch.State.UNDOING:
            return
        rows = ImportChange.objects.filter(batch=batch).select_related("case", "case__request", "case__imported")
        kept = 0
        for done, row in enumerate(rows.order_by("pk").iterator(chunk_size=500), start=1):
            if _touched(row.case, batch):
                kept += 1
                continue
            _restore(row, at=at)
            progress(done)
        kept += ImportedCase.objects.filter(batch=batch).count() - _remove(batch, at)
        batch.kept, batch.undone_at, batch.state = kept, at, ImportBatch.State.UNDONE
        batch.save(update_fields=["kept", "undone_at", "state"])
        note("undone", batch, at)


def _remove(batch: ImportBatch, at: datetime) -> int:
    """Delete the new cases nobody has touched; the database's owner lends this one act (migration)."""
    with connection.cursor() as cursor:
        cursor.execute("select hotline_undo_import(%s, %s)", [batch.pk, at])
        return int(cursor.fetchone()[0])


def _touched(case: Case, batch: ImportBatch) -> bool:
    if case.imported.latest_id != batch.pk:
        return True
    return CaseEvent.objects.filter(case=case).exclude(actor_kind="system").exists()


def _restore(row: ImportChange, *, at: datetime) -> None:
    """Give a case back what it was; clocks that its closing had stopped run on."""
    case = row.case
    stopped: list[CaseClock] = []
    if row.closed_at is None and case.closed_at is not None:
        closing = CaseEvent.objects.filter(case=case, move=CLOSING).order_by("-pk").first()
        stopped = list(CaseClock.objects.filter(case=case, stopped_at=closing.at)) if closing else []
    moved = move(
        kind=kind_of(case.kind),
        case=case,
        name=CHANGING,
        change=Change(
            internal_text=f"{case.imported.original_status} → {row.original_status}",
            title=row.title,
            topic_id=row.topic_id,
            community_id=row.community_id,
            detail={name: getattr(row, name) for name in REQUEST},
            restarts=stopped,
        ),
        actor=SYSTEM,
        at=at,
        target=row.state,
    )
    Case.objects.filter(pk=case.pk).update(cell=row.cell, closed_at=row.closed_at)
    topic = catalogue(at).topics.get(row.topic_id) if row.topic_id else None
    texts = [row.title, row.description, row.address, topic.name_zh if topic else ""]
    reword(case, texts, case.request.external_number or "", state=moved.state, topic_id=row.topic_id)
    ImportedCase.objects.filter(pk=case.pk).update(
        latest_id=row.latest_id,
        original_status=row.original_status,
        outside=row.outside,
        digest=bytes(row.digest),
        version=moved.version,
    )
    row.delete()
