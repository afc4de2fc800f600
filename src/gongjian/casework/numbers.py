"""Case numbers: prefix, year and month, and a serial of one sequence that never wraps and never begins anew.

A serial is used once for all months, so that a number is free whatever month it names and whoever writes the case.
"""

import re
from datetime import datetime
from typing import Final

from django.conf import settings

from gongjian.text import as_code
from gongjian.workdays.rules import local_moment

SEQUENCE: Final = "casework_number"
MONTH_DIGITS: Final = 4
LEAST_DIGITS, MOST_DIGITS = 5, 10  # of the serial; ten last some hundred years and fill the column
# What is put behind the month in an insert, written as `numbered` writes it; lpad would cut off the sixth digit.
NEXT_SERIAL: Final = f"to_char(nextval('{SEQUENCE}'), 'FM{'9' * (MOST_DIGITS - LEAST_DIGITS)}{'0' * LEAST_DIGITS}')"
LONGEST_MESSAGE: Final = 500  # signs that are looked through for a number
_SERIAL: Final = rf"(?P<serial>\d{{{LEAST_DIGITS},{MOST_DIGITS}}})(?![A-Z0-9])"
_WITH_PREFIX: Final = rf"(?<![A-Z0-9])(?P<prefix>%s)%s(?P<month>\d{{{MONTH_DIGITS}}})%s{_SERIAL}"
_ANY: Final = re.compile(_WITH_PREFIX % ("[A-Z]{1,4}", "-?", "-?"), re.ASCII)
# Without its prefix it is told from a mobile number, an area code and a day.
_BARE: Final = re.compile(
    rf"(?<![A-Z0-9-])(?!0|1[3-9]\d{{9}}(?!\d))(?P<month>\d\d(?:0[1-9]|1[0-2]))[-\s]?{_SERIAL}", re.ASCII
)
_MARKS: Final = re.compile("[^A-Z0-9]+")


def month_of(at: datetime) -> str:
    """Return what the number of a case opened at a moment begins with: YT-2611-."""
    return f"{settings.CASE_NUMBER_PREFIX}-{local_moment(at):%y%m}-"


def numbered(month: str, serial: int) -> str:
    """Return a whole number: at least five digits behind the month, more when they are needed."""
    return f"{month}{serial:0{LEAST_DIGITS}}"


def read_number(text: str) -> str:
    """Return the case number that was typed or pasted as it is stored, or nothing where there is none.

    In any width and case, with any spaces and dashes between, with or without prefix, behind its name or in the middle
    of a message: ２６１１ 00042 is YT-2611-00042. Ours stands before one of another prefix, and that before a bare one.
    """
    typed, own = as_code(text[:LONGEST_MESSAGE]), settings.CASE_NUMBER_PREFIX
    whole = _MARKS.sub("", typed) if typed.isascii() else ""
    hit = re.search(_WITH_PREFIX % (own, r"[-\s]*", r"[-\s]*"), typed, re.ASCII)
    hit = hit or _ANY.search(typed) or _BARE.search(typed) or _ANY.fullmatch(whole) or _BARE.fullmatch(whole)
    return f"{hit.groupdict().get('prefix') or own}-{hit['month']}-{hit['serial']}" if hit else ""
