"""Types of what programs send, so that nothing reaches a column that it cannot hold.

Plain names, not `type` statements: those become schemas of their own, and two of one name hide each other.
"""

import re
from datetime import datetime
from typing import Annotated, Any, Final

from django.utils.translation import gettext_lazy as _
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from gongjian.documents.limits import unfit_words
from gongjian.text import Unfit, checked

BIGGEST: Final = 2**63 - 1
FIRST_YEAR, LAST_YEAR = 2000, 2100
# A plus sign that was not encoded in an address arrives as a space.
_LOST_PLUS = re.compile(r"(?<=[\d.]) (?=\d{2}:?\d{2}$)")


def _with_plus(value: Any) -> Any:
    return _LOST_PLUS.sub("+", value) if isinstance(value, str) else value


def _within_reach(value: datetime) -> datetime:
    if not FIRST_YEAR < value.year < LAST_YEAR:
        raise ValueError(_("年份写 2001 到 2099。"))
    return value


def _by_the_rule(value: Any) -> Any:
    """Return a text by the rule of text; a sign it has no place for is refused by name."""
    if not isinstance(value, str):
        return value
    try:
        return checked(value)
    except Unfit as unfit:
        raise ValueError(unfit_words(unfit)) from unfit


def _sought(value: Any) -> Any:
    """Return words to look for by the rule of text; what nobody sees stays and finds nothing."""
    return _by_the_rule(value) or value


# For programs that check before they send; the higher planes have noncharacters too, which none of them writes.
FIT: Final = (
    r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]*$"
)
Words = Annotated[str, BeforeValidator(_by_the_rule), Field(json_schema_extra={"pattern": FIT})]
Sought = Annotated[str, BeforeValidator(_sought), Field(json_schema_extra={"pattern": FIT})]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,60}$")]
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_with_plus),
    AfterValidator(_within_reach),
    Field(description="ISO 8601 with an offset, such as 2026-11-23T09:00:00+08:00; 2001 to 2099."),
]
Id = Annotated[int, Field(ge=0, le=BIGGEST)]
