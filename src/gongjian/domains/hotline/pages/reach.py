"""What a resident is told about the own number: who looked, who spoke with them without it, or that nobody did.

One statement for the page of a matter and for the page of all matters, so that they cannot contradict each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from gongjian.domains.hotline.pages.common import chinese, named
from gongjian.domains.hotline.queries.reach import Touch
from gongjian.identity.models import Unit
from gongjian.identity.queries import units


@dataclass(frozen=True, slots=True)
class Told:
    """One line of what the resident is told: who, what for or how, when, of which matter."""

    who: str
    words: str
    at: datetime
    number: str
    kind: str
    looked: bool


def told_of(touches: Sequence[Touch]) -> list[Told]:
    """Return every look with its purpose; of calls without one the last of the hotline and of the unit, newest first.

    That the hotline kept the number from the unit is said only where no unit has seen it.
    """
    found = [_look(one) for one in touches if one.looked]
    for number in dict.fromkeys(one.number for one in touches):
        own = [one for one in touches if one.number == number]
        found += _calls(own)
    return sorted(found, key=lambda one: one.at, reverse=True)


def _look(one: Touch) -> Told:
    name = _unit_words(one.unit_id)
    if chinese():
        who = _("%(unit)s的%(surname)s某") % {"unit": name, "surname": one.by[:1]}
    else:
        who = _("%(unit)s的工作人员") % {"unit": name}
    return Told(who, one.purpose, one.at, one.number, one.kind, looked=True)


def _calls(own: Sequence[Touch]) -> list[Told]:
    """Return the calls of one matter that went without a look of the same side; `own` is newest first."""
    found = []
    unit_looked = any(one.looked and not _by_hotline(one) for one in own)
    hotline_looked = any(one.looked and _by_hotline(one) for one in own)
    relayed = next((one for one in own if not one.looked and _by_hotline(one)), None)
    called = next((one for one in own if not one.looked and not _by_hotline(one)), None)
    line = {"line": settings.HOTLINE_NUMBER}
    if relayed is not None and not unit_looked:
        words = _("联系过您，没有把号码给承办单位。")
        if not hotline_looked:
            words = _("联系过您，没有打开看过您的号码，也没有把号码给承办单位。")
        found.append(Told(settings.HOTLINE_NUMBER, words, relayed.at, relayed.number, relayed.kind, looked=False))
    if called is not None and not unit_looked:
        words = _("联系过您，没有打开看过您的号码：是您来电、当面说的，或者由 %(line)s 转接，没有给出号码。") % line
        who = _unit_words(called.unit_id) or _("承办单位")
        found.append(Told(who, words, called.at, called.number, called.kind, looked=False))
    return found


def _by_hotline(one: Touch) -> bool:
    """Whether somebody of the hotline did it, and not of a unit that handles matters."""
    unit = units().by_id.get(one.unit_id or 0)
    return unit is not None and unit.kind == Unit.Kind.CENTRE


def _unit_words(unit_id: int | None) -> str:
    return named(units().by_id.get(unit_id)) if unit_id else ""
