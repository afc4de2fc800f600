"""Open matters that change hands with a unit, a leaver, or by an administrator's or a head's choice.

Identity knows units and people, casework moves matters; here both happen in one act. Matters move in parcels, each
its own transaction: what was begun and broken off goes on where it stopped, and nothing is moved twice.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from gongjian.casefile.handover import Handed, hand_over, help_out, open_help, open_work
from gongjian.casework.models import Case
from gongjian.casework.queries import over, unrestricted
from gongjian.console.forms_units import Offered
from gongjian.identity import actions
from gongjian.identity.actor import Actor
from gongjian.identity.models import Assignment, Unit
from gongjian.identity.queries import people_of
from gongjian.identity.refusals import Refused
from gongjian.web.words import bracketed

PARCEL: Final = 100
NOTHING: Final = Handed(0, ())


@dataclass(frozen=True)
class Pick:
    """Which open matters: of a unit, narrowed by person, topics, communities, or named one by one."""

    unit_id: int | None = None
    holder_id: int | None = None
    topics: Sequence[int] = ()
    communities: Sequence[int] = ()
    states: Sequence[str] = ()
    nobody: bool = False  # only those that nobody in the unit handles yet
    late_at: datetime | None = None
    numbers: Sequence[str] = field(default_factory=tuple)
    restricted: frozenset[int] | None = None  # units whose restricted matters are shown; None: moved unseen

    def rows(self) -> QuerySet[Case]:
        """Return the open matters, oldest first."""
        rows = open_work(unit_id=self.unit_id, holder_id=self.holder_id).filter(unrestricted(self.restricted))
        rows = rows.filter(topic__in=self.topics) if self.topics else rows
        rows = rows.filter(community__in=self.communities) if self.communities else rows
        rows = rows.filter(state__in=self.states) if self.states else rows
        rows = rows.filter(holder=None) if self.nobody else rows
        rows = rows.filter(over(self.late_at)) if self.late_at else rows
        return rows.filter(number__in=self.numbers) if self.numbers else rows


@dataclass(frozen=True)
class Effect:
    """What an act on a unit would move."""

    cases: int
    helps: int
    people: int
    keys: int
    children: int
    samples: Sequence[Case] = ()


def effect_of(unit: Unit, *, into_id: int | None, at: datetime, pick: Pick | None = None) -> Effect:
    """Return what goes along when a unit is closed, merged or split."""
    rows = (pick or Pick(unit_id=unit.pk)).rows()
    return Effect(
        cases=rows.count(),
        helps=open_help(unit_id=unit.pk, without=into_id or 0).count(),
        people=len(people_of(unit.pk, at=at)),
        keys=unit.apikey_set.filter(active=True).count(),
        children=Unit.objects.filter(parent=unit, active=True).count(),
        samples=list(rows.filter(unrestricted())[:20]),
    )


def holds_open_work(unit_id: int) -> bool:
    """Whether a unit still holds an open matter."""
    return bool(open_work(unit_id=unit_id).exists())


def close(*, unit_id: int, reason: str, actor: Actor, at: datetime) -> None:
    """Close a unit that holds nothing any more. Raises Refused where it holds an open matter."""
    with transaction.atomic():
        actions.close_unit(unit_id=unit_id, reason=reason, actor=actor, at=at)
        if holds_open_work(unit_id):
            raise Refused("", _("它手里还有没办完的件。并入别的单位，或先把件移交出去。"))


def merge(*, unit_id: int, into_id: int, reason: str, actor: Actor, at: datetime) -> Handed:
    """Merge a unit into another one: people and keys first, then its open matters with whoever handles them.

    Raises Refused as `identity.actions.close_unit`.
    """
    actions.close_unit(unit_id=unit_id, into_id=into_id, reason=reason, actor=actor, at=at)
    return finish_merge(unit_id=unit_id, into_id=into_id, reason=reason, actor=actor, at=at)


def finish_merge(*, unit_id: int, into_id: int, reason: str, actor: Actor, at: datetime) -> Handed:
    """Move what a merged unit still holds or helps with; may be called again at any time."""
    moved = move_all(Pick(unit_id=unit_id), unit_id=into_id, keep_people=True, reason=reason, actor=actor, at=at)
    seen = set[int]()
    for parcel in _parcels(lambda: open_help(unit_id=unit_id, without=into_id), seen):
        with transaction.atomic():
            help_out(cases=parcel, unit_id=into_id, reason=reason, actor=actor, at=at)
    return moved


def split(
    *,
    source_id: int,
    target: Callable[[], Unit],
    pick: Pick,
    user_ids: Sequence[int],
    reason: str,
    actor: Actor,
    at: datetime,
) -> tuple[Unit, Handed]:
    """Let a part of a unit become another one: it is made, the chosen people go there, then the chosen open matters.

    Raises Refused; then nothing was made.
    """
    if not reason.strip():
        raise Refused("reason", _("写一句为什么，以后查得到。"))
    with transaction.atomic():
        made = target()
        if user_ids:
            actions.move_people(source_id=source_id, target_id=made.pk, user_ids=user_ids, actor=actor, at=at)
    chosen = replace(pick, unit_id=source_id)
    return made, move_all(chosen, unit_id=made.pk, keep_people=True, reason=reason, actor=actor, at=at)


def move_all(
    pick: Pick,
    *,
    unit_id: int,
    keep_people: bool,
    reason: str,
    actor: Actor,
    at: datetime,
    holder_id: int | None = None,
) -> Handed:
    """Move picked matters to a unit; with `keep_people` they stay with whoever handles them and has a role there."""
    stays = people_of(unit_id, at=at) if keep_people else frozenset[int]()
    done, seen = NOTHING, set[int]()
    for parcel in _parcels(pick.rows, seen):
        with transaction.atomic():
            for holder in {case.holder_id for case in parcel}:
                mine = [case for case in parcel if case.holder_id == holder]
                keeper = holder if holder in stays else holder_id
                done = _sum(
                    done,
                    hand_over(cases=mine, unit_id=unit_id, holder_id=keeper, reason=reason, actor=actor, at=at),
                )
    return done


def spread(pick: Pick, *, holder_ids: Sequence[int | None], reason: str, actor: Actor, at: datetime) -> Handed:
    """Give picked matters of a unit to people of that unit in turn, or back to the whole unit (None).

    Raises Refused where one of them has no role in the unit.
    """
    known = people_of(pick.unit_id or 0, at=at)
    if not holder_ids or any(holder is not None and holder not in known for holder in holder_ids):
        raise Refused("holders", _("请选本单位在岗的人。"))
    done, seen, turn = NOTHING, set[int](), 0
    for parcel in _parcels(pick.rows, seen):
        shares: dict[int | None, list[Case]] = {}
        for case in parcel:
            shares.setdefault(holder_ids[turn % len(holder_ids)], []).append(case)
            turn += 1
        with transaction.atomic():
            for holder, cases in shares.items():
                done = _sum(done, hand_over(cases=cases, holder_id=holder, reason=reason, actor=actor, at=at))
    return done


def _parcels(rows: Callable[[], QuerySet[Case]], seen: set[int]) -> Iterator[list[Case]]:
    """Give the matters in parcels, each once; those that stay where they are do not come again."""
    last = 0
    while parcel := list(rows().filter(pk__gt=last)[:PARCEL]):
        last = parcel[-1].pk
        fresh = [case for case in parcel if case.pk not in seen]
        seen.update(case.pk for case in parcel)
        yield fresh


def _sum(first: Handed, second: Handed) -> Handed:
    return Handed(first.moved + second.moved, first.refused + second.refused)


def workload(unit_id: int) -> dict[int | None, int]:
    """Return how many open matters each person of a unit handles; None are those nobody does."""
    return dict(
        open_work(unit_id=unit_id).filter(unrestricted()).order_by().values_list("holder").annotate(n=Count("pk"))
    )


def leave(*, user_id: int, heirs: dict[int, int | None], reason: str, actor: Actor, at: datetime) -> Handed:
    """Hand the open matters of somebody who leaves to a colleague in each unit, or back to the unit.

    `heirs` names for each unit who takes over. Units the actor may not hand over in are refused by `Forbidden`.
    """
    done = NOTHING
    for unit_id, heir in heirs.items():
        if heir is not None and heir not in people_of(unit_id, at=at):
            raise Refused("heir", _("请选本单位在岗的人。"))
        pick = Pick(unit_id=unit_id, holder_id=user_id)
        done = _sum(
            done,
            move_all(pick, unit_id=unit_id, keep_people=False, holder_id=heir, reason=reason, actor=actor, at=at),
        )
    return done


def holds(user_id: int) -> dict[int | None, int]:
    """Return how many open matters somebody handles, by unit."""
    return dict(open_work(holder_id=user_id).order_by().values_list("holder_unit").annotate(n=Count("pk")))


def posts_of(user_id: int, *, at: datetime) -> QuerySet[Assignment]:
    """Return the roles somebody holds or will hold."""
    return Assignment.objects.filter(user_id=user_id).exclude(ends__lte=at)


def offered(rows: QuerySet[Case], *, chinese: bool) -> Offered:
    """Return topics and communities of open matters with their numbers, the most frequent first."""
    column = "name_zh" if chinese else "name_en"

    def counted(name: str) -> list[tuple[Any, str]]:
        found = rows.order_by().exclude(**{name: None}).values_list(name, f"{name}__{column}")
        return [(pk, bracketed(word, str(n))) for pk, word, n in found.annotate(n=Count("pk")).order_by("-n", name)]

    return Offered(counted("topic"), counted("community"))
