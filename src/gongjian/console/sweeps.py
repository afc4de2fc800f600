"""What the console tells operators by itself."""

from datetime import datetime, timedelta
from typing import Final

from django.urls import NoReverseMatch, reverse

from gongjian.console.access import ConsoleRight
from gongjian.identity.models import Assignment
from gongjian.notify.actions import send
from gongjian.notify.ceilings import Reached, ceiling_of, lane_words, reached
from gongjian.notify.recipients import ToUnit
from gongjian.workdays.rules import local_moment

PAGE: Final = "operations"  # of the room above, whose page is known by name
LATELY: Final = timedelta(minutes=10)


def sweep_ceilings(*, at: datetime) -> int:
    """Tell the operators of every lane that reached its ceiling, once an hour; return how many messages."""
    full = [one for one in reached(since=at - LATELY) if one.refused_at >= at - LATELY]
    if not full:
        return 0
    caring = Assignment.objects.filter(role__rights__right=ConsoleRight.HEALTH_READ).values_list("unit", flat=True)
    return sum(_tell(one, unit_id, at) for one in full for unit_id in sorted(set(caring)))


def _tell(one: Reached, unit_id: int, at: datetime) -> int:
    try:
        page = reverse(PAGE)
    except NoReverseMatch:
        page = ""
    hourly, daily = ceiling_of(one.lane)
    zh, en = lane_words(one.lane)
    return send(
        recipient=ToUnit(unit_id, ConsoleRight.HEALTH_READ),
        template="console/ceiling_reached",
        context={"lane_zh": zh, "lane_en": en, "hourly": hourly, "daily": daily, "waiting": one.waiting},
        link=page,
        dedupe=f"ceiling-{one.lane}-{local_moment(at):%Y%m%d%H}",
        at=at,
    )
