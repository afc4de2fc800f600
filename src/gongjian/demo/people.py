"""Invented people: the staff of every unit the catalogue names, and the reporters.

Phone numbers are synthetic: all begin with 138 000, and a demonstration sends nothing to anybody.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from gongjian.domains.hotline.bulk import sealed
from gongjian.identity.models import User
from gongjian.parties.actions import contact_row
from gongjian.testing.cast import CAST, NEIGHBOURS, Member

DATA: Final = Path(__file__).parent / "data"
PHONES: Final = 100_000
PHONE: Final = "138000{:05}"
# One of ten writes in English.
ENGLISH_EVERY: Final = 10
# Units of the cast get one more handler, the others two handlers and a head.
MORE: Final = ("handler",)
WHOLE: Final = ("handler", "handler", "unit_head")


@dataclass(frozen=True, slots=True)
class Reporter:
    """Somebody who calls or writes; `contact` holds the prepared columns, the name sealed in it."""

    contact: Mapping[str, Any]
    language: str
    called: str  # how an answer addresses them
    person_id: int | None = None
    user_id: int | None = None


def _names() -> dict[str, Any]:
    with (DATA / "names.toml").open("rb") as file:
        return tomllib.load(file)


def staff(units: Iterable[str]) -> tuple[Member, ...]:
    """Return invented staff for these units, beside the cast: the same ones at every call."""
    draw = Random("staff")  # noqa: S311 - the same people every time is the point
    names, taken = _names(), {member.username for member in CAST}
    cast_units = {member.unit for member in CAST if member.role == "handler"}
    found = []
    for unit in sorted(units):
        for role in MORE if unit in cast_units else WHOLE:
            member = _member(draw, names, taken, unit, role)
            taken.add(member.username)
            found.append(member)
    return tuple(found)


def _member(draw: Random, names: Mapping[str, Any], taken: set[str], unit: str, role: str) -> Member:
    while True:
        surname, given = draw.choice(names["surnames"]), draw.choice(names["given"])
        username = f"{surname[1]}.{given[1]}".lower()
        if username not in taken:
            return Member(username, surname[0] + given[0], f"{surname[1]} {given[1]}", unit, role)


def neighbours(at: datetime) -> tuple[Reporter, ...]:
    """Return the cast's residents with their accounts."""
    users = {user.username: user for user in User.objects.filter(username__in=[n.username for n in NEIGHBOURS])}
    return tuple(
        Reporter(
            contact=_contact(n.name, n.phone, n.language, at),
            language=n.language,
            called=n.name,
            person_id=users[n.username].person_id,
            user_id=users[n.username].pk,
        )
        for n in NEIGHBOURS
        if n.username in users
    )


def reporters(draw: Random, count: int, at: datetime) -> tuple[list[Reporter], list[Reporter]]:
    """Return so many people who write Chinese, and those who write English, each with a number of their own."""
    names = _names()
    ours = {neighbour.phone for neighbour in NEIGHBOURS}
    phones = [PHONE.format(n) for n in draw.sample(range(PHONES), count + len(ours))]
    chinese, english = list[Reporter](), list[Reporter]()
    for i, phone in enumerate(phone for phone in phones if phone not in ours):
        if i == count:
            break
        if i % ENGLISH_EVERY:
            surname, given = draw.choice(names["surnames"])[0], draw.choice(names["given"])[0]
            chinese.append(_reporter(surname + given, phone, "zh-hans", at))
        else:
            english.append(_reporter(draw.choice(names["english"]), phone, "en", at))
    return chinese, english


def _reporter(name: str, phone: str, language: str, at: datetime) -> Reporter:
    return Reporter(contact=_contact(name, phone, language, at), language=language, called=name)


def _contact(name: str, phone: str, language: str, at: datetime) -> dict[str, Any]:
    return sealed(contact_row(name=name, phone=phone, email="", language=language, at=at))
