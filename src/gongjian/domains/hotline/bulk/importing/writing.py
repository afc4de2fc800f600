"""The second reading: everything the check promised, in one transaction."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import Any, Final

from django.db import connection, transaction

from gongjian.casework import words
from gongjian.casework.limits import book
from gongjian.casework.models import Case, TallyDelta
from gongjian.casework.queries import restricted_topics
from gongjian.documents.decoding import Source
from gongjian.domains.hotline.bulk.importing.changing import change, hide, source_words
from gongjian.domains.hotline.bulk.importing.checking import classify, count, refuse
from gongjian.domains.hotline.bulk.importing.facts import NOWHERE, OPEN, Place, contact_index, facts, of
from gongjian.domains.hotline.bulk.importing.layout import Layout
from gongjian.domains.hotline.bulk.importing.locks import hold
from gongjian.domains.hotline.bulk.importing.reading import Entry, Reader
from gongjian.domains.hotline.bulk.importing.telling import note
from gongjian.domains.hotline.bulk.loading import Sending, weigh
from gongjian.domains.hotline.bulk.records import Record, Step, sealed
from gongjian.domains.hotline.bulk.replay import replayed
from gongjian.domains.hotline.models import (
    AttributeAnswer,
    ImportBatch,
    ImportChange,
    ImportedCase,
    ImportRow,
    ServiceRequest,
)
from gongjian.domains.hotline.queries.importing import worked_on
from gongjian.domains.hotline.rules import span
from gongjian.parties.actions import contact_row
from gongjian.places.queries import locate
from gongjian.workdays.rules import local_day

AT_ONCE: Final = 5_000
CHANGES_AT_ONCE: Final = 500

AFTER: Final = {"accept": "to_dispatch", "source_closed": "closed", "archive": "archived"}
PLACES: Final = 50_000  # kept in memory
MOST: Final = 30_000  # that one change of the tally can say
# What `Record` has an argument of its own for.
RECORDED: Final = (
    "title", "description", "topic_id", "channel", "urgency", "confidentiality", "address", "lon", "lat",
    "community_id", "cell",
)  # fmt: skip


class Places(dict[tuple[float | None, float | None], Place]):
    """What is known of points; people report the same places often."""

    def __missing__(self, point: tuple[float | None, float | None]) -> Place:
        lon, lat = point
        if lon is None or lat is None:
            return NOWHERE
        if len(self) >= PLACES:
            self.clear()
        found = locate(lon, lat)
        place = self[point] = Place(found.community_id, found.cell, not found.inside)
        return place


@dataclass
class Writer:
    """What one batch writes, and what it counts."""

    batch: ImportBatch
    layout: Layout
    at: datetime
    archive_before: datetime
    counts: dict[str, int] = field(default_factory=lambda: {"placeless": 0, "outside": 0, "still_open": 0})
    places: Places = field(default_factory=Places)
    restricted: frozenset[int] = field(default_factory=restricted_topics)
    tally: Counter[tuple[str, int | None, int | None, int | None, str]] = field(default_factory=Counter)

    def count(self, entry: Entry, *, outside: bool) -> None:
        self.counts["placeless"] += entry.lon is None
        self.counts["outside"] += outside
        self.counts["still_open"] += not entry.closed

    def record(self, entry: Entry, digest: bytes) -> Record:
        """Return a new row as the record of a case."""
        place = self.places[entry.lon, entry.lat]
        self.count(entry, outside=place.outside)
        said = facts(entry, place)
        steps = self.steps(entry, said)
        unit_id = steps[0].holder_unit_id
        if said["topic_id"] not in self.restricted:
            self.tally[entry.kind, said["topic_id"], unit_id, place.community_id, AFTER[steps[-1].move]] += 1
        imported = of(ImportedCase, said) | {
            "batch_id": self.batch.pk, "latest_id": self.batch.pk, "digest": digest,
            "contact_index": contact_index(entry), "version": len(steps),
        }  # fmt: skip
        detail = {name: value for name, value in of(ServiceRequest, said).items() if name not in RECORDED}
        return Record(
            kind=entry.kind, topic_words=entry.topic.name_zh if entry.topic else "",
            language=self.layout.language, contact=self.contact(entry), person_id=None, consent_contact=False,
            notify=False, steps=steps, detail=detail | self.detail(entry),
            rows=((ImportedCase, imported), *_answered(entry)), with_clocks=not entry.closed, clocks_from=self.at,
            more_words=words.fold(entry.external_number),
            **{name: said[name] for name in RECORDED},
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
        return {
            "external_number": entry.external_number, "source_program": self.batch.program, "wants_reply": False,
        }  # fmt: skip

    def steps(self, entry: Entry, said: Mapping[str, Any]) -> list[Step]:
        """Return what happened: registered there; and finished there, or waiting here to be dispatched."""
        opened_at, unit_id = said["opened_at"], said["holder_unit_id"]
        told = source_words(self.batch.program, entry)
        steps = [Step("register", opened_at, channel="system", internal_text=told, holder_unit_id=unit_id)]
        if not entry.closed:
            return [*steps, Step("accept", max(self.at, opened_at), channel="system")]
        closed_at = said["closed_at"]
        steps.append(Step("source_closed", closed_at, channel="system", public_text=said["reply"]))
        if closed_at < self.archive_before:
            steps.append(Step("archive", self.at, channel="system"))
        return steps


def _answered(entry: Entry) -> list[tuple[type[AttributeAnswer], dict[str, Any]]]:
    answers = enumerate(entry.answers or ())
    return [(AttributeAnswer, {"attribute_id": one, "place": n, "value": value}) for n, (one, value) in answers]


def write(
    batch: ImportBatch,
    source: Source,
    layout: Layout,
    *,
    at: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Write what the check promised, all of it or nothing, and count what came; a batch that is done is left alone.

    New rows become cases by COPY, changed ones are moved one by one. Raises Busy where another batch of the same
    program is at work, and what the check raises.
    """
    with transaction.atomic():
        hold(batch)
        batch.refresh_from_db(fields=["state"])
        if batch.state == ImportBatch.State.DONE:
            return
        classify(batch)
        reader = Reader.open(source, layout, at=at, checked=True)
        term = book().term(key="hotline.archive", urgency=Case.Urgency.ORDINARY, day=local_day(at))
        writer = Writer(batch, layout, at, at - span(term.term))
        _write_new(writer, reader, progress)
        TallyDelta.objects.bulk_create(writer.deltas())
        _change(writer, reader)
        count(batch)
        batch.created = ImportedCase.objects.filter(batch=batch).count()
        batch.updated = ImportChange.objects.filter(batch=batch).count()
        for name, n in writer.counts.items():
            setattr(batch, name, n)
        batch.state, batch.finished_at, batch.trouble = ImportBatch.State.DONE, at, ""
        batch.save()
        note("done", batch, at)


def _write_new(writer: Writer, reader: Reader, progress: Callable[[int], None]) -> None:
    with Sending.begun() as sending:
        for n, (tables, _n) in enumerate(replayed(_new(writer, reader, progress))):
            sending.send(list(tables.for_copy()))
            if n == 0:
                weigh()
                # From here on the references of rows are looked up as they come, while the next rows are made.
                with connection.cursor() as cursor:
                    cursor.execute("set constraints all immediate")
    weigh()


def _new(writer: Writer, reader: Reader, progress: Callable[[int], None]) -> Iterator[Record]:
    """Yield the records of the new rows; file and verdicts are read side by side, both in the file's order."""
    both = zip(reader.entries(), _verdicts(writer.batch), strict=True)
    for done, (entry, (row, verdict, digest)) in enumerate(both, start=1):
        if row != entry.row:
            raise ValueError("the file is not the one that was checked")
        if verdict == ImportRow.Verdict.NEW:
            yield writer.record(entry, bytes(digest))
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
    rows = ImportRow.objects.filter(batch=writer.batch, verdict=ImportRow.Verdict.CHANGED)
    wanted = {row: bytes(digest) for row, digest in rows.values_list("row", "digest")}
    if not wanted:
        return
    changed = (entry for entry in reader.entries() if entry.row in wanted)
    for entries in batched(changed, CHANGES_AT_ONCE, strict=False):
        _change_some(writer, entries, wanted)


def _change_some(writer: Writer, entries: Sequence[Entry], digests: Mapping[int, bytes]) -> None:
    """Change some cases; a row that changes nothing, or whose case somebody took up meanwhile, says so after all."""
    found = {
        row.case.request.external_number: row
        for row in ImportedCase.objects.select_related("case", "case__request")
        .select_for_update(of=("self", "case"))
        .filter(
            case__request__source_program=writer.batch.program,
            case__request__external_number__in=[entry.external_number for entry in entries],
        )
        .order_by("pk")
    }
    taken_up = worked_on([row.pk for row in found.values()])
    same = list[int]()
    for entry in entries:
        imported, place = found[entry.external_number], writer.places[entry.lon, entry.lat]
        if imported.pk in taken_up and entry.confidential and imported.case.confidentiality == OPEN:
            hide(imported, batch=writer.batch, at=writer.at)
        elif imported.pk in taken_up:
            refuse(writer.batch, entry.row, imported.case.number)
        elif change(imported, entry, batch=writer.batch, digest=digests[entry.row], place=place, at=writer.at):
            writer.count(entry, outside=place.outside)
        else:
            same.append(entry.row)
    ImportRow.objects.filter(batch=writer.batch, row__in=same).update(verdict=ImportRow.Verdict.SAME)
