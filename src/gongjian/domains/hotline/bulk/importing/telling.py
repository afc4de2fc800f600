"""What an import tells: the file of the rows it could not take and why, and the line on record with its counts."""

from collections.abc import Collection
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import IO

from django.utils import translation
from django.utils.translation import gettext as _

from gongjian.audit.actions import record
from gongjian.documents.decoding import Source
from gongjian.documents.tables import RowError, open_table, write_errors
from gongjian.domains.hotline.bulk.importing.layout import Layout, table_of
from gongjian.domains.hotline.bulk.importing.reading import Reader
from gongjian.domains.hotline.models import ImportBatch
from gongjian.domains.hotline.queries.importing import all_faults, all_repeats
from gongjian.identity.actor import SYSTEM


def write_fault_file(
    batch: ImportBatch,
    source: Source,
    layout: Layout,
    target: Path | IO[bytes],
    *,
    language: str,
    at: datetime,
) -> None:
    """Write the wrong and repeated rows of a checked batch, with the reason in each and its cells red."""
    errors: dict[int, list[RowError]] = {}
    for row, field, message in all_faults(batch):
        errors.setdefault(row, []).append(RowError(row, field, message))
    with translation.override(language):
        for row, winner in all_repeats(batch):
            told = _("编号和第 {row} 行重复，以第 {row} 行为准，这一行没有导入。").format(row=winner)
            errors.setdefault(row, []).append(RowError(row, "external_number", told))
    reading = open_table(source, table_of(layout, at=at), layout.columns, layout.how)
    write_errors(target, reading, errors, language)


def reasons(
    source: Source, layout: Layout, rows: Collection[int], *, language: str, at: datetime
) -> dict[tuple[int, str], str]:
    """Return why some rows of a file cannot be taken, by row and field, in another language than they are kept in."""
    last, found = max(rows, default=0), {}
    with translation.override(language):
        for entry in takewhile(lambda entry: entry.row <= last, Reader.open(source, layout, at=at).entries()):
            found.update({(error.row, error.field): error.message for error in entry.errors})
    return found


def note(act: str, batch: ImportBatch, at: datetime) -> None:
    """Put what was written or undone on record, in the transaction that did it; who asked stands in the line before."""
    names = (
        ("removed", "restored", "kept")
        if act == "undone"
        else ("read", "created", "updated", "unchanged", "repeated", "rejected")
    )
    told = " ".join(f"{name}={getattr(batch, name)}" for name in names)
    record(
        action=f"hotline.import.{act}", actor_kind=SYSTEM.kind, actor_id=None, unit_id=batch.unit_id,
        object_kind="import_batch", object_id=str(batch.pk), detail=f"{batch.program} {batch.file_name} {told}", at=at,
    )  # fmt: skip
