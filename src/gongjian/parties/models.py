"""Who asks, who acts for whom, what they agreed to and what they hold."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from gongjian.sealing.fields import SealedTextField


class Contact(models.Model):
    """How one person can be reached about one matter: a snapshot of that day, sealed."""

    retention = "case-contact"
    subject_export = ("name", "phone", "email", "language", "notify_by", "confirmed_at", "created_at")

    class NotifyBy(models.TextChoices):
        SMS = "sms", _("短信")
        EMAIL = "email", _("邮件")
        NONE = "none", _("不通知")

    name = SealedTextField()
    phone = SealedTextField()  # E.164
    email = SealedTextField()
    mask_name = models.CharField(max_length=40, blank=True)
    mask_phone = models.CharField(max_length=40, blank=True)
    phone_index = models.BinaryField(max_length=16, null=True)  # keyed hash of the E.164 number
    tail_index = models.BinaryField(max_length=16, null=True)  # of its last four digits; only beside a case number
    language = models.CharField(max_length=10, default="zh-hans")
    notify_by = models.CharField(max_length=10, choices=NotifyBy, default=NotifyBy.NONE)
    confirmed_at = models.DateTimeField(null=True)  # when its owner proved the way `notify_by` names; None for never
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["phone_index"], name="contact_phone", condition=~models.Q(phone_index=None))]


class SmsCountry(models.Model):
    """A country or region whose numbers get text messages on certain days; to all others none is sent."""

    code = models.CharField(max_length=5)  # with its plus: +86
    source = models.CharField(max_length=200)  # contract or decision
    valid = DateRangeField()

    class Meta:
        verbose_name_plural = "sms countries"
        constraints = [
            ExclusionConstraint(
                name="one_sms_country_at_a_time",
                expressions=[("code", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
            )
        ]


class Person(models.Model):
    """A resident who has signed in; exists only through that person's own sign-in."""

    retention = "resident-account"
    subject_export = ("name", "verified", "created_at")

    class Verified(models.TextChoices):
        PHONE = "phone", _("手机号已核对")
        COUNTER = "counter", _("窗口已核对证件")

    user = models.OneToOneField("identity.User", on_delete=models.PROTECT, related_name="person")
    name = SealedTextField()
    mask_name = models.CharField(max_length=40, blank=True)
    verified = models.CharField(max_length=10, choices=Verified, default=Verified.PHONE)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)


class Organisation(models.Model):
    """A legal body that deals with the district: public facts of its registration, no persons."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("企业")
        SOCIAL = "social", _("社会组织")
        INSTITUTION = "institution", _("事业单位")
        PUBLIC = "public", _("党政机关")
        GRASSROOTS = "grassroots", _("基层群众自治组织")
        OTHER = "other", _("其他组织")

    credit_code = models.CharField(max_length=18, unique=True, null=True)
    kind = models.CharField(max_length=20, choices=Kind)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=200, blank=True)
    community = models.ForeignKey("places.Community", null=True, on_delete=models.PROTECT)
    source = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["name_zh"], name="organisation_name")]


class Consent(models.Model):
    """What somebody agreed to, in which words, until it is withdrawn."""

    retention = "consent"
    subject_export = ("purpose", "wording", "channel", "given_at", "withdrawn_at")

    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="consents")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=60)  # "hotline:callback"
    wording = models.CharField(max_length=60)  # version of the text that was shown
    channel = models.CharField(max_length=20)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="consent_has_one_giver",
                condition=models.Q(person=None, contact__isnull=False) | models.Q(person__isnull=False, contact=None),
            ),
            models.UniqueConstraint(
                fields=["person", "purpose"],
                name="person_consents_once",
                condition=models.Q(withdrawn_at=None, person__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["contact", "purpose"],
                name="contact_consents_once",
                condition=models.Q(withdrawn_at=None, contact__isnull=False),
            ),
        ]


class Credential(models.Model):
    """A fact one domain grants and all may read: filed, registered, qualified, permitted."""

    retention = "credential"
    subject_export = ("kind", "number", "starts", "ends", "revoked_at")

    kind = models.CharField(max_length=60)  # "socialorgs:registered"
    number = models.CharField(max_length=60)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="credentials")
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="credentials")
    issuer = models.ForeignKey("identity.Unit", on_delete=models.PROTECT, related_name="+")
    starts = models.DateField()
    ends = models.DateField(null=True)  # last day it holds
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoke_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="credential_once"),
            models.CheckConstraint(
                name="credential_has_one_holder",
                condition=models.Q(person=None, organisation__isnull=False)
                | models.Q(person__isnull=False, organisation=None),
            ),
            models.CheckConstraint(
                name="credential_ends_after_start",
                condition=models.Q(ends=None) | models.Q(ends__gte=models.F("starts")),
            ),
        ]
