"""A record that has come again and says something else: the case follows, as long as no person has worked on it."""

from datetime import datetime
from typing import Any, Final

from django.db import connection

from gongjian.casework import words
from gongjian.casework.actions import Change, move
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case
from gongjian.domains.hotline.bulk.importing.reading import Entry
from gongjian.domains.hotline.models import ImportBatch, ImportChange, ImportedCase, ServiceRequest
from gongjian.identity.actor import SYSTEM

CLOSING, CHANGING = "source_closed", "source_changed"
REQUEST: Final = ("description", "address", "lon", "lat", "reply")


def change(
    imported: ImportedCase,
    entry: Entry,
    *,
    batch: ImportBatch,
    community_id: int | None,
    cell: str,
    outside: bool,
    at: datetime,
) -> None:
    """Let a case follow its row and remember what it was; one that is finished there is closed here.

    Kind and contact data stay as they came the first time.
    """
    case, request = imported.case, imported.case.request
    remember(imported, batch)
    detail: dict[str, Any] = {name: getattr(entry, name) for name in REQUEST}
    closes = entry.closed and case.closed_at is None
    if closes and entry.reply:
        detail |= {"replied_at": entry.closed_at, "outcome": ServiceRequest.Outcome.ANSWERED.value}
    told = f"{imported.original_status} → {entry.original_status}" if closes else ""
    moved = move(
        kind=kind_of(case.kind),
        case=case,
        name=CLOSING if closes else CHANGING,
        change=Change(
            public_text=entry.reply if closes else "",
            internal_text=told or f"{request.source_program} {entry.external_number}：{entry.original_status}",
            title=entry.title,
            topic_id=entry.topic.id if entry.topic else None,
            community_id=community_id,
            urgency=entry.urgency,
            detail=detail,
        ),
        actor=SYSTEM,
        at=at,
    )
    # What the move does not know: when it began and ended there.
    Case.objects.filter(pk=case.pk).update(
        cell=cell, opened_at=entry.opened_at or case.opened_at, closed_at=entry.closed_at
    )
    topic = entry.topic.name_zh if entry.topic else ""
    reword(case, [entry.title, entry.description, entry.address, topic], entry.external_number, state=moved.state,
           topic_id=entry.topic.id if entry.topic else None)  # fmt: skip
    ImportedCase.objects.filter(pk=case.pk).update(
        latest=batch, original_status=entry.original_status, outside=outside, digest=entry.digest, version=moved.version
    )


def remember(imported: ImportedCase, batch: ImportBatch) -> None:
    """Write down what the case is now, for an undo."""
    case, request = imported.case, imported.case.request
    ImportChange.objects.create(
        batch=batch, case=case, latest_id=imported.latest_id, state=case.state, closed_at=case.closed_at,
        title=case.title, topic_id=case.topic_id, community_id=case.community_id, cell=case.cell,
        description=request.description, address=request.address, lon=request.lon, lat=request.lat,
        reply=request.reply, original_status=imported.original_status, outside=imported.outside,
        digest=bytes(imported.digest),
    )  # fmt: skip


def reword(case: Case, texts: list[str], number: str, *, state: str, topic_id: int | None) -> None:
    """Make the case's search vector anew."""
    lexemes = words.facts(kind=kind_of(case.kind), state=state, unit=case.holder_unit_id, topic=topic_id)
    grams = words.literal([*map(words.cleaned, texts), words.fold(number)], lexemes)
    with connection.cursor() as cursor:
        cursor.execute("update casework_casetext set grams = %s::tsvector where case_id = %s", [grams, case.pk])
