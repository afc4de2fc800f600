"""To which countries and regions text messages go: premium numbers abroad are how codes are turned into money."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from gongjian.memory import Memory
from gongjian.parties.models import SmsCountry
from gongjian.parties.phones import HOME_CODE, can_text, country_code, is_land_line


class _Allowed(NamedTuple):
    code: str
    first: date | None
    last: date | None  # not in it


_memory = Memory[Sequence[_Allowed]]()
forget = _memory.forget


def codes_on(day: date) -> frozenset[str]:
    """Return the codes that text messages go to, from memory; where nobody ever decided it is the home country's."""
    rows = _memory.get(_read)
    if not rows:
        return frozenset({HOME_CODE})
    return frozenset(
        row.code for row in rows if (row.first is None or row.first <= day) and (row.last is None or day < row.last)
    )


def may_text(phone: str, day: date) -> bool:
    """Whether a text message is sent to this number: a mobile of a country set as allowed."""
    return can_text(phone) and country_code(phone) in codes_on(day)


def barred_code(phone: str, day: date) -> str:
    """Return the code of the country to which no text message goes, "" for a number of an allowed one or none.

    Nobody expects a text message on a land line, wherever it is.
    """
    code = country_code(phone) if phone and not is_land_line(phone) else ""
    return "" if not code or code in codes_on(day) else code


def _read() -> Sequence[_Allowed]:
    rows = SmsCountry.objects.order_by("pk").values_list("code", "valid")
    return [_Allowed(code, valid.lower, valid.upper) for code, valid in rows]
