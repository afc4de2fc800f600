"""The files that prove an answer."""

from gongjian.documents.models import Document
from gongjian.domains.hotline.models import ReplyEvidence

__all__ = ["gathered", "one_gathered", "to_show"]


def gathered(*, case_id: int, user_id: int) -> list[ReplyEvidence]:
    """Return what somebody has gathered for an answer that is not handed in yet, oldest first."""
    rows = ReplyEvidence.objects.filter(case=case_id, user=user_id, reply=None)
    return list(rows.select_related("document").order_by("pk"))


def one_gathered(*, pk: int, case_id: int, user_id: int) -> ReplyEvidence | None:
    rows = ReplyEvidence.objects.filter(pk=pk, case=case_id, user=user_id, reply=None)
    return rows.select_related("document").first()


def to_show(reply_id: int) -> list[Document]:
    """Return the files of an answer that the resident is to see."""
    rows = ReplyEvidence.objects.filter(reply=reply_id, public=True, document__erased_at=None)
    return [one.document for one in rows.select_related("document").order_by("pk")]
