"""Who is told when a program can no longer be told."""

from datetime import datetime
from typing import Final

from django.urls import NoReverseMatch, reverse

from gongjian.httpapi.access import HttpApiRight
from gongjian.httpapi.models import Subscription
from gongjian.identity.models import Assignment
from gongjian.notify.actions import send
from gongjian.notify.recipients import ToUnit
from gongjian.workdays.rules import local_moment

PAGE: Final = "console:webhook"


def tell_stopped(subscription_id: int, *, at: datetime) -> int:
    """Tell those who look after webhooks that one was stopped at that moment; return how many messages."""
    row = Subscription.objects.filter(pk=subscription_id).first()
    if row is None:
        return 0
    try:
        page = reverse(PAGE, args=[row.pk])
    except NoReverseMatch:
        page = ""
    caring = Assignment.objects.filter(role__rights__right=HttpApiRight.WEBHOOKS_MANAGE).values_list("unit", flat=True)
    return sum(
        send(
            recipient=ToUnit(unit_id, HttpApiRight.WEBHOOKS_MANAGE),
            template="httpapi/webhook_stopped",
            context={"name": row.name, "url": row.url},
            link=page,
            dedupe=f"webhook-{row.pk}-{local_moment(at):%Y%m%d%H%M}",
            at=at,
        )
        for unit_id in sorted(set(caring))
    )
