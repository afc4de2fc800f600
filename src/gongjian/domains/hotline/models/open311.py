"""What programs that speak Open311 need beside the case: questions of a topic, answers, who sent it, what they said."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class OpenService(models.Model):
    """How a topic is offered to other programs; a topic without a row is offered as it is."""

    topic = models.OneToOneField("casework.Topic", primary_key=True, on_delete=models.CASCADE)
    offered = models.BooleanField(default=True)  # False: the topic is confidential and its cases are absent everywhere
    looked_at_first = models.BooleanField(
        default=False
    )  # programs get a token; public once the hotline has accepted it
    description_zh = models.CharField(max_length=200, blank=True)
    description_en = models.CharField(max_length=300, blank=True)
    keywords = models.CharField(max_length=200, blank=True)  # parted by commas, both languages together
    changed_at = models.DateTimeField()


class ServiceAttribute(models.Model):
    """A question that goes with a topic, asked from one day on until another."""

    class Datatype(models.TextChoices):
        STRING = "string", _("一行文字")
        NUMBER = "number", _("数字")
        DATETIME = "datetime", _("日期时间")
        TEXT = "text", _("多行文字")
        ONE = "singlevaluelist", _("单选")
        MANY = "multivaluelist", _("多选")

    topic = models.ForeignKey("casework.Topic", on_delete=models.PROTECT, related_name="attributes")
    code = models.CharField(max_length=40)
    datatype = models.CharField(max_length=20, choices=Datatype)
    required = models.BooleanField(default=False)
    variable = models.BooleanField(default=True)  # False: words to read, nothing to fill in
    order = models.PositiveSmallIntegerField()
    ask_zh = models.CharField(max_length=200)
    ask_en = models.CharField(max_length=300)
    hint_zh = models.CharField(max_length=200, blank=True)
    hint_en = models.CharField(max_length=300, blank=True)
    options = models.TextField(blank=True)  # of a list, one a line: key = 中文 | English
    valid = DateRangeField()
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_attribute_of_a_code_at_a_time",
                expressions=[
                    ("topic", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            )
        ]


class AttributeAnswer(models.Model):
    """What was answered in one case; of a list the key of the value, one row for each that was chosen."""

    retention = "case-words"

    case = models.ForeignKey("casework.Case", on_delete=models.CASCADE, related_name="answers")
    attribute = models.ForeignKey(ServiceAttribute, on_delete=models.PROTECT, related_name="answers")
    place = models.PositiveSmallIntegerField()
    value = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "attribute", "place"], name="attribute_answer_once")]


class ProgramReport(models.Model):
    """A case that came from another program, and what anybody may read of it."""

    retention = "case-words"

    case = models.OneToOneField(
        "casework.Case", primary_key=True, on_delete=models.CASCADE, related_name="program_report"
    )
    program = models.ForeignKey("identity.User", on_delete=models.PROTECT, related_name="+")
    words = models.TextField()  # the description without numbers, addresses and names that were sent with it
    place = models.CharField(max_length=120, blank=True)  # the address, treated alike
    media_url = models.CharField(max_length=500, blank=True)  # a link as sent; nobody here fetches it
    address_id = models.CharField(max_length=24, blank=True)
    token = models.CharField(max_length=32, unique=True)


class ProgramUpdate(models.Model):
    """What a program added to a case, under the program's own number for it."""

    retention = "case-words"

    event = models.OneToOneField("casework.CaseEvent", primary_key=True, on_delete=models.PROTECT, related_name="sent")
    program = models.ForeignKey("identity.User", on_delete=models.PROTECT, related_name="+")
    update_id = models.CharField(max_length=60, null=True)  # the program's number
    media_url = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "update_id"], name="program_update_once", condition=~models.Q(update_id=None)
            )
        ]


class TrialReport(models.Model):
    """A report to the test address: checked like a real one, kept for some days, acted upon by nobody."""

    retention = "draft"

    number = models.CharField(max_length=20, unique=True)
    program = models.ForeignKey("identity.User", on_delete=models.CASCADE, related_name="+")
    topic = models.ForeignKey("casework.Topic", on_delete=models.CASCADE, related_name="+")
    words = models.TextField()
    address = models.CharField(max_length=120, blank=True)
    address_id = models.CharField(max_length=24, blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    media_url = models.CharField(max_length=500, blank=True)
    token = models.CharField(max_length=32, unique=True)
    external_id = models.CharField(max_length=60, null=True)
    sent_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "external_id"], name="trial_report_once", condition=~models.Q(external_id=None)
            )
        ]
