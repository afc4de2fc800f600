"""Which domains tell programs what happens, and the sweep that writes down whom to tell."""

from datetime import datetime
from typing import Final

from gongjian.casework.models import CaseEvent
from gongjian.domains.hotline.api import streaming as hotline
from gongjian.httpapi.settled import settled
from gongjian.httpapi.tasks import wake_due
from gongjian.httpapi.webhooks import publish

TABLE: Final = CaseEvent._meta.db_table
READERS: Final = (hotline.read,)
PATIENCE: Final = 2.0


def sweep_webhooks(*, at: datetime) -> int:
    """Write a delivery for each new event and subscription, and wake the jobs that send; return how many were new."""
    written = publish(table=TABLE, readers=READERS, at=at)
    wake_due(at=at)
    return written


def now_at() -> int:
    """Return the newest event that is past for certain: where a new subscription begins."""
    return max(settled(TABLE, patience=PATIENCE), 0)
