"""Bodies of requests: how large they may be, and what the server says of one that it did not read."""

from enum import StrEnum
from typing import Final

from django.http import HttpRequest

KB: Final = 1 << 10
MB: Final = 1 << 20
JSON_MOST: Final = 64 * KB  # a report of 4,000 Chinese characters has 12 KB, 24 KB with each of them escaped
FORM_MOST: Final = 1 * MB
TOLD: Final = "gongjian.body"  # where the server says it, in the environment of the request


class Fault(StrEnum):
    """Why a body was not read to its end."""

    TOO_LARGE = "too-large"
    TOO_SLOW = "too-slow"
    CUT_SHORT = "cut-short"
    CROWDED = "crowded"


STATUS: Final = {Fault.TOO_LARGE: 413, Fault.TOO_SLOW: 408, Fault.CUT_SHORT: 400, Fault.CROWDED: 503}
RETRY_S: Final = 10


def fault_of(request: HttpRequest) -> Fault | None:
    """Return why the server did not read the body of a request, None for one that it read."""
    told = request.META.get(TOLD)
    return Fault(told) if told else None
