"""The yearly notices on holidays and make-up days, each with its source, and the dated working hours."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class YearNotice(models.Model):
    class Status(models.TextChoices):
        CONFIRMED = "confirmed", _("已公布")
        PROVISIONAL = "provisional", _("暂定")

    year = models.PositiveSmallIntegerField(unique=True)
    status = models.CharField(max_length=12, choices=Status)
    source_title = models.CharField(max_length=120)
    source_number = models.CharField(max_length=60)
    published = models.DateField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["year"]


class DayException(models.Model):
    """A day that a notice speaks of; the notice of a year may reach into the last days of the year before."""

    notice = models.ForeignKey(YearNotice, on_delete=models.CASCADE, related_name="days")
    day = models.DateField(unique=True)
    working = models.BooleanField()
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=80)

    class Meta:
        ordering = ["day"]


class OfficeHours(models.Model):
    """One span of the working hours that hold from a day on until a later `since` replaces them all."""

    since = models.DateField()
    starts = models.TimeField()
    ends = models.TimeField()
    source = models.CharField(max_length=120)

    class Meta:
        ordering = ["since", "starts"]
        constraints = [
            models.UniqueConstraint(fields=["since", "starts"], name="workdays_span_once"),
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="workdays_span_in_order"),
        ]


class CalendarVersion(models.Model):
    """The one row that every process compares with what it keeps in memory."""

    version = models.UUIDField(default=uuid.uuid4)
