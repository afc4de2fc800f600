"""Everything invented cases are made of, read once: subjects with their rules, places, people, desks and terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from django.apps import apps
from django.db import models

from gongjian.casework import limits
from gongjian.casework.kinds import kind_of
from gongjian.demo import people, wording
from gongjian.demo.people import Reporter
from gongjian.demo.tale import Rulebook
from gongjian.demo.wording import Subject
from gongjian.demo.worktime import WorkTime
from gongjian.domains.hotline import queries
from gongjian.domains.hotline.queries import TopicRef
from gongjian.identity.models import Assignment
from gongjian.identity.queries import units
from gongjian.places.cells import cell_of
from gongjian.places.models import Address
from gongjian.places.queries import communities
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import local_day

HOTLINE: Final = "zx12349"
SUPERVISION: Final = "dcs"
# Deadlines of the longest cases lie so far behind the last day.
AHEAD: Final = timedelta(days=120)
# Reasons to refuse that fit any words.
FITTING_REASONS: Final = frozenset({"court", "elsewhere", "petition", "repeated"})
FEWEST_PEOPLE, MOST_PEOPLE, CASES_EACH = 300, 40_000, 5


@dataclass(frozen=True, slots=True)
class Spot:
    """A place a case is about; `office` is the unit of its subdistrict."""

    community_id: int
    office: int
    place: str
    address: str
    in_english: str
    lon: float
    lat: float
    cell: str


@dataclass(frozen=True, slots=True)
class Theme:
    """A subject with its topic, its rule and its places."""

    subject: Subject
    topic: TopicRef
    reason: str
    spots: Sequence[Spot]


@dataclass(frozen=True, slots=True)
class Desk:
    """Who works in a unit, by role: ids of users."""

    unit_id: int
    signers: tuple[int, ...]
    handlers: tuple[int, ...]
    heads: tuple[int, ...]
    named: tuple[int, ...] = ()  # for restricted matters


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason to refuse a matter, and the words the resident reads."""

    id: int
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class World:
    """What a story may draw from; the same for the same moment, seed and database."""

    end: int  # the moment of the load, in seconds of `work`
    work: WorkTime
    rules: Rulebook
    themes: Sequence[Theme]  # as often as they weigh
    chinese: Sequence[Reporter]
    english: Sequence[Reporter]
    neighbours: Sequence[Reporter]
    desks: Mapping[int, Desk]
    hotline: int
    supervision: int
    backstop: int
    call_takers: tuple[int, ...]
    dispatchers: tuple[int, ...]
    reviewers: tuple[int, ...]
    callers: tuple[int, ...]
    supervisors: tuple[int, ...]
    names: Mapping[int, str]  # of units and users: what events say
    staff: Mapping[int, str]
    reasons: Sequence[Reason]
    tables: Mapping[str, type[models.Model]]


def build(*, at: datetime, seed: int, cases: int, days: int) -> World:
    """Read the world; the catalogue, the units, their people and the addresses must have been loaded."""
    work = WorkTime(
        calendar(),
        local_day(at - timedelta(days=days + 1)),
        local_day(at + AHEAD),
    )
    count = min(max(cases // CASES_EACH, FEWEST_PEOPLE), MOST_PEOPLE)
    chinese, english = people.reporters(Random(seed), count, at)  # noqa: S311 - the same people every time is the point
    book = units()
    roles = _by_role(at)
    return World(
        end=work.second(at),
        work=work,
        rules=Rulebook(kind_of("hotline.complaint"), limits.book(), at),
        themes=_themes(at),
        chinese=chinese,
        english=english,
        neighbours=people.neighbours(at),
        desks=_desks(roles),
        hotline=book.by_code[HOTLINE].id,
        supervision=book.by_code[SUPERVISION].id,
        backstop=book.backstop.id if book.backstop else book.by_code[HOTLINE].id,
        call_takers=_of(roles, "call_taker"),
        dispatchers=_of(roles, "dispatcher"),
        reviewers=_of(roles, "reviewer"),
        callers=_of(roles, "callback_agent"),
        supervisors=_of(roles, "supervisor"),
        names={unit.id: unit.name_zh for unit in book},
        staff={user: name for rows in roles.values() for _unit, user, name in rows},
        reasons=[
            Reason(r.pk, r.code, f"{r.reason_zh} {r.channel_zh}")
            for r in queries.catalogue(at).reasons
            if r.code in FITTING_REASONS
        ],
        tables={name: apps.get_model("hotline", name) for name in ("Reply", "Return", "Extension", "CallAttempt")},
    )


type Roles = dict[str, list[tuple[int, int, str]]]


def _by_role(at: datetime) -> Roles:
    rows = Assignment.objects.filter(starts__lte=at, ends=None).order_by("user__username")
    found: Roles = {}
    for role, unit_id, user_id, name in rows.values_list("role__code", "unit_id", "user_id", "user__name"):
        found.setdefault(role, []).append((unit_id, user_id, name))
    return found


def _of(roles: Roles, role: str) -> tuple[int, ...]:
    return tuple(user for _unit, user, _name in roles[role])


def _desks(roles: Roles) -> dict[int, Desk]:
    by_unit: dict[int, dict[str, list[int]]] = {}
    for role in ("unit_clerk", "handler", "unit_head", "restricted_handler"):
        for unit_id, user_id, _name in roles.get(role, []):
            by_unit.setdefault(unit_id, {}).setdefault(role, []).append(user_id)
    return {
        unit_id: Desk(
            unit_id,
            tuple(found.get("unit_clerk", []) + found["handler"]),
            tuple(found["handler"]),
            tuple(found["unit_head"]),
            tuple(found.get("restricted_handler", [])),
        )
        for unit_id, found in by_unit.items()
        if "handler" in found and "unit_head" in found
    }


def _themes(at: datetime) -> list[Theme]:
    told, spots = wording.subjects(), _spots()
    by_name: dict[str, list[Spot]] = {}
    for spot in spots:
        by_name.setdefault(spot.place, []).append(spot)
    themes = []
    for topic in sorted(queries.catalogue(at).leaves, key=lambda t: t.code):
        subject = told.get(topic.code)
        if subject is None:
            continue
        only = [spot for name in subject.spots for spot in by_name.get(name, [])]
        reason = f"派件目录 {topic.catalogue} 第 {topic.clause} 条：{topic.reason_zh}"
        themes += [Theme(subject, topic, reason, only or spots)] * subject.weight
    return themes


def _spots() -> list[Spot]:
    """Return every house number twice, by its road and with its number, and every named place."""
    offices = {unit.subdistrict_id: unit.id for unit in units() if unit.kind == "subdistrict"}
    known = {c.id: c for c in communities() if c.subdistrict_id in offices}
    rows = Address.objects.order_by("code").values_list("community_id", "road", "number", "name", "lon", "lat")
    spots = []
    for community_id, road, number, name, lon, lat in rows:
        place = known.get(community_id)
        if place is None or (road and not number):
            continue
        address = f"{road}{number}{name}"
        facts: dict[str, Any] = {
            "community_id": community_id,
            "office": offices[place.subdistrict_id],
            "address": address,
            "in_english": f"near {place.name_en.removesuffix(' Community')}",
            "lon": lon,
            "lat": lat,
            "cell": cell_of(lon, lat),
        }
        spots += [Spot(place=text, **facts) for text in dict.fromkeys((road or name, f"{road}{number}" or name))]
    return spots
