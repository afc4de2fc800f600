"""Records of another program taken in: one file a batch, what came of each row, and what is needed to take it back."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportBatch(models.Model):
    """One file of records: handed in, checked, written in one transaction, and for a day taken back on request."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("等待核对")
        CHECKING = "checking", _("正在核对")
        CHECKED = "checked", _("核对完，还没写入")
        WRITING = "writing", _("正在写入")
        DONE = "done", _("已导入")
        FAILED = "failed", _("没有导入")
        DISCARDED = "discarded", _("已放弃")
        UNDOING = "undoing", _("正在撤销")
        UNDONE = "undone", _("已撤销")

    program = models.CharField(max_length=60, blank=True)  # where the records come from
    file_name = models.CharField(max_length=120)
    document = models.ForeignKey("documents.Document", null=True, on_delete=models.PROTECT, related_name="+")
    mapping = models.TextField(blank=True)  # TOML, as a mapping file has it
    state = models.CharField(max_length=10, choices=State)
    user = models.ForeignKey("identity.User", null=True, on_delete=models.PROTECT, related_name="+")  # null: command
    unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)  # written
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey("identity.User", null=True, on_delete=models.PROTECT, related_name="+")
    swept_at = models.DateTimeField(null=True)  # the file and what stood in its rows are gone
    progress = models.PositiveIntegerField(default=0)  # rows done of the step that runs
    # One count for each row of the file: read = created + updated + unchanged + repeated + rejected.
    read = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    placeless = models.PositiveIntegerField(default=0)  # of those written, without coordinates
    outside = models.PositiveIntegerField(default=0)  # of those written, beyond the territory
    still_open = models.PositiveIntegerField(default=0)  # of those written, on the dispatch desk now
    # Of the rows taken, those that name another kind or person than the case has here, which stays as it came.
    not_followed = models.PositiveIntegerField(default=0, db_default=0)
    # What undoing it did, counted by what went, what was put back and what had to stay; a second try adds to it.
    removed = models.PositiveIntegerField(default=0, db_default=0)
    restored = models.PositiveIntegerField(default=0, db_default=0)
    kept = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=300, blank=True)  # why it failed
    notes = models.JSONField(default=list)  # what was found out about the file, and what of it was not read

    class Meta:
        indexes = [models.Index(fields=["-id"], name="import_newest")]


class ImportRow(models.Model):
    """What is to become of one row; holds no words of the record, and goes a day after the import."""

    class Verdict(models.TextChoices):
        NEW = "new", _("新件")
        CHANGED = "changed", _("有变化")
        SAME = "same", _("没有变化")
        REPEATED = "repeated", _("编号重复")
        WRONG = "wrong", _("有错")

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows", db_index=False)
    row = models.PositiveIntegerField()  # as a spreadsheet program counts
    external_number = models.CharField(max_length=60)
    closed_at = models.DateTimeField(null=True)
    digest = models.BinaryField(max_length=16)
    # What is short and no words is compared with the case itself (bulk.importing.facts).
    opened_at = models.DateTimeField(null=True)
    urgency = models.PositiveSmallIntegerField(null=True)
    confidentiality = models.PositiveSmallIntegerField(null=True)
    channel = models.CharField(max_length=20, default="", db_default="")
    holder_unit_id = models.BigIntegerField(null=True)
    # What a case keeps as it came; a row that says something else is told.
    kind = models.CharField(max_length=40, default="", db_default="")
    contact_index = models.BinaryField(max_length=16, null=True)
    verdict = models.CharField(max_length=10, choices=Verdict)
    winner = models.PositiveIntegerField(null=True)  # the row that stands in place of a repeated one

    class Meta:
        indexes = [models.Index(fields=["batch", "external_number"], name="import_row_number")]
        constraints = [models.UniqueConstraint(fields=["batch", "row"], name="import_row_once")]


class ImportFault(models.Model):
    """Why a row cannot be taken, or what of it is not followed, at which column; may quote the cell."""

    retention = "import-file"

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="faults", db_index=False)
    row = models.PositiveIntegerField()
    field = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=300)
    taken = models.BooleanField(default=False, db_default=False)  # the row is taken all the same

    class Meta:
        indexes = [models.Index(fields=["batch", "row"], name="import_fault_row")]


class ImportedCase(models.Model):
    """What a case was in the program it came from."""

    case = models.OneToOneField("casework.Case", primary_key=True, on_delete=models.CASCADE, related_name="imported")
    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="cases")  # that created it
    # That wrote it last; no index, for nobody asks from that end.
    latest = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="+", db_index=False)
    original_status = models.CharField(max_length=60)
    # Where it lay there; who handles it here a dispatcher decides.
    unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    outside = models.BooleanField()  # its place lies beyond the territory
    digest = models.BinaryField(max_length=16)  # of the row it was made from
    # Keyed hash of who asked, as the first row named them; null where it is not known or was erased.
    contact_index = models.BinaryField(max_length=16, null=True)
    version = models.PositiveIntegerField()  # of the case as the import left it


class ImportChange(models.Model):
    """What an import found in a case it changed, to be put back by an undo: a column for each of `FACTS`."""

    retention = "case-words"

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="changes", db_index=False)
    case = models.ForeignKey("casework.Case", on_delete=models.CASCADE, related_name="+")
    latest = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="+")  # that had written it before
    state = models.CharField(max_length=30)
    opened_at = models.DateTimeField(null=True)  # null in no row that this version wrote
    closed_at = models.DateTimeField(null=True)
    title = models.CharField(max_length=80)
    topic = models.ForeignKey("casework.Topic", null=True, on_delete=models.PROTECT, related_name="+")
    community = models.ForeignKey("places.Community", null=True, on_delete=models.PROTECT, related_name="+")
    cell = models.CharField(max_length=16, blank=True)
    urgency = models.PositiveSmallIntegerField(default=0, db_default=0)
    channel = models.CharField(max_length=20, default="", db_default="")
    confidentiality = models.PositiveSmallIntegerField(default=0, db_default=0)
    holder_unit = models.ForeignKey(
        "identity.Unit", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    description = models.TextField()
    address = models.CharField(max_length=120, blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    reply = models.TextField(blank=True)
    replied_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True, default="", db_default="")
    original_status = models.CharField(max_length=60)
    unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    outside = models.BooleanField()
    digest = models.BinaryField(max_length=16)
    # Pairs of question and answer, as JSON; empty in what an older version wrote.
    answers = models.TextField(default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "case"], name="import_change_once")]


class ImportedClock(models.Model):
    """What an import found in a clock that ran in a case it changed, to be put back by an undo."""

    change = models.ForeignKey(ImportChange, on_delete=models.CASCADE, related_name="clocks", db_index=False)
    clock = models.ForeignKey("casework.CaseClock", on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField()
    breached_at = models.DateTimeField(null=True)
    step = models.PositiveSmallIntegerField()
    next_step_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "clock"], name="import_clock_once")]


class ImportKept(models.Model):
    """A case that undoing a batch left as it is, and what holds it: people, a later import, or a table's name."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="keeps", db_index=False)
    case = models.ForeignKey("casework.Case", on_delete=models.CASCADE, related_name="+")
    why = models.CharField(max_length=63)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "case"], name="import_kept_once")]
