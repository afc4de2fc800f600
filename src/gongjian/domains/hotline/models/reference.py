"""What administrators keep beside the dispatch catalogue: where closed topics lead, and what people call a topic."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models

from gongjian.domains.hotline.models.requests import always


class TopicHeir(models.Model):
    """New matters of a merged topic go to another one; old cases keep theirs."""

    topic = models.OneToOneField("casework.Topic", primary_key=True, on_delete=models.PROTECT, related_name="+")
    into = models.ForeignKey("casework.Topic", on_delete=models.PROTECT, related_name="+")
    merged_at = models.DateTimeField()
    merged_by = models.ForeignKey("identity.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="heir_is_another_topic", condition=~models.Q(topic=models.F("into")))
        ]


class EverydayWord(models.Model):
    """What people call a topic in everyday speech; the report page and the search look here too."""

    topic = models.ForeignKey("casework.Topic", on_delete=models.PROTECT, related_name="+")
    word = models.CharField(max_length=40)
    valid = DateRangeField(default=always)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_everyday_word_at_a_time",
                expressions=[
                    ("topic", RangeOperators.EQUAL),
                    ("word", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            )
        ]
