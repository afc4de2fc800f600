"""What the tests of imports share: files of records, taking them in and back, and every row that a case stands in."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.db import connection

from gongjian.casework.models import Case
from gongjian.casework.queries import standings
from gongjian.casework.sweeps import fold_tally
from gongjian.domains.hotline.actions import importing as acts
from gongjian.domains.hotline.bulk.importing import Layout, check, table_of, undo, write
from gongjian.domains.hotline.models import ImportBatch
from gongjian.domains.hotline.workflow import KINDS
from gongjian.identity.actor import SYSTEM
from gongjian.testing.clock import MONDAY_MORNING

HEAD: Final = "原编号,状态,登记时间,办结时间,类别,标题,内容,答复,地点,经度,纬度,承办单位,诉求人,电话"
DONE: Final = "A1,已办结,2025-03-01 09:30,2025-03-04 16:00,路灯照明,路灯不亮,海山路路灯三天不亮,已更换,海山路 12 号,114.237,22.557,,刘小明,13800006021"
OPEN: Final = "A2,在办,2026-11-01,,,,楼下烧烤店油烟大,,,,,,,"
COUNTS: Final = ("read", "created", "updated", "unchanged", "repeated", "rejected")
# Every row in which a case stands, without the numbers that must not go back: version, and what only counts on.
ROWS: Final = {
    "case": "select to_jsonb(c) - 'version' from casework_case c order by c.id",
    "request": "select to_jsonb(q) from hotline_servicerequest q order by q.case_id",
    "answers": "select to_jsonb(a) - 'id' from hotline_attributeanswer a order by a.case_id, a.place",
    "imported": "select to_jsonb(i) - 'version' from hotline_importedcase i order by i.case_id",
    "words": "select to_jsonb(t) from casework_casetext t order by t.case_id",
    "clocks": "select to_jsonb(k) from casework_caseclock k order by k.id",
    "pauses": "select to_jsonb(p) from casework_clockpause p order by p.id",
    "parties": "select to_jsonb(p) from casework_caseparty p order by p.id",
    "contacts": "select to_jsonb(c) from parties_contact c order by c.id",
}  # fmt: skip


def file_of(folder: Path, *lines: str, head: str = HEAD, name: str = "records.csv", encoding: str = "utf-8") -> Path:
    """Write a file of records."""
    path = folder / name
    path.write_bytes("\n".join([head, *lines]).encode(encoding))
    return path


def take_in(
    path: Path, *, layout: Layout | None = None, at: datetime = MONDAY_MORNING, program: str = "old-12349"
) -> ImportBatch:
    """Check a file and write it."""
    batch = acts.begin(program=program, file_name=path.name, mapping="", actor=SYSTEM, at=at)
    check(batch, path, layout or Layout(), at=at)
    write(batch, path, layout or Layout(), at=at)
    return batch


def take_back(batch: ImportBatch, at: datetime = MONDAY_MORNING) -> None:
    """Undo a batch."""
    ImportBatch.objects.filter(pk=batch.pk).update(state="undoing")
    undo(batch, at=at)


def counts(batch: ImportBatch) -> tuple[int, ...]:
    """Return the counts of an import."""
    return tuple(getattr(batch, name) for name in COUNTS)


def undone(batch: ImportBatch) -> tuple[int, int, int]:
    """Return the counts of its undoing."""
    return batch.removed, batch.restored, batch.kept


def case_of(number: str, program: str = "old-12349") -> Case:
    """Return the case of a number there."""
    rows = Case.objects.select_related("request", "imported")
    return rows.get(request__external_number=number, request__source_program=program)


def district_tally(*by: str) -> dict[Any, int]:
    """Return how many cases stand where, as every page counts them."""
    fold_tally(at=MONDAY_MORNING)
    names = by or ("state",)
    rows = standings(kinds=KINDS, by=list(names), open_only=False)
    return {r[names[0]] if len(names) == 1 else tuple(r[n] for n in names): r["n"] for r in rows if r["n"]}


def everything() -> dict[str, Any]:
    """Return every row of every case, and the tally in all its parts."""
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for name, statement in ROWS.items():
            cursor.execute(statement)
            found[name] = [row[0] for row in cursor.fetchall()]
    return found | {"tally": district_tally("kind", "topic", "unit", "community", "state")}


def topic_name() -> str:
    """Any topic of the catalogue, by its Chinese name."""
    return next(c for c in table_of(Layout(), at=MONDAY_MORNING).columns if c.key == "topic").choices[0].zh


def done(**over: str) -> str:
    """Return the line of a finished record, with words replaced."""
    line = DONE.replace("路灯照明", topic_name())
    for old, new in over.items():
        line = line.replace(old, new)
    return line
