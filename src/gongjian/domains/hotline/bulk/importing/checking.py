"""The first reading: what is to become of each row. Writes of the batch only which rows it has, never a case."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext as _

from gongjian.documents.decoding import Source
from gongjian.documents.tables import RowError, kept
from gongjian.domains.hotline.bulk.importing.facts import COMPARED, compared, contact_index, digest_of
from gongjian.domains.hotline.bulk.importing.layout import Layout
from gongjian.domains.hotline.bulk.importing.reading import Entry, Reader
from gongjian.domains.hotline.bulk.lines import Tables
from gongjian.domains.hotline.bulk.loading import write as copy
from gongjian.domains.hotline.models import ImportBatch, ImportFault, ImportRow

AT_ONCE: Final = 5_000
LONG: Final = 5_000
MESSAGE: Final = 300
MOST_FAULTS: Final = 100_000  # a file that is wrong throughout needs no more to be told so
V: Final = ImportRow.Verdict

# Of the rows with one number the one that was finished last stands; an open one is older than any that was finished.
REPEATED: Final = """
update hotline_importrow r set verdict = 'repeated', winner = w.first
from (select id, row, first_value(row) over (partition by external_number
             order by closed_at desc nulls last, row desc) as first
      from hotline_importrow where batch_id = %(batch)s and verdict <> 'wrong') w
where w.id = r.id and w.first <> w.row
"""
AGAIN: Final = """
update hotline_importrow set verdict = 'new' where batch_id = %(batch)s and verdict in ('changed', 'same')
"""
WORKED_ON: Final = "exists (select from casework_caseevent e where e.case_id = c.id and e.actor_kind <> 'system')"
# Whether a case is confidential a row may leave open.
AGREES: Final = " and ".join(f"c.{name} is not distinct from r.{name}" for name in COMPARED).replace(
    "r.confidentiality", "coalesce(r.confidentiality, c.confidentiality)"
)
HIDDEN: Final = f"coalesce(r.confidentiality > c.confidentiality, false) and {WORKED_ON}"
# A case that people work on goes its own way, but for what became confidential; until then it says what its row says,
# by the digest and by itself.
KNOWN: Final = f"""
update hotline_importrow r set verdict = case
    when i.case_id is null then 'wrong'
    when {HIDDEN} then 'changed'
    when i.digest = r.digest and (({AGREES}) or {WORKED_ON}) then 'same'
    when r.closed_at is null and c.closed_at is not null then 'wrong'
    when {WORKED_ON} then 'wrong'
    else 'changed' end
from hotline_servicerequest q join casework_case c on c.id = q.case_id
left join hotline_importedcase i on i.case_id = q.case_id
where r.batch_id = %(batch)s and r.verdict = 'new'
  and q.source_program = %(program)s and q.external_number = r.external_number
"""
# Rows that became wrong only now have no fault yet.
UNTOLD: Final = """
select r.row, c.number, i.case_id is not null, r.closed_at is null and c.closed_at is not null
from hotline_importrow r
join hotline_servicerequest q on q.source_program = %(program)s and q.external_number = r.external_number
join casework_case c on c.id = q.case_id left join hotline_importedcase i on i.case_id = q.case_id
where r.batch_id = %(batch)s and r.verdict = 'wrong'
  and not exists (select from hotline_importfault f where f.batch_id = r.batch_id and f.row = r.row and not f.taken)
order by r.row
"""
# What is not followed of rows that are taken: kind and person, and all but confidentiality where people work. Of cases
# from before there is no hash of who asked, nor is there once contact data were erased.
STAYING: Final = f"""
select r.row, r.kind <> '' and c.kind <> r.kind, coalesce(i.contact_index <> r.contact_index, false), {HIDDEN}
from hotline_importrow r
join hotline_servicerequest q on q.source_program = %(program)s and q.external_number = r.external_number
join casework_case c on c.id = q.case_id join hotline_importedcase i on i.case_id = q.case_id
where r.batch_id = %(batch)s and r.verdict in ('changed', 'same')
  and (r.kind <> '' and c.kind <> r.kind or i.contact_index <> r.contact_index or {HIDDEN})
order by r.row
"""
COUNTS: Final = {
    "created": V.NEW, "updated": V.CHANGED, "unchanged": V.SAME, "repeated": V.REPEATED, "rejected": V.WRONG,
}  # fmt: skip


def check(
    batch: ImportBatch,
    source: Source,
    layout: Layout,
    *,
    at: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Read the whole file, say of each row what is to become of it, and count; a second check starts anew.

    Memory does not grow with the rows. Raises UnreadableSheet, MissingColumns and LayoutError.
    """
    reader = Reader.open(source, layout, at=at)
    entries = reader.entries()
    with transaction.atomic():
        ImportRow.objects.filter(batch=batch).delete()
        ImportFault.objects.filter(batch=batch).delete()
        _stage(batch, entries, progress)
        batch.notes = kept(reader.notes())
        with connection.cursor() as cursor, _whole(cursor, batch):
            cursor.execute(REPEATED, {"batch": batch.pk})
        classify(batch)


def _stage(batch: ImportBatch, entries: Iterable[Entry], progress: Callable[[int], None]) -> None:
    tables, done, faults = Tables(), 0, 0
    for entry in entries:
        done += 1
        tables.add(ImportRow, _row(batch, entry))
        for error in entry.errors if faults < MOST_FAULTS else ():
            faults += 1
            tables.add(ImportFault, _fault(batch, error))
        if done % AT_ONCE == 0:
            copy(tables.for_copy())
            tables = Tables()
            progress(done)
    copy(tables.for_copy())
    progress(done)


def _row(batch: ImportBatch, entry: Entry) -> dict[str, Any]:
    return {
        "batch_id": batch.pk,
        "row": entry.row,
        "external_number": entry.external_number,
        "closed_at": entry.closed_at,
        "digest": digest_of(entry),
        "verdict": V.WRONG.value if entry.errors else V.NEW.value,
        "kind": entry.kind,
        "contact_index": None if entry.errors else contact_index(entry),
        **compared(entry),
    }


def _fault(batch: ImportBatch, error: RowError, *, taken: bool = False) -> dict[str, Any]:
    return {
        "batch_id": batch.pk, "row": error.row, "field": error.field, "message": error.message[:MESSAGE],
        "taken": taken,
    }  # fmt: skip


@contextmanager
def _whole(cursor: Any, batch: ImportBatch) -> Iterator[None]:
    """Let statements over a long file read tables as a whole.

    Nobody has counted rows that came a moment ago; taken for a few, each of them would be looked up in all others.
    """
    long = ImportRow.objects.filter(batch=batch).order_by("row")[LONG : LONG + 1].exists()
    if long:
        cursor.execute("set local enable_nestloop = off")
    yield
    if long:
        cursor.execute("set local enable_nestloop = on")


def classify(batch: ImportBatch) -> None:
    """Compare the rows with the cases that are in already, tell what is wrong about them, and count."""
    facts: dict[str, int | str] = {"batch": batch.pk, "program": batch.program}
    with connection.cursor() as cursor, _whole(cursor, batch):
        cursor.execute(AGAIN, {"batch": batch.pk})  # a second look, for the cases may have moved meanwhile
        cursor.execute(KNOWN, facts)
        cursor.execute(UNTOLD, facts)
        _tell(batch, (RowError(row, "external_number", _why(*why)) for row, *why in cursor.fetchall()))
        cursor.execute(STAYING, facts)
        staying = cursor.fetchall()
    ImportFault.objects.filter(batch=batch, taken=True).delete()
    told = (RowError(row, *why) for row, *differs in staying[:MOST_FAULTS] for why in _stays(*differs))
    _tell(batch, told, taken=True)
    batch.not_followed = len(staying)
    count(batch)


def _tell(batch: ImportBatch, errors: Iterable[RowError], *, taken: bool = False) -> None:
    rows = [ImportFault(**_fault(batch, error, taken=taken)) for error in errors]
    ImportFault.objects.bulk_create(rows, batch_size=AT_ONCE)


def count(batch: ImportBatch) -> None:
    """Count the rows by what is to become of them."""
    with connection.cursor() as cursor:
        cursor.execute("select verdict, count(*) from hotline_importrow where batch_id = %s group by 1", [batch.pk])
        found = dict(cursor.fetchall())
    batch.read = sum(found.values())
    for name, verdict in COUNTS.items():
        setattr(batch, name, found.get(verdict.value, 0))


def refuse(batch: ImportBatch, row: int, number: str) -> None:
    """Count a row as wrong after all, because somebody took up its case since the check."""
    ImportRow.objects.filter(batch=batch, row=row).update(verdict=V.WRONG)
    _tell(batch, [RowError(row, "external_number", _why(number, imported=True, reopened=False))])


def _why(number: str, imported: bool, reopened: bool) -> str:
    if not imported:
        return _("这个编号已经由程序接口登记为 {number}。").format(number=number)
    if reopened:
        return _("原系统又打开了这一件，这里的 {number} 已经办结。请到件里处理。").format(number=number)
    return _("原系统改了这一件，但这里的 {number} 已经有人在办，没有改动。").format(number=number)


def _stays(kind: bool, contact: bool, rest: bool) -> Iterator[tuple[str, str]]:
    """Yield what a taken row says and its case does not follow: field and words."""
    if kind:
        yield "kind", _("来源里类型变了，这里没有跟着改。")
    if contact:
        yield "name", _("来源里联系人变了，这里没有跟着改。")
    if rest:
        yield "confidential", _("来源里改成了保密，这里跟着改；这一件有人在办，其余没有跟着改。")
