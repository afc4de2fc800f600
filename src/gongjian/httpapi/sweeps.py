"""What the API forgets."""

from datetime import datetime

from gongjian.audit.retention import cutoff
from gongjian.httpapi import rules
from gongjian.httpapi.models import Answer, Delivery, Limit, SeenSignature


def sweep_answers(*, at: datetime) -> int:
    """Delete answers that have outlived their period and return how many."""
    before = cutoff("idempotent-answer", at) or at - rules.ANSWER_LIFE
    return Answer.objects.filter(created_at__lte=before).delete()[0]


def sweep_signatures(*, at: datetime) -> int:
    """Delete signatures that are too old to be accepted anyway and return how many."""
    return SeenSignature.objects.filter(seen_at__lt=at - 2 * rules.SIGNATURE_WINDOW).delete()[0]


def sweep_limits(*, at: datetime) -> int:
    """Delete the allowances nobody used for an hour and return how many."""
    return Limit.objects.filter(full_at__lt=at - rules.LIMIT_LIFE).delete()[0]


def sweep_delivery_log(*, at: datetime) -> int:
    """Delete deliveries that arrived 30 days ago and those given up 90 days ago; return how many."""
    sent = Delivery.objects.filter(state=Delivery.State.SENT, created_at__lt=at - rules.SENT_LIFE)
    over = Delivery.objects.filter(state=Delivery.State.GIVEN_UP, created_at__lt=at - rules.GIVEN_UP_LIFE)
    return sum(rows.delete()[0] for rows in (sent, over))
