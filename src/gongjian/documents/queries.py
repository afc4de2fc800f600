"""Finding documents."""

from collections.abc import Sequence

from gongjian.documents.models import Document


def of_draft(claim_token: str) -> Sequence[Document]:
    """Return the files of a draft in the order they came."""
    return list(Document.objects.filter(claim_token=claim_token).order_by("pk")) if claim_token else []
