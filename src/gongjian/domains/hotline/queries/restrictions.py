"""Numbers that are held back for a time: found by their keyed hash, listed without the number."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from gongjian.casework.models import CaseParty
from gongjian.domains.hotline.models import CallerRestriction
from gongjian.parties.queries import phone_index
from gongjian.parties.refusals import InvalidPhone

SLOWED: Final = timedelta(hours=24)  # one report over the web in this time


def index_of(phone: str) -> bytes | None:
    """Return the keyed hash of a number; None for what is no number."""
    try:
        return phone_index(phone)
    except InvalidPhone:
        return None


def in_force(at: datetime) -> QuerySet[CallerRestriction]:
    """Return the restrictions that hold at this moment; they end by themselves."""
    return CallerRestriction.objects.filter(starts__lte=at, ends__gt=at, ended_at=None)


def held_back(at: datetime) -> Mapping[bytes, datetime]:
    """Return until when each number is held back: few rows, kept in memory with the catalogue."""
    return {bytes(index): ends for index, ends in in_force(at).values_list("phone_index", "ends")}


def restriction_on(index: bytes, at: datetime) -> CallerRestriction | None:
    """Return what was decided about a number and holds now."""
    return in_force(at).filter(phone_index=index).order_by("-ends").first()


def newest_of(index: bytes, at: datetime) -> CallerRestriction | None:
    """Return the restriction of a number that ends last, if it is not over: also one that is still to begin."""
    return CallerRestriction.objects.filter(phone_index=index, ends__gt=at, ended_at=None).order_by("-ends").first()


def reported_lately(index: bytes, at: datetime) -> bool:
    """Whether this number has reported something over the web in the last day."""
    rows = CaseParty.objects.filter(contact__phone_index=index, case__channel="web", case__opened_at__gt=at - SLOWED)
    return bool(rows.exists())


def listed(*, over: bool, at: datetime, before: int | None = None, size: int = 50) -> list[CallerRestriction]:
    """Return the restrictions that hold or are to begin, or those that are over, newest first, one more than `size`."""
    gone = Q(ends__lte=at) | Q(ended_at__isnull=False)
    rows = CallerRestriction.objects.filter(gone if over else ~gone)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.select_related("case", "decided_by", "unit", "ended_by").order_by("-pk")[: size + 1])


def restriction(pk: int) -> CallerRestriction | None:
    return CallerRestriction.objects.filter(pk=pk).select_related("case", "decided_by", "unit", "ended_by").first()
