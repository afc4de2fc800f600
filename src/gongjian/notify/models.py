"""What somebody is told, by which way, and whether it arrived."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from gongjian.sealing.fields import SealedTextField


class Channel(models.TextChoices):
    SITE = "site", _("站内")
    SMS = "sms", _("短信")
    EMAIL = "email", _("邮件")


class Urgency(models.TextChoices):
    ORDINARY = "ordinary", _("普通")
    URGENT = "urgent", _("紧急")  # also at night
    CODE = "code", _("验证码")  # also at night; the words are wiped once sent


class State(models.TextChoices):
    QUEUED = "queued", _("待发送")
    HELD = "held", _("等到早上再发")
    SENT = "sent", _("已发送")
    FAILED = "failed", _("没有发出")
    BOUNCED = "bounced", _("对方没有收到")
    DROPPED = "dropped", _("不再发送")  # somebody decided that it need not arrive


class Reason(models.TextChoices):
    """Why a message did not arrive."""

    NO_ADDRESS = "no-address", _("没有可用的号码或地址")
    REFUSED = "refused", _("号码或地址被拒收")
    COUNTRY = "country", _("不往这个国家或地区发短信")
    CEILING = "ceiling", _("全站发送到了上限，等有余量再发")
    UNREACHABLE = "unreachable", _("多次尝试都没有连上")


class Message(models.Model):
    """One message to one recipient by one channel."""

    retention = "message"
    subject_export = ("channel", "subject", "body", "state", "created_at", "sent_at", "read_at")

    recipient_user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    recipient_contact = models.ForeignKey("parties.Contact", null=True, on_delete=models.CASCADE, related_name="+")
    recipient_phone = SealedTextField(null=True)
    channel = models.CharField(max_length=10, choices=Channel)
    urgency = models.CharField(max_length=10, choices=Urgency)
    template = models.CharField(max_length=80)  # "hotline/received"
    language = models.CharField(max_length=10)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    variables = models.JSONField()  # of the template, as text: operators that only send registered texts need them
    link = models.CharField(max_length=300)
    dedupe = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=10, choices=State)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    detail = models.CharField(max_length=200)  # the gateway's own words, numbers removed
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)  # a worker is sending it
    tries = models.PositiveSmallIntegerField()
    reference = models.CharField(max_length=100)  # what the gateway calls it
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    # What somebody decided about a message that did not arrive: sent again or given up, and why.
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    settled_why = models.CharField(max_length=200, db_default="", default="", blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["recipient_user", "-id"], name="message_inbox", condition=models.Q(channel=Channel.SITE)
            ),
            models.Index(
                fields=["recipient_user"],
                name="message_unread",
                condition=models.Q(channel=Channel.SITE, read_at=None),
            ),
            models.Index(
                fields=["recipient_contact", "-id"],
                name="message_contact",
                condition=models.Q(recipient_contact__isnull=False),
            ),
            models.Index(
                fields=["due_at"], name="message_due", condition=models.Q(state__in=[State.QUEUED, State.HELD])
            ),
            models.Index(
                fields=["-id"], name="message_lost", condition=models.Q(state__in=[State.FAILED, State.BOUNCED])
            ),
            models.Index(fields=["reference"], name="message_reference", condition=~models.Q(reference="")),
        ]
        constraints = [
            models.CheckConstraint(
                name="message_has_one_recipient",
                condition=models.Q(
                    recipient_user__isnull=False, recipient_contact__isnull=True, recipient_phone__isnull=True
                )
                | models.Q(recipient_user__isnull=True, recipient_contact__isnull=False, recipient_phone__isnull=True)
                | models.Q(recipient_user__isnull=True, recipient_contact__isnull=True, recipient_phone__isnull=False),
            )
        ]


class SendingAllowance(models.Model):
    """How many messages have left by one lane in the running hour or day; the rows of a lane share its ceiling.

    Several rows, so that workers who send at the same moment do not wait for each other.
    """

    class Span(models.TextChoices):
        HOUR = "hour", _("小时")
        DAY = "day", _("天")

    lane = models.CharField(max_length=20)
    span = models.CharField(max_length=4, choices=Span)
    share = models.PositiveSmallIntegerField()
    began = models.DateTimeField()  # the hour or day that `taken` counts
    taken = models.PositiveIntegerField()
    refused_at = models.DateTimeField(null=True)  # when there was no room, to the minute; kept by the first row

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lane", "span", "share"], name="sending_allowance_once")]


class NoticePreference(models.Model):
    """What a user chose about one kind of notice by one channel; without a row the default of the channel holds."""

    retention = "account"
    subject_export = ("kind", "channel", "on")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_preferences")
    kind = models.CharField(max_length=80)  # a template, "hotline/received"
    channel = models.CharField(max_length=10, choices=Channel)
    on = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind", "channel"], name="preference_once")]


class QuietHours(models.Model):
    """When a user wants no text messages beside the hours in which nobody gets one; urgent ones come all the same."""

    retention = "account"
    subject_export = ("starts", "ends")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="quiet_hours"
    )
    starts = models.TimeField()
    ends = models.TimeField()  # the next morning where it is earlier than `starts`

    class Meta:
        constraints = [
            models.CheckConstraint(name="quiet_hours_have_a_span", condition=~models.Q(starts=models.F("ends")))
        ]


class NoticeWording(models.Model):
    """The installation's own words for a notice, instead of the shipped template, on certain days."""

    template = models.CharField(max_length=80)  # "hotline/dispatch_applicant"
    channel = models.CharField(max_length=10, choices=Channel)
    language = models.CharField(max_length=10)  # zh-hans or en
    subject = models.CharField(max_length=200, blank=True)  # not of text messages
    body = models.TextField()
    valid = DateRangeField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_wording_at_a_time",
                expressions=[
                    ("template", RangeOperators.EQUAL),
                    ("channel", RangeOperators.EQUAL),
                    ("language", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            )
        ]
