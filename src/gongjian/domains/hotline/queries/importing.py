"""Reading import batches: the list, one of them, its faults and repeated rows, what an undo left in place."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django.models import ProcrastinateJob

from gongjian.casework.models import CaseEvent
from gongjian.casework.queries import unrestricted
from gongjian.domains.hotline.models import ImportBatch, ImportFault, ImportKept, ImportRow

Batch = ImportBatch  # for faces, which do not know tables
STATE = ImportBatch.State
RUNNING: Final = (STATE.CHECKING, STATE.WRITING, STATE.UNDOING)
UNDO_WITHIN: Final = timedelta(hours=24)
KEPT_SHOWN: Final = 200
TASK: Final = "hotline.import"

# What holds a case that an undo leaves in place: these, or the table that speaks of it.
PEOPLE, IMPORT, UNKNOWN = "people", "import", "unknown"
HOLDS: Final = {
    PEOPLE: gettext_lazy("有人办过"),
    IMPORT: gettext_lazy("后来的导入又写过，先撤销那一批"),
    UNKNOWN: gettext_lazy("升级时写入，没有记下原样"),
    "casework_case": gettext_lazy("另一件挂在这一件下面"),
    "casework_casedocument": gettext_lazy("有附件"),
    "casework_caseshare": gettext_lazy("有单位在协办"),
    "casework_revealgrant": gettext_lazy("有人看过联系方式，这条记录不能删"),
    "hotline_attributeanswer": gettext_lazy("有补充问题的回答"),
    "hotline_callattempt": gettext_lazy("有人打过电话"),
    "hotline_callerrestriction": gettext_lazy("有人据此限制过来电"),
    "hotline_extension": gettext_lazy("有人申请过延期"),
    "hotline_follower": gettext_lazy("有人关注"),
    "hotline_importchange": gettext_lazy("后来的导入又写过，先撤销那一批"),
    "hotline_importedclock": gettext_lazy("后来的导入又写过，先撤销那一批"),
    "hotline_programreport": gettext_lazy("有程序登记过"),
    "hotline_programupdate": gettext_lazy("有程序补充过"),
    "hotline_reply": gettext_lazy("有人写过答复"),
    "hotline_replydraft": gettext_lazy("有人正在写答复"),
    "hotline_replyevidence": gettext_lazy("有人上传过办理证据"),
    "hotline_return": gettext_lazy("有单位退回过"),
    "hotline_sending": gettext_lazy("有手机发来过内容"),
    "notify_message": gettext_lazy("给诉求人发过通知"),
    "parties_consent": gettext_lazy("诉求人同意过联系"),
}


class Kept(NamedTuple):
    """A case that an undo left in place."""

    number: str
    why: str


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


def may_undo(batch: ImportBatch, at: datetime) -> bool:
    """Whether there is something to take back: a batch that is written, or of which something was kept, for a day."""
    written = batch.state == STATE.DONE or (batch.state == STATE.UNDONE and batch.kept > 0)
    return written and in_time(batch, at)


def in_time(batch: ImportBatch, at: datetime) -> bool:
    """Whether the day in which a batch can be taken back is not over."""
    return batch.finished_at is not None and at < batch.finished_at + UNDO_WITHIN


def stuck(batch: ImportBatch) -> bool:
    """Whether a batch is in the middle of a step and no job goes on with it: it was given up after several tries."""
    if batch.state not in RUNNING:
        return False
    jobs = ProcrastinateJob.objects.filter(task_name=TASK, args__batch_id=batch.pk)
    return not jobs.filter(status__in=("todo", "doing")).exists()


def faults(batch: ImportBatch, most: int, *, taken: bool = False) -> Sequence[tuple[int, str, str]]:
    """Return the first faults: row, field, message; with `taken` what is not followed of rows that are taken."""
    rows = ImportFault.objects.filter(batch=batch, taken=taken).order_by("row", "pk")
    return list(rows.values_list("row", "field", "message")[:most])


def repeats(batch: ImportBatch, most: int) -> Sequence[tuple[int, int | None, str]]:
    """Return the first rows whose number another row has too: row, the row that stands, the number."""
    rows = ImportRow.objects.filter(batch=batch, verdict=ImportRow.Verdict.REPEATED).order_by("row")
    return list(rows.values_list("row", "winner", "external_number")[:most])


def all_faults(batch: ImportBatch) -> Iterator[tuple[int, str, str]]:
    """Yield every fault of rows that are not taken, in the order of the rows."""
    rows = ImportFault.objects.filter(batch=batch, taken=False).order_by("row", "pk")
    yield from rows.values_list("row", "field", "message").iterator(chunk_size=5_000)


def all_repeats(batch: ImportBatch) -> Iterator[tuple[int, int | None]]:
    """Yield every repeated row with the row that stands in its place."""
    rows = ImportRow.objects.filter(batch=batch, verdict=ImportRow.Verdict.REPEATED).order_by("row")
    yield from rows.values_list("row", "winner").iterator(chunk_size=5_000)


def kept(batch: ImportBatch, most: int | None = KEPT_SHOWN) -> list[Kept]:
    """Return the first cases an undo left in place, or all, each with the reason."""
    rows = ImportKept.objects.filter(unrestricted(path="case__"), batch=batch).order_by("case")
    found = rows.values_list("case__number", "why")[:most]
    return [Kept(number, _why(why)) for number, why in found]


def _why(code: str) -> str:
    return str(HOLDS[code]) if code in HOLDS else _("别的记录提到它（{table}）").format(table=code)


def worked_on(case_ids: Collection[int]) -> set[int]:
    """Return those of the cases in whose history stands anybody but the system."""
    rows = CaseEvent.objects.filter(case__in=case_ids).exclude(actor_kind="system")
    return set(rows.values_list("case", flat=True))
