"""Who did what to what, and when: scalars only, written once."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One act. No foreign keys: an entry outlives what it speaks of."""

    append_only = True
    retention = "audit"

    action = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    detail = models.CharField(max_length=500, db_default="")
    at = models.DateTimeField()
    # A lawful erasure blanks detail and salt; the chain holds the digest alone and stays whole.
    salt = models.BinaryField(max_length=16)
    digest = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["object_kind", "object_id", "-id"], name="audit_object"),
            models.Index(fields=["actor_id", "-id"], name="audit_actor"),
            models.Index(fields=["action", "-id"], name="audit_action"),
            models.Index(fields=["at"], name="audit_at"),
        ]


class AuditSeal(models.Model):
    """One link of the chain: the entries of about a minute, in this order, after the link before."""

    append_only = True
    retention = "audit"

    entry_from = models.BigIntegerField()
    entry_to = models.BigIntegerField()
    # Ids are handed out before their transactions commit, so a range is not a set: a late one goes into a later link.
    entries = ArrayField(models.BigIntegerField())
    previous = models.BinaryField(max_length=32, unique=True)  # unique: no link has two successors
    digest = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="audit_seal_at"),
            models.Index(fields=["entry_to"], name="audit_seal_to"),
        ]


class RetentionClass(models.Model):
    """How long data of one class is kept, and what happens then; administrators set it within its bounds."""

    class Unit(models.TextChoices):
        HOURS = "hours", _("小时")
        DAYS = "days", _("天")
        MONTHS = "months", _("个月")

    class Action(models.TextChoices):
        DELETE = "delete", _("整行删除")
        ERASE = "erase", _("抹去内容，留下事实")
        KEEP = "keep", _("一直保存")

    code = models.CharField(max_length=30, unique=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=100)
    about_zh = models.CharField(max_length=200)
    about_en = models.CharField(max_length=300)
    amount = models.PositiveIntegerField(null=True)  # nothing: as long as what it belongs to
    unit = models.CharField(max_length=10, choices=Unit)
    least = models.PositiveIntegerField()  # bounds, in the same unit
    most = models.PositiveIntegerField()
    action = models.CharField(max_length=10, choices=Action)
    source = models.CharField(max_length=200)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="retention_within_bounds",
                condition=models.Q(amount=None) | models.Q(amount__gte=models.F("least"), amount__lte=models.F("most")),
            )
        ]


class TableVersion(models.Model):
    """Tells processes that what they remember of a table, or of several together, is old."""

    name = models.CharField(max_length=40, primary_key=True)
    version = models.UUIDField(default=uuid.uuid4)
