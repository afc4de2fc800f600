"""What makes the desks bearable every day: saved filters, wordings of answers, lists as files, callers held back."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class ListPage(models.TextChoices):
    """A list of staff that can be filtered and taken out; the value is the name of its page."""

    SEARCH = "search", _("查件")
    INBOX = "inbox", _("我的件")
    BOARD = "board", _("派件台")
    SUPERVISE = "supervise", _("督办")
    REVIEW = "review", _("审核")
    CALLBACK = "callback", _("回访")


class SavedFilter(models.Model):
    """A list with its conditions, kept under a name: one's own, or lent to the colleagues of a unit."""

    user = models.ForeignKey("identity.User", on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.CASCADE, related_name="+")  # lent to
    page = models.CharField(max_length=20, choices=ListPage)
    name = models.CharField(max_length=30)
    query = models.CharField(max_length=600)  # url-encoded, as the page itself writes it
    opens = models.BooleanField(default=False)  # what the page shows its owner when it is opened
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="filter_name_once"),
            models.UniqueConstraint(fields=["user", "page"], name="filter_opens_once", condition=models.Q(opens=True)),
        ]
        indexes = [
            models.Index(fields=["unit", "page"], name="filter_lent", condition=models.Q(unit__isnull=False)),
        ]


class ListExport(models.Model):
    """A list that is too long to wait for: written by a job, kept for a week for whoever asked for it."""

    retention = "export"

    class State(models.TextChoices):
        QUEUED = "queued", _("排队中")
        RUNNING = "running", _("正在写")
        DONE = "done", _("写好了")
        FAILED = "failed", _("没有写成")

    user = models.ForeignKey("identity.User", on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=20, choices=ListPage)
    query = models.CharField(max_length=600)
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    case_ids = ArrayField(models.BigIntegerField(), default=list)  # the list as it stood when it was asked for
    total = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    document = models.ForeignKey("documents.Document", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="export_of_user")]


class ReplyTemplate(models.Model):
    """A wording that answers of one kind begin with; its texts stand in versions by the day they hold from."""

    unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.CASCADE, related_name="+")  # null: all units
    topic = models.ForeignKey("casework.Topic", null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=40)
    used = models.PositiveIntegerField(default=0)  # how often an answer was begun with it
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "name"],
                name="template_name_once",
                condition=models.Q(retired_at=None),
                nulls_distinct=False,
            )
        ]


class ReplyWording(models.Model):
    """One version of a wording; the newest whose day has come is offered, the older ones stay to be looked up."""

    template = models.ForeignKey(ReplyTemplate, on_delete=models.CASCADE, related_name="wordings")
    text_zh = models.TextField()
    text_en = models.TextField(blank=True, default="")
    valid_from = models.DateField()
    written_by = models.ForeignKey("identity.User", on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["template", "valid_from"], name="wording_once_a_day")]


class CallerRestriction(models.Model):
    """For a time a number's web reports are slowed and its calls follow a calm script; emergencies are always taken.

    Found by the keyed hash of the number alone; it says what was decided, by whom, on what basis and until when, and
    nothing about the person. It ends by itself.
    """

    retention = "restriction"
    subject_export = ("reason", "basis", "starts", "ends", "ended_at", "ended_why")

    phone_index = models.BinaryField(max_length=16)
    mask_phone = models.CharField(max_length=40)
    case = models.ForeignKey("casework.Case", on_delete=models.CASCADE, related_name="+")  # where it was decided
    renews = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=300)
    basis = models.CharField(max_length=300)
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    decided_by = models.ForeignKey("identity.User", on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # before its time
    ended_by = models.ForeignKey("identity.User", null=True, on_delete=models.PROTECT, related_name="+")
    ended_why = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["phone_index", "ends"], name="restriction_number")]
        constraints = [
            models.CheckConstraint(name="restriction_has_a_span", condition=models.Q(ends__gt=models.F("starts"))),
        ]


class ReplyEvidence(models.Model):
    """A file that proves an answer: gathered while it is written, handed in with it, public once it is approved."""

    retention = "case-words"

    case = models.ForeignKey("casework.Case", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("identity.User", on_delete=models.PROTECT, related_name="+")
    document = models.OneToOneField("documents.Document", on_delete=models.PROTECT, related_name="+")
    public = models.BooleanField(default=False)  # the resident is to see it with the answer
    reply = models.ForeignKey("hotline.Reply", null=True, on_delete=models.CASCADE, related_name="evidence")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "user"], name="evidence_of_draft", condition=models.Q(reply=None))]
