"""Reading import batches: the list, one of them, its faults and repeated rows, what an undo left in place."""

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet

from gongjian.casework.models import Case
from gongjian.domains.hotline.models import ImportBatch, ImportFault, ImportRow

Batch = ImportBatch  # for faces, which do not know tables


def batches() -> QuerySet[ImportBatch]:
    """Return every batch, newest first, with who handed it in."""
    return ImportBatch.objects.select_related("user", "undone_by").order_by("-pk")


def batch_of(batch_id: int) -> ImportBatch | None:
    """Return one batch with its file."""
    return ImportBatch.objects.select_related("document", "user").filter(pk=batch_id).first()


def programs() -> list[str]:
    """Return the names of the programs that records came from."""
    rows = ImportBatch.objects.filter(state=ImportBatch.State.DONE).exclude(program="")
    return list(rows.order_by("program").values_list("program", flat=True).distinct())


def faults(batch: ImportBatch, most: int) -> Sequence[tuple[int, str, str]]:
    """Return the first faults: row, field, message."""
    rows = ImportFault.objects.filter(batch=batch).order_by("row", "pk")
    return list(rows.values_list("row", "field", "message")[:most])


def repeats(batch: ImportBatch, most: int) -> Sequence[tuple[int, int | None, str]]:
    """Return the first rows whose number another row has too: row, the row that stands, the number."""
    rows = ImportRow.objects.filter(batch=batch, verdict=ImportRow.Verdict.REPEATED).order_by("row")
    return list(rows.values_list("row", "winner", "external_number")[:most])


def all_faults(batch: ImportBatch) -> Iterator[tuple[int, str, str]]:
    """Yield every fault in the order of the rows."""
    rows = ImportFault.objects.filter(batch=batch).order_by("row", "pk")
    yield from rows.values_list("row", "field", "message").iterator(chunk_size=5_000)


def all_repeats(batch: ImportBatch) -> Iterator[tuple[int, int | None]]:
    """Yield every repeated row with the row that stands in its place."""
    rows = ImportRow.objects.filter(batch=batch, verdict=ImportRow.Verdict.REPEATED).order_by("row")
    yield from rows.values_list("row", "winner").iterator(chunk_size=5_000)


def kept(batch: ImportBatch) -> QuerySet[Case]:
    """Return the cases that an undo left as they are: people had worked on them, or a later import."""
    created = Case.objects.filter(imported__batch=batch)
    changed = Case.objects.filter(pk__in=batch.changes.values("case"))
    return (created | changed).order_by("pk")


def kept_numbers(batch: ImportBatch, most: int = 200) -> list[str]:
    """Return the numbers of the cases an undo left in place."""
    return list(kept(batch).values_list("number", flat=True)[:most])
