"""Figures that domains' sweeps write and dashboards and the yearly plan read."""

from django.db import models


class IndicatorValue(models.Model):
    """One figure of one unit on one day: numerator and denominator, so that any period can be summed."""

    indicator = models.CharField(max_length=60)  # key of an IndicatorSpec, "hotline.on_time"
    day = models.DateField()
    unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.PROTECT)
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["indicator", "day", "unit"], name="indicator_once", nulls_distinct=False)
        ]
