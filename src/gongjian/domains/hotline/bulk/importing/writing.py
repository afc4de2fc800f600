"""The second reading: everything the check promised, in one transaction."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, Final

from django.db import connection, transaction

from gongjian.casework import words
from gongjian.casework.limits import book
from gongjian.casework.models import Case, TallyDelta
from gongjian.documents.decoding import Source
from gongjian.domains.hotline.bulk.ids import Numbers
from gongjian.domains.hotline.bulk.importing.changing import change
from gongjian.domains.hotline.bulk.importing.checking import classify
from gongjian.domains.hotline.bulk.importing.layout import Layout
from gongjian.domains.hotline.bulk.importing.reading import Entry, Reader
from gongjian.domains.hotline.bulk.importing.telling import note
from gongjian.domains.hotline.bulk.loading import Sending, weigh
from gongjian.domains.hotline.bulk.records import Record, Step, sealed
from gongjian.domains.hotline.bulk.replay import replayed
from gongjian.domains.hotline.models import ImportBatch, ImportedCase, ImportRow, ServiceRequest
from gongjian.domains.hotline.rules import span
from gongjian.parties.actions import contact_row
from gongjian.places.queries import locate
from gongjian.workdays.rules import SHANGHAI

LOCK: Final = 7_233_031  # with a hash of the program: one import of a program at a time
AT_ONCE: Final = 5_000
CHANGES_AT_ONCE: Final = 500
UNDO_WITHIN: Final = timedelta(hours=24)

AFTER: Final = {"accept": "to_dispatch", "source_closed": "closed", "archive": "archived"}
PLACES: Final = 50_000  # kept in memory
MOST: Final = 30_000  # that one change of the tally can say


class Busy(Exception):
    """Another import of the same program is being written."""


class Places(dict[tuple[float | None, float | None], tuple[int | None, str, bool]]):
    """Community, cell, and whether it lies outside the territory, by place; people report the same places often."""

    def __missing__(self, place: tuple[float | None, float | None]) -> tuple[int | None, str, bool]:
        lon, lat = place
        if lon is None or lat is None:
            return None, "", False
        if len(self) >= PLACES:
            self.clear()
        found = locate(lon, lat)
        told = self[place] = found.community_id, found.cell, not found.inside
        return told


@dataclass
class Writer:
    """What one batch writes, and what it counts."""

    batch: ImportBatch
    layout: Layout
    at: datetime
    archive_before: datetime
    counts: dict[str, int] = field(default_factory=lambda: {"placeless": 0, "outside": 0, "still_open": 0})
    places: Places = field(default_factory=Places)
    tally: Counter[tuple[str, int | None, int | None, int | None, str]] = field(default_factory=Counter)

    def count(self, entry: Entry, *, outside: bool) -> None:
        self.counts["placeless"] += entry.lon is None
        self.counts["outside"] += outside
        self.counts["still_open"] += not entry.closed

    def record(self, entry: Entry) -> Record:
        """Return a new row as the record of a case."""
        community_id, cell, outside = self.places[entry.lon, entry.lat]
        self.count(entry, outside=outside)
        steps = self.steps(entry)
        topic_id = entry.topic.id if entry.topic else None
        self.tally[entry.kind, topic_id, steps[0].holder_unit_id, community_id, AFTER[steps[-1].move]] += 1
        imported = {
            "batch_id": self.batch.pk, "latest_id": self.batch.pk, "original_status": entry.original_status,
            "outside": outside, "digest": entry.digest, "version": len(steps),
        }  # fmt: skip
        return Record(
            kind=entry.kind, title=entry.title, description=entry.description,
            topic_id=topic_id, topic_words=entry.topic.name_zh if entry.topic else "",
            channel=entry.channel, urgency=entry.urgency,
            confidentiality=Case.Confidentiality.CONFIDENTIAL if entry.confidential else Case.Confidentiality.OPEN,
            address=entry.address, lon=entry.lon, lat=entry.lat, community_id=community_id, cell=cell,
            language=self.layout.language, contact=self.contact(entry), person_id=None, consent_contact=False,
            notify=False, steps=steps, detail=self.detail(entry), rows=((ImportedCase, imported),),
            with_clocks=not entry.closed, clocks_from=self.at, more_words=words.fold(entry.external_number),
        )  # fmt: skip

    def deltas(self) -> list[TallyDelta]:
        """Return the new cases as changes of the tally, for which nobody has to wait."""
        return [
            TallyDelta(
                kind=kind, topic_id=topic, unit_id=unit, community_id=community, state=state, n=min(MOST, n - told)
            )
            for (kind, topic, unit, community, state), n in self.tally.items()
            for told in range(0, n, MOST)
        ]

    def contact(self, entry: Entry) -> dict[str, Any] | None:
        """Return the sealed columns of who asked; None where the row names nobody."""
        if not (entry.name or entry.phone or entry.email):
            return None
        since, language = entry.opened_at or self.at, self.layout.language
        return sealed(contact_row(name=entry.name, phone=entry.phone, email=entry.email, language=language, at=since))

    def detail(self, entry: Entry) -> dict[str, Any]:
        told: dict[str, Any] = {
            "external_number": entry.external_number, "source_program": self.batch.program, "wants_reply": False,
        }  # fmt: skip
        if entry.reply:
            told |= {"reply": entry.reply, "replied_at": entry.closed_at}
        if entry.closed:
            told["outcome"] = ServiceRequest.Outcome.ANSWERED.value if entry.reply else ""
        return told

    def steps(self, entry: Entry) -> list[Step]:
        """Return what happened: registered there; and finished there, or waiting here to be dispatched."""
        opened_at, source = entry.opened_at or self.at, f"{self.batch.program} {entry.external_number}".strip()
        told = f"{source}：{entry.original_status}"
        steps = [Step("register", opened_at, channel="system", internal_text=told, holder_unit_id=entry.unit_id)]
        if not entry.closed:
            # Which unit it lay with elsewhere a dispatcher reads; where it goes from here he decides.
            steps[0] = steps[0]._replace(holder_unit_id=None)
            return [*steps, Step("accept", max(self.at, opened_at), channel="system")]
        closed_at = entry.closed_at or opened_at
        steps.append(Step("source_closed", closed_at, channel="system", public_text=entry.reply))
        if closed_at < self.archive_before:
            steps.append(Step("archive", self.at, channel="system"))
        return steps


def write(
    batch: ImportBatch,
    source: Source,
    layout: Layout,
    *,
    at: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Write what the check promised, all of it or nothing, and count; a batch that is done is left alone.

    New rows become cases by COPY, changed ones are moved one by one. Raises Busy where another import of the same
    program runs, and what the check raises.
    """
    with transaction.atomic():
        _lock(batch)
        batch.refresh_from_db(fields=["state"])
        if batch.state == ImportBatch.State.DONE:
            return
        classify(batch)
        reader = Reader.open(source, layout, at=at, checked=True)
        term = book().term(key="hotline.archive", urgency=Case.Urgency.ORDINARY, day=at.astimezone(SHANGHAI).date())
        writer = Writer(batch, layout, at, at - span(term.term))
        _write_new(writer, reader, progress)
        TallyDelta.objects.bulk_create(writer.deltas())
        _change(writer, reader)
        for name, n in writer.counts.items():
            setattr(batch, name, n)
        batch.state, batch.finished_at, batch.trouble = ImportBatch.State.DONE, at, ""
        batch.save()
        note("done", batch, at)


def _write_new(writer: Writer, reader: Reader, progress: Callable[[int], None]) -> None:
    numbers = Numbers(live=writer.at)
    numbers.prime()
    with Sending.begun() as sending:
        for n, (tables, _n) in enumerate(replayed(_new(writer, reader, progress), numbers=numbers)):
            sending.send(list(tables.for_copy()))
            if n == 0:
                weigh()
                # From here on the references of rows are looked up as they come, while the next rows are made.
                with connection.cursor() as cursor:
                    cursor.execute("set constraints all immediate")
    weigh()


def _lock(batch: ImportBatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s::int, hashtext(%s))", [LOCK, batch.program])
        if not cursor.fetchone()[0]:
            raise Busy(batch.program)


def _new(writer: Writer, reader: Reader, progress: Callable[[int], None]) -> Iterator[Record]:
    """Yield the records of the new rows; file and verdicts are read side by side, both in the file's order."""
    both = zip(reader.entries(), _verdicts(writer.batch), strict=True)
    for done, (entry, (row, verdict, digest)) in enumerate(both, start=1):
        if row != entry.row:
            raise ValueError("the file is not the one that was checked")
        if verdict == ImportRow.Verdict.NEW:
            yield writer.record(entry._replace(digest=bytes(digest)))
        if done % AT_ONCE == 0:
            progress(done)


def _verdicts(batch: ImportBatch) -> Iterator[tuple[int, str, bytes | memoryview]]:
    """Yield row, verdict and digest in the file's order: so many at once, each time by a statement that ends."""
    rows = ImportRow.objects.filter(batch=batch).order_by("row").values_list("row", "verdict", "digest")
    some = list(rows[:AT_ONCE])
    while some:
        yield from some
        some = list(rows.filter(row__gt=some[-1][0])[:AT_ONCE])


def _change(writer: Writer, reader: Reader) -> None:
    """Change the cases whose rows have changed."""
    if not writer.batch.updated:
        return
    rows = ImportRow.objects.filter(batch=writer.batch, verdict=ImportRow.Verdict.CHANGED)
    wanted = {row: bytes(digest) for row, digest in rows.values_list("row", "digest")}
    found_again = (entry for entry in reader.entries() if entry.row in wanted)
    changed = (entry._replace(digest=wanted[entry.row]) for entry in found_again)
    for entries in batched(changed, CHANGES_AT_ONCE, strict=False):
        found = {
            row.case.request.external_number: row
            for row in ImportedCase.objects.select_related("case", "case__request").filter(
                case__request__source_program=writer.batch.program,
                case__request__external_number__in=[entry.external_number for entry in entries],
            )
        }
        for entry in entries:
            community_id, cell, outside = writer.places[entry.lon, entry.lat]
            writer.count(entry, outside=outside)
            change(
                found[entry.external_number], entry, batch=writer.batch, community_id=community_id, cell=cell,
                outside=outside, at=writer.at,
            )  # fmt: skip
