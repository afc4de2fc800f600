"""What phones send after a time without signal: remembered, so that it happens once however often it comes."""

from django.db import models

from gongjian.sealing.fields import SealedTextField


class Sending(models.Model):
    """One thing a phone had written down: it has happened, and this is what was answered.

    The row stays as long as the case, for a phone may lie in a drawer for months and then send again; the answer, which
    may hold a receipt code, is emptied after thirty days.
    """

    retention = "phone-sending"

    key = models.BinaryField(max_length=32, primary_key=True)  # SHA-256 of the Idempotency-Key
    case = models.ForeignKey("casework.Case", on_delete=models.CASCADE, related_name="sendings")
    act = models.CharField(max_length=20)  # "report", or the act of the field page
    words = models.BinaryField(max_length=32, null=True)  # SHA-256 of what was sent; null: from before it was kept
    answer = SealedTextField(null=True)  # JSON; null once it is old
    sent_at = models.DateTimeField(db_index=True)
