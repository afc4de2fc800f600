"""Taking a desk's list out as a spreadsheet: the same columns as the search, streamed, and every taking on record."""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.db import connection, transaction
from django.utils import translation
from procrastinate.contrib.django import app
from psycopg.sql import SQL, Literal

from gongjian.audit.actions import record
from gongjian.documents import storage
from gongjian.documents.engine import EngineFailed
from gongjian.documents.models import Document
from gongjian.documents.rules import XLSX, stored_name
from gongjian.documents.sheets import Column, write_xlsx
from gongjian.domains.hotline.actions.exporting import COLUMNS, SOURCE, copied, heads, masked, stream
from gongjian.domains.hotline.models import ListExport, ListPage
from gongjian.domains.hotline.queries.found import Part
from gongjian.identity.actor import Actor
from gongjian.identity.rights import require_user
from gongjian.notify.actions import send
from gongjian.notify.recipients import ToUser
from gongjian.sealing.masking import scrub
from gongjian.workdays.rules import local_day

AT_ONCE: Final = 5_000  # rows of a workbook that somebody waits for: about a second
STEP: Final = 2_000  # rows between two words on how far a long one has come
KEPT_FOR: Final = timedelta(days=7)
TASK: Final = "gongjian.domains.hotline.tasks.write_list"
QUEUE: Final = "exports"
DETAIL: Final = 200
WIDE: Final = {6: 36, 10: 24, 11: 22, 13: 30}  # columns of words, by their place


def list_csv(*, ids: Part, page: str, query: str, language: str, actor: Actor, at: datetime) -> Iterator[bytes]:
    """Record the taking and return the list as CSV in chunks, whatever its length.

    `ids` selects the cases the actor's desk shows. `language` is zh or en.
    """
    _note(page, query, "csv", actor, at)
    where = f"c.id in ({ids.sql})"
    return stream(heads(), copied(language, SQL(where), "c.due_at, c.id"), ids.values)


def list_xlsx(*, found: Sequence[int], page: str, query: str, language: str, actor: Actor, at: datetime) -> BinaryIO:
    """Record the taking and return these cases as a workbook, an open file at its beginning.

    Meant for at most `AT_ONCE` of them; longer lists go to a job.
    """
    _note(page, query, "xlsx", actor, at)
    made = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the response, which closes it
    write_xlsx(made, _heads(), _rows(found, language))
    made.seek(0)
    return made


def case_ids(ids: Part) -> list[int]:
    """Return the cases of a list, nearest deadline first."""
    with connection.cursor() as cursor:
        cursor.execute(f"select id from casework_case where id in ({ids.sql}) order by due_at, id", ids.values)
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def ask_for_list(
    *, found: Sequence[int], page: str, query: str, language: str, actor: Actor, at: datetime
) -> ListExport:
    """Let a job write a long list of cases as a workbook, and record the taking; the actor is told when it is done."""
    _note(page, query, "xlsx", actor, at)
    export = ListExport.objects.create(
        user_id=require_user(actor),
        page=ListPage(page),
        query=query,
        language=language,
        case_ids=list(found),
        total=len(found),
        created_at=at,
    )
    app.configure_task(TASK, queue=QUEUE).defer(export_id=export.pk)
    return export


def write_list(*, export_id: int, at: datetime) -> bool:
    """Write a long list that waits, keep it for a week and tell whoever asked; return whether it was written.

    A second run of the same job finds it written and does nothing.
    """
    waiting = ListExport.objects.filter(pk=export_id).exclude(state=ListExport.State.DONE)
    if not waiting.update(state=ListExport.State.RUNNING, written=0):
        return False
    export = ListExport.objects.get(pk=export_id)
    try:
        document = _written(export, at)
    except (EngineFailed, OSError):
        ListExport.objects.filter(pk=export_id).update(state=ListExport.State.FAILED, finished_at=at)
        raise
    with transaction.atomic():
        ListExport.objects.filter(pk=export_id).update(
            state=ListExport.State.DONE, document=document, written=export.total, finished_at=at, case_ids=[]
        )
        send(
            recipient=ToUser(export.user_id),
            template="hotline/export_ready",
            context={"rows": export.total, "page": export.get_page_display()},
            link=f"/desk/exports/{export.pk}/",
            dedupe=f"export-{export.pk}",
            at=at,
        )
    return True


def forget_exports(*, at: datetime) -> int:
    """Throw away lists that were written more than a week ago, with their files; return how many."""
    old = ListExport.objects.filter(created_at__lt=at - KEPT_FOR)
    papers = list(old.exclude(document=None).values_list("document", flat=True))
    gone, _by_table = old.delete()
    Document.objects.filter(pk__in=papers).delete()
    return gone


def _written(export: ListExport, at: datetime) -> Document:
    with tempfile.TemporaryDirectory() as folder, translation.override(_locale(export.language)):
        path = Path(folder) / "list.xlsx"
        write_xlsx(path, _heads(), _counted(export))
        with path.open("rb") as made:
            sha256, size = storage.put(made)
        return Document.objects.create(
            sha256=sha256,
            mime=XLSX.mime,
            size=size,
            name=stored_name(f"{export.get_page_display()}-{local_day(export.created_at)}", XLSX.suffix),
            kind=Document.Kind.SHEET,
            retention=Document.Retention.IMPORT,
            created_at=at,
            uploaded_by_id=export.user_id,
        )


def _counted(export: ListExport) -> Iterator[Sequence[Any]]:
    """Yield the rows and write down now and then how many there were."""
    for n, row in enumerate(_rows(export.case_ids, export.language), start=1):
        if n % STEP == 0:
            ListExport.objects.filter(pk=export.pk).update(written=n)
        yield row


def _heads() -> list[Column]:
    return [Column(str(column.head), WIDE.get(n, 14)) for n, column in enumerate(COLUMNS)]


def _rows(found: Sequence[int], language: str) -> Iterator[Sequence[Any]]:
    """Yield the cases in this order, some at a time, so that memory stays small and progress can be written down."""
    picked = SQL(", ").join(column.sql(language) for column in COLUMNS)
    for start in range(0, len(found), STEP):
        part = list(found[start : start + STEP])
        statement = SQL("select {0}{1} where c.id = any({2}::bigint[]) order by array_position({2}::bigint[], c.id)")
        with connection.cursor() as cursor:
            cursor.execute(statement.format(picked, SOURCE, Literal(part)))
            yield from map(masked, cursor.fetchall())


def _locale(language: str) -> str:
    return "zh-hans" if language == "zh" else "en"


def _note(page: str, query: str, kind: str, actor: Actor, at: datetime) -> None:
    record(
        action="hotline.export",
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        unit_id=actor.unit_id,
        object_kind="case_list",
        object_id=page,
        detail=scrub(f"{kind} {query}")[:DETAIL],
        at=at,
    )


__all__ = ["AT_ONCE", "XLSX", "ask_for_list", "case_ids", "forget_exports", "list_csv", "list_xlsx", "write_list"]
