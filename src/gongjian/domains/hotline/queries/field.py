"""What somebody in the field carries along: cases with place and words, never with contact data."""

from collections.abc import Collection
from typing import NamedTuple

from gongjian.domains.hotline.models import ServiceRequest
from gongjian.sealing.masking import hide_contacts


class Ground(NamedTuple):
    """Where a case lies and what was said; numbers of phones and papers are taken out of the words."""

    words: str
    address: str
    lon: float | None
    lat: float | None


def grounds(case_ids: Collection[int]) -> dict[int, Ground]:
    """Return place and words by case id: one statement."""
    rows = ServiceRequest.objects.filter(case__in=list(case_ids))
    return {
        case_id: Ground(hide_contacts(words), hide_contacts(address), lon, lat)
        for case_id, words, address, lon, lat in rows.values_list("case_id", "description", "address", "lon", "lat")
    }
