"""What staff have typed and not sent: one draft for each form on a page, never one for each person."""

from django.db import models

from gongjian.sealing.fields import SealedTextField


class IntakeDraft(models.Model):
    """A call-taker's form; sealed, because it holds the caller's number.

    Once it has become a case it keeps what the page reads out instead, and the digest of the words: the same words
    under the same token get the same answer, other words are another call.
    """

    retention = "draft"

    token = models.CharField(max_length=60, primary_key=True)
    user = models.ForeignKey("identity.User", on_delete=models.CASCADE, related_name="+")
    form = SealedTextField()  # the form, or what is read out, as an url-encoded query
    version = models.PositiveIntegerField(default=1, db_default=1)  # of two windows only the one that read it may write
    sent = models.BinaryField(max_length=32, null=True)  # SHA-256 of the words that became a case
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "hotline_intakeform"
        indexes = [models.Index(fields=["user", "-saved_at"], name="intake_form_of_user")]

    @property
    def text(self) -> str:
        """The form, opened."""
        return self.form.open() if self.form else ""


class FormerIntakeDraft(models.Model):
    """Where an older version, which may still run beside this one, keeps a call-taker's only form.

    It goes with the next release; until then what it holds is deleted in its time.
    """

    retention = "draft"

    user = models.OneToOneField("identity.User", primary_key=True, on_delete=models.CASCADE, related_name="+")
    form = SealedTextField(bound_to="hotline.intakedraft.form")
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "hotline_intakedraft"


class ReplyDraft(models.Model):
    """What a handler has typed so far in one window; kept until sent."""

    retention = "draft"

    case = models.ForeignKey("casework.Case", on_delete=models.CASCADE)
    user = models.ForeignKey("identity.User", on_delete=models.CASCADE)
    text = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1, db_default=1)
    saved_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "user"], name="reply_draft_of_user")]
