"""Those who have the same matter and did not report it a second time."""

from django.db import models

SETTLED = "archived"  # nothing follows this state, so nobody is told anything any more


class Follower(models.Model):
    """Somebody who is told how a matter of another goes; no party of it, and nothing of it is theirs to decide."""

    retention = "case-contact"

    case = models.ForeignKey("casework.Case", on_delete=models.CASCADE, related_name="followers", db_index=False)
    contact = models.ForeignKey("parties.Contact", null=True, on_delete=models.SET_NULL, related_name="+")
    receipt_index = models.BinaryField(max_length=16, unique=True)  # keyed hash of the follower's own code
    visitor_index = models.BinaryField(max_length=16)  # of the browser, so that pressing twice follows once
    counted_as = models.BinaryField(max_length=16)  # of phone or address, else of the browser: who counts once
    told_state = models.CharField(max_length=30)  # of the case, when it was last looked at for this follower
    created_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "counted_as", "visitor_index"],
                name="follower_once",
                condition=models.Q(stopped_at=None),
            )
        ]
        indexes = [
            models.Index(
                fields=["case"],
                name="follower_waits",
                condition=models.Q(stopped_at=None, contact__isnull=False) & ~models.Q(told_state=SETTLED),
            )
        ]
