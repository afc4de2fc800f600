"""What the hotline keeps beside the case: the request itself, dispatch rules, replies, returns, callbacks."""

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _


def always() -> DateRange:
    """Return the days of a row that came before rows had days: from the decision on the hotline, without end."""
    return DateRange(date(2012, 7, 24), None)


class DispatchRule(models.Model):
    """One line of the dispatch catalogue: who answers for a topic, since when, by which source."""

    topic = models.ForeignKey("casework.Topic", on_delete=models.PROTECT)
    catalogue = models.CharField(max_length=20)  # version, "2026-10"
    clause = models.CharField(max_length=20)  # "3.2"
    lead_unit = models.ForeignKey("identity.Unit", on_delete=models.PROTECT)
    assist_subdistrict = models.BooleanField(default=False)  # the place's subdistrict office helps
    lead_subdistrict = models.BooleanField(default=False)  # the place's subdistrict office leads instead
    limit_key = models.CharField(max_length=60)  # of the answer clock, e.g. hotline.answer.utility
    reason_zh = models.CharField(max_length=120)
    reason_en = models.CharField(max_length=200)
    valid = DateRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_rule_for_a_topic_at_a_time",
                expressions=[("topic", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
            )
        ]


class EmergencyWord(models.Model):
    """A word that makes the page show 110, 119 or 120 at once."""

    class Service(models.TextChoices):
        POLICE = "110", _("110 报警")
        FIRE = "119", _("119 火警")
        AMBULANCE = "120", _("120 急救")

    word = models.CharField(max_length=20)
    service = models.CharField(max_length=3, choices=Service)
    valid = DateRangeField(default=always)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_emergency_word_at_a_time",
                expressions=[("word", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
            )
        ]


class RejectReason(models.Model):
    """Why a matter cannot be taken, and where it belongs."""

    code = models.CharField(max_length=30)
    reason_zh = models.CharField(max_length=120)
    reason_en = models.CharField(max_length=200)
    channel_zh = models.CharField(max_length=120)
    channel_en = models.CharField(max_length=200)
    source = models.CharField(max_length=200)
    order = models.PositiveSmallIntegerField()
    valid = DateRangeField(default=always)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_reject_reason_at_a_time",
                expressions=[("code", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
            )
        ]


class ServiceRequest(models.Model):
    """The resident's words and everything about this request that desks do not sort by."""

    retention = "case-words"

    class Solved(models.TextChoices):
        YES = "yes", _("解决了")
        PARTLY = "partly", _("部分解决")
        NO = "no", _("没有解决")

    class Outcome(models.TextChoices):
        SOLVED = "solved", _("居民说解决了")
        PARTLY = "partly", _("居民说部分解决")
        UNSOLVED = "unsolved", _("居民说没有解决")
        UNREACHED = "unreached", _("没有联系上")
        ANSWERED = "answered", _("当场答复")
        REJECTED = "rejected", _("不予受理")
        CANCELLED = "cancelled", _("居民撤销")

    case = models.OneToOneField("casework.Case", primary_key=True, on_delete=models.CASCADE, related_name="request")
    description = models.TextField()
    # The only words of a case that strangers read: approved by a move, which says who and when.
    public_title = models.CharField(max_length=80, blank=True, db_default="", default="")
    address = models.CharField(max_length=120, blank=True)
    lon = models.FloatField(null=True)  # WGS-84, degrees
    lat = models.FloatField(null=True)
    wants_reply = models.BooleanField(default=True)
    emergency = models.CharField(max_length=3, blank=True)  # service the words called for
    rule = models.ForeignKey(DispatchRule, null=True, on_delete=models.PROTECT)
    dispatch_reason = models.CharField(max_length=300, blank=True)
    returns = models.PositiveSmallIntegerField(db_default=0)
    extensions = models.PositiveSmallIntegerField(db_default=0)
    waits = models.PositiveSmallIntegerField(db_default=0)
    redos = models.PositiveSmallIntegerField(db_default=0)
    reply = models.TextField(blank=True, db_default="")  # what the resident reads
    resolved = models.CharField(max_length=10, choices=Solved, blank=True, db_default="")  # says the unit
    answer_source = models.CharField(max_length=200, blank=True, db_default="")
    reject_reason = models.ForeignKey(RejectReason, null=True, on_delete=models.PROTECT)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, db_default="")
    satisfaction = models.PositiveSmallIntegerField(null=True)  # 1 very bad to 5 very good
    external_number = models.CharField(max_length=60, null=True)  # given by another program
    source_program = models.CharField(max_length=60, blank=True, db_default="")
    replied_at = models.DateTimeField(null=True)
    last_urged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="place_is_a_pair",
                condition=models.Q(lon=None, lat=None) | models.Q(lon__isnull=False, lat__isnull=False),
            ),
            models.CheckConstraint(
                name="satisfaction_1_to_5",
                condition=models.Q(satisfaction=None) | models.Q(satisfaction__gte=1, satisfaction__lte=5),
            ),
            models.UniqueConstraint(
                fields=["source_program", "external_number"],
                name="external_number_once",
                condition=~models.Q(external_number=None),
            ),
        ]


class Reply(models.Model):
    """One submitted answer; the reviewer's decision stands beside it."""

    retention = "case-words"

    case = models.ForeignKey("casework.Case", on_delete=models.CASCADE, related_name="replies")
    text = models.TextField()
    resolved = models.CharField(max_length=10, choices=ServiceRequest.Solved)
    unit = models.ForeignKey("identity.Unit", on_delete=models.PROTECT)
    written_by = models.ForeignKey("identity.User", on_delete=models.PROTECT)
    written_at = models.DateTimeField()
    approved = models.BooleanField(null=True)
    reviewed_by = models.ForeignKey("identity.User", null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    remark = models.CharField(max_length=300, blank=True, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], name="one_reply_under_review", condition=models.Q(approved__isnull=True)
            )
        ]


class Return(models.Model):
    """A unit sent a case back: why, by which rule, and who should have it."""

    class Reason(models.TextChoices):
        NOT_OURS = "not_ours", _("不属于本单位职责")
        WRONG_PLACE = "wrong_place", _("不在本单位辖区")
        OTHER_LEAD = "other_lead", _("应由其他单位主办")
        TOO_LITTLE = "too_little", _("内容不清，无法办理")

    case = models.ForeignKey("casework.Case", on_delete=models.CASCADE, related_name="returns")
    unit = models.ForeignKey("identity.Unit", on_delete=models.PROTECT)
    reason = models.CharField(max_length=20, choices=Reason)
    basis = models.CharField(max_length=300)
    proposed_unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    returned_by = models.ForeignKey("identity.User", on_delete=models.PROTECT)
    returned_at = models.DateTimeField()


class Extension(models.Model):
    """A unit asked for more time, before the term was over."""

    case = models.ForeignKey("casework.Case", on_delete=models.CASCADE, related_name="extensions")
    number = models.PositiveSmallIntegerField()  # first, second
    amount = models.PositiveSmallIntegerField()  # working days
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey("identity.User", on_delete=models.PROTECT)
    asked_at = models.DateTimeField()
    granted = models.BooleanField(null=True)
    decided_by = models.ForeignKey("identity.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    new_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], name="one_extension_pending", condition=models.Q(decided_at=None)),
            models.CheckConstraint(name="extension_at_most_twice", condition=models.Q(number__gte=1, number__lte=2)),
        ]


class CallAttempt(models.Model):
    """One try to reach the resident: by the unit as first contact, or by the callback desk."""

    class Purpose(models.TextChoices):
        CONTACT = "contact", _("首次联系")
        CALLBACK = "callback", _("回访")

    case = models.ForeignKey("casework.Case", on_delete=models.CASCADE, related_name="calls")
    purpose = models.CharField(max_length=10, choices=Purpose)
    reached = models.BooleanField()
    solved = models.CharField(max_length=10, choices=ServiceRequest.Solved, blank=True, default="")
    satisfaction = models.PositiveSmallIntegerField(null=True)
    was_contacted = models.BooleanField(null=True)  # did the unit contact the resident
    remark = models.CharField(max_length=300, blank=True, default="")
    made_by = models.ForeignKey("identity.User", on_delete=models.PROTECT)
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "made_at"], name="call_case")]


class ServiceHours(models.Model):
    """When the hotline's desks are staffed; shown on the home page."""

    weekdays = ArrayField(models.PositiveSmallIntegerField())  # 1 Monday to 7 Sunday
    opens = models.TimeField()
    closes = models.TimeField()
    words_zh = models.CharField(max_length=80)
    words_en = models.CharField(max_length=120)
    valid = DateRangeField()


class Notice(models.Model):
    """A notice on the public home page; as a banner it stands above everything, on holidays and in typhoons."""

    title_zh = models.CharField(max_length=80)
    title_en = models.CharField(max_length=120)
    body_zh = models.TextField()
    body_en = models.TextField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    banner = models.BooleanField(default=False, db_default=False)

    def words(self, *, english: bool) -> tuple[str, str, bool]:
        """Return title and body, and whether they are the Chinese ones because the English is still to come."""
        if english and self.title_en and self.body_en:
            return self.title_en, self.body_en, False
        return self.title_zh, self.body_zh, english
