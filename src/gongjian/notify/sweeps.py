"""What keeps messages moving when a job was lost."""

from datetime import datetime
from itertools import batched

from django.db.models import Q

from gongjian.audit.retention import cutoff
from gongjian.notify import rules
from gongjian.notify.models import Message, State
from gongjian.notify.tasks import deliver

AT_ONCE = 1000
PER_JOB = 50


def sweep_old(*, at: datetime) -> int:
    """Delete messages that have outlived their period, those still waiting excepted, and return how many. Nightly."""
    before = cutoff("message", at)
    if before is None:
        return 0
    old = Message.objects.filter(created_at__lt=before).exclude(state__in=[State.QUEUED, State.HELD])
    return old.delete()[0]


def sweep_undelivered(*, at: datetime) -> int:
    """Defer new jobs for messages that should have left five minutes ago, and return how many messages.

    Their time is set anew, so that the next sweep leaves them alone for as long.
    """
    free = Q(claimed_until=None) | Q(claimed_until__lte=at)
    waiting = Message.objects.filter(
        free, state__in=[State.QUEUED, State.HELD], due_at__lte=at - rules.LEFT_OVER
    ).order_by("due_at")
    ids = list(waiting.values_list("pk", flat=True)[:AT_ONCE])
    Message.objects.filter(pk__in=ids).update(due_at=at)
    for part in batched(ids, PER_JOB, strict=False):
        deliver.defer(message_ids=list(part))
    return len(ids)
