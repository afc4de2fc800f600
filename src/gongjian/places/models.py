"""The ground: territory, subdistricts, communities, grid cells and addresses. All coordinates are WGS-84 degrees."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class Territory(models.Model):
    """The one district that this installation serves; `version` changes with everything below it."""

    code = models.CharField(max_length=6, unique=True)
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=80)
    land = models.JSONField()  # geometry
    sea = models.JSONField(null=True)  # geometry
    synthetic = models.BooleanField(default=True)  # the land
    sea_synthetic = models.BooleanField(default=True)
    version = models.CharField(max_length=64)
    # Of the project's own data that were brought in last: they are not brought in again.
    shipped = models.CharField(max_length=64, default="")
    loaded_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "territories"

    @property
    def drawn(self) -> bool:
        """Whether the land, or the sea where one is shown, is our own drawing."""
        return self.synthetic or (self.sea is not None and self.sea_synthetic)


class Subdistrict(models.Model):
    class Kind(models.TextChoices):
        SUBDISTRICT = "subdistrict", _("街道")
        BONDED_ZONE = "bonded_zone", _("综合保税区")  # a statistical unit without residents' committees

    code = models.CharField(max_length=9, unique=True)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.SUBDISTRICT)
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=80)

    class Meta:
        ordering = ["code"]


class Community(models.Model):
    """A residents' committee's area; `synthetic` while its outline is not the surveyed one (示意边界)."""

    code = models.CharField(max_length=12, unique=True)
    subdistrict = models.ForeignKey(Subdistrict, on_delete=models.PROTECT, related_name="communities")
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=80)
    pinyin = models.CharField(max_length=80)
    initials = models.CharField(max_length=20)
    lon = models.FloatField()
    lat = models.FloatField()
    outline = models.JSONField()  # geometry
    synthetic = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "communities"


class GridCell(models.Model):
    """One grid (网格) of a community: the ground nearer to its centre than to the community's other centres."""

    code = models.CharField(max_length=15, unique=True)
    community = models.ForeignKey(Community, on_delete=models.CASCADE, related_name="grid_cells")
    h3 = models.CharField(max_length=15)  # of the centre, resolution 9
    lon = models.FloatField()
    lat = models.FloatField()

    class Meta:
        ordering = ["code"]


class Address(models.Model):
    """A road, a house number on it or a named place; `grams` are what find_addresses looks up."""

    code = models.CharField(max_length=24, unique=True)
    community = models.ForeignKey(Community, on_delete=models.CASCADE, related_name="addresses")
    road = models.CharField(max_length=40)
    number = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=60, blank=True)
    pinyin = models.CharField(max_length=240)
    initials = models.CharField(max_length=60)
    lon = models.FloatField()
    lat = models.FloatField()
    synthetic = models.BooleanField(default=True)
    words = models.CharField(max_length=400)
    grams = ArrayField(models.CharField(max_length=2))

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "addresses"
        # Written once and read at every keystroke: no list of pending entries to be searched beside the index.
        indexes = [GinIndex(fields=["grams"], name="places_address_grams", fastupdate=False)]
