"""What keeps the folder and the table in step."""

from datetime import datetime, timedelta
from itertools import batched

from gongjian.audit.retention import cutoff
from gongjian.documents import storage
from gongjian.documents.models import Document

DRAFT_LIFE = timedelta(hours=24)  # where retention says nothing
ORPHAN_AGE = timedelta(hours=24)
AT_ONCE = 500


def sweep_unclaimed(*, at: datetime) -> int:
    """Delete the rows of drafts' files that nobody claimed in their time, and return how many."""
    before = cutoff("draft-file", at) or at - DRAFT_LIFE
    stale = Document.objects.filter(created_at__lt=before).exclude(claim_token="")
    deleted, _rows = stale.delete()
    return deleted


def sweep_orphans(*, at: datetime) -> int:
    """Remove files without a row, and half-written ones, that have lain for 24 hours, and return how many."""
    moment = (at - ORPHAN_AGE).timestamp()
    removed = storage.remove_torn(moment)
    for digests in batched(storage.stored_before(moment), AT_ONCE, strict=False):
        known = set(Document.objects.filter(sha256__in=digests).values_list("sha256", flat=True))
        removed += sum(storage.remove(digest, older_than=moment) for digest in digests if digest not in known)
    return removed
