"""Files that belong to a matter; the bytes lie in MEDIA_ROOT under their own digest."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from gongjian.sealing.fields import SealedTextField


class Document(models.Model):
    """One file somebody handed in or we wrote. Two rows may share one file."""

    subject_export = ("name", "kind", "mime", "size", "created_at")

    class Kind(models.TextChoices):
        PHOTO = "photo", _("照片")
        ATTACHMENT = "attachment", _("附件")
        RECORDING = "recording", _("录音")
        SHEET = "sheet", _("表格")
        LETTER = "letter", _("公文")  # written by us

    class Retention(models.TextChoices):
        CASE = "case-document"
        IMPORT = "import-file"
        LETTER = "letter"

    sha256 = models.CharField(max_length=64)
    mime = models.CharField(max_length=100)
    size = models.PositiveIntegerField()  # bytes, as stored
    name = SealedTextField()
    kind = models.CharField(max_length=20, choices=Kind)
    width = models.PositiveIntegerField(null=True)  # pixels
    height = models.PositiveIntegerField(null=True)
    retention = models.CharField(max_length=20, choices=Retention)
    created_at = models.DateTimeField()
    uploaded_by = models.ForeignKey("identity.User", null=True, on_delete=models.PROTECT, related_name="+")
    claim_token = models.CharField(max_length=43, blank=True)  # of a draft that has no case yet
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["sha256"], name="document_sha256"),
            models.Index(
                fields=["claim_token", "created_at"], name="document_unclaimed", condition=~models.Q(claim_token="")
            ),
        ]

    @property
    def is_image(self) -> bool:
        return self.mime == "image/jpeg"

    @property
    def title(self) -> str:
        """The file's name, opened."""
        return self.name.open() if self.name else ""
