"""What retention will take next: counted before, found by the sweep by the same statements."""

from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from gongjian.audit.retention import cutoff
from gongjian.casework.models import Case, CaseDocument, CaseParty
from gongjian.domains.hotline.models import Follower, IntakeDraft, ReplyDraft

# Stands where a title stood; whoever wrote it is not known by it.
ERASED_TITLE: Final = "（文字已按保存期限清除）"


def _over(code: str, at: datetime) -> QuerySet[Case] | None:
    """Return the hotline's cases closed so long ago that their data of a class goes."""
    before = cutoff(code, at)
    return None if before is None else Case.objects.filter(kind__startswith="hotline.", closed_at__lt=before)


def contacts_due(at: datetime) -> "QuerySet[CaseParty, int] | list[int]":
    """Return the ids of contacts that outlived their period: of those who asked, and of those who followed."""
    over = _over("case-contact", at)
    if over is None:
        return []
    held = {"case__in": over, "contact__isnull": False, "contact__erased_at": None}
    asked = CaseParty.objects.filter(**held).values_list("contact_id", flat=True)
    followed = Follower.objects.filter(**held).values_list("contact_id", flat=True)
    return asked.union(followed).order_by("contact_id")


def words_due(at: datetime) -> "QuerySet[Case, int] | list[int]":
    """Return the ids of cases whose words outlived their period."""
    over = _over("case-words", at)
    return [] if over is None else over.exclude(title=ERASED_TITLE).order_by("pk").values_list("pk", flat=True)


def files_due(at: datetime) -> "QuerySet[CaseDocument, int] | list[int]":
    """Return the ids of documents that outlived their period."""
    over = _over("case-document", at)
    if over is None:
        return []
    rows = CaseDocument.objects.filter(case__in=over, document__erased_at=None)
    return rows.order_by("document").values_list("document", flat=True)


def drafts_before(at: datetime) -> datetime | None:
    """Return the moment before which a draft goes."""
    return cutoff("draft", at)


def drafts_due(at: datetime) -> int:
    """Count the drafts that outlived their period."""
    before = drafts_before(at)
    if before is None:
        return 0
    return (
        ReplyDraft.objects.filter(saved_at__lt=before).count() + IntakeDraft.objects.filter(saved_at__lt=before).count()
    )
