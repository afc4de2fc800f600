"""Case numbers: prefix, year and month, and a serial of one sequence that never wraps and never begins anew.

A serial is used once for all months, so that a number is free whatever month it names and whoever writes the case.
"""

import re
import unicodedata
from datetime import datetime
from typing import Final

from django.conf import settings

from gongjian.workdays.rules import local_moment

SEQUENCE: Final = "casework_number"
MONTH_DIGITS: Final = 4
LEAST_DIGITS, MOST_DIGITS = 5, 10  # of the serial; ten last some hundred years and fill the column
# What is put behind the month in an insert, written as `numbered` writes it; lpad would cut off the sixth digit.
NEXT_SERIAL: Final = f"to_char(nextval('{SEQUENCE}'), 'FM{'9' * (MOST_DIGITS - LEAST_DIGITS)}{'0' * LEAST_DIGITS}')"
# Without its prefix it is told from a mobile number and from an area code.
_TYPED: Final = re.compile(
    r"(?:(?P<prefix>[A-Z]{1,4})(?=\d)|(?!0|1[3-9]\d{9}$)(?=\d\d(?:0[1-9]|1[0-2])))"
    rf"(?P<month>\d{{{MONTH_DIGITS}}})(?P<serial>\d{{{LEAST_DIGITS},{MOST_DIGITS}}})",
    re.ASCII,
)


def month_of(at: datetime) -> str:
    """Return what the number of a case opened at a moment begins with: YT-2611-."""
    return f"{settings.CASE_NUMBER_PREFIX}-{local_moment(at):%y%m}-"


def numbered(month: str, serial: int) -> str:
    """Return a whole number: at least five digits behind the month, more when they are needed."""
    return f"{month}{serial:0{LEAST_DIGITS}}"


def read_number(text: str) -> str:
    """Return the case number that was typed as it is stored, or nothing where it is none.

    In any width and case, with any spaces and signs between, with or without prefix: ２６１１ 00042 is YT-2611-00042.
    """
    folded = unicodedata.normalize("NFKC", text).upper()
    hit = _TYPED.fullmatch("".join(sign for sign in folded if sign.isalnum()))
    if hit is None:
        return ""
    return f"{hit['prefix'] or settings.CASE_NUMBER_PREFIX}-{hit['month']}-{hit['serial']}"
