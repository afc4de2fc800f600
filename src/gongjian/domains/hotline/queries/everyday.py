"""What desks find beside their lists: saved filters, for whom somebody stands in, and lists that are being written."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from gongjian.casework.models import CaseParty
from gongjian.casework.queries import COUNT_CAP, unrestricted
from gongjian.domains.hotline.models import ListExport, SavedFilter
from gongjian.domains.hotline.queries.found import Part
from gongjian.identity.actor import Actor

MOST_FILTERS: Final = 20  # of one user on one page; as many lent ones are shown

# Both as one JSON value, so that a list page asks for them in a statement it sends anyway; kept short, for the database
# plans it each time.
BESIDE: Final = f"""(select json_build_object(
  'filters', (select json_agg(x) from (
    select id, name, query, opens, unit_id, user_id = %s as own from hotline_savedfilter
    where page = %s and (user_id = %s or unit_id = any(%s::bigint[])) limit {3 * MOST_FILTERS}) x),
  'absent', (select json_agg(x) from (
    select d.absent_id as id, u.name, u.name_en, d.ends
    from identity_deputy d join identity_user u on u.id = d.absent_id and u.is_active
    where d.deputy_id = %s and d.starts <= %s and d.ends > %s order by d.ends, d.id) x)))"""
# For a list that is parted by desk: the units of each of them too.
DESKS: Final = """select json_build_object(
  'absent', (select json_agg(x) from (
    select d.absent_id as id, u.name, u.name_en, d.ends, array(
      select distinct a.unit_id from identity_assignment a
      where a.user_id = d.absent_id and a.starts <= %s and (a.ends is null or a.ends > %s)) as units
    from identity_deputy d join identity_user u on u.id = d.absent_id and u.is_active
    where d.deputy_id = %s and d.starts <= %s and d.ends > %s) x),
  'own', (select json_agg(distinct a.unit_id) from identity_assignment a
    where a.user_id = %s and a.starts <= %s and (a.ends is null or a.ends > %s)))"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One saved filter as its page shows it."""

    id: int
    name: str
    query: str
    opens: bool
    unit_id: int | None
    own: bool


@dataclass(frozen=True, slots=True)
class Absent:
    """Somebody this user stands in for, until when, and in which units."""

    id: int
    name: str
    name_en: str
    ends: datetime
    units: frozenset[int] = frozenset()  # where the list is parted by desk


@dataclass(frozen=True, slots=True)
class Beside:
    filters: Sequence[Kept] = ()
    absent: Sequence[Absent] = ()
    own_units: frozenset[int] = frozenset()  # without those of the absent

    @property
    def opening(self) -> str:
        """Return the query its owner wants the page to open with."""
        return next((f.query for f in self.filters if f.own and f.opens), "")


def beside(actor: Actor, page: str, at: datetime) -> Part:
    """Return the part of a statement that reads saved filters of a page and for whom the actor stands in."""
    user = actor.user_id
    return Part(BESIDE, (user, page, user, sorted(actor.units), user, at, at))


def beside_of(found: Any) -> Beside:
    """Read the value of the part `beside`."""
    facts: Mapping[str, Any] = (json.loads(found) if isinstance(found, str) else found) or {}
    absent = [
        Absent(
            row["id"],
            row["name"],
            row["name_en"] or row["name"],
            datetime.fromisoformat(row["ends"]),
            frozenset(row.get("units") or ()),
        )
        for row in facts.get("absent") or ()
    ]
    kept = [Kept(**row) for row in facts.get("filters") or ()]
    kept.sort(key=lambda one: (not one.own, one.name, one.id))
    return Beside(kept, absent, frozenset(facts.get("own") or ()))


def unread_beside(actor: Actor, page: str, at: datetime) -> tuple[int, Beside]:
    """Return how many notices are unread, up to the cap + 1, and what stands beside a list: one statement."""
    part = beside(actor, page, at)
    sql = (
        "select (select count(*) from (select 1 from notify_message where recipient_user_id = %s"
        f" and channel = 'site' and read_at is null limit {COUNT_CAP + 1}) counted), {part.sql}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [actor.user_id, *part.values])
        unread, found = cursor.fetchone() or (0, None)
    return unread, beside_of(found)


def absent_of(actor: Actor, at: datetime) -> Beside:
    """Return for whom this actor stands in, with the units: where a list must know before it reads its rows."""
    user = actor.user_id
    with connection.cursor() as cursor:
        cursor.execute(DESKS, [at, at, user, at, at, user, at, at])
        return beside_of((cursor.fetchone() or (None,))[0])


def filters_of(actor: Actor) -> list[SavedFilter]:
    """Return everything this user keeps, by page and name."""
    rows = SavedFilter.objects.filter(user=actor.user_id).select_related("unit")
    return list(rows.order_by("page", "name"))


def cases_of(contact_ids: Collection[int]) -> dict[int, str]:
    """Return the number of the case that each of these contacts stands in, of a restricted one none."""
    rows = CaseParty.objects.filter(contact__in=contact_ids, case__kind__startswith="hotline.")
    rows = rows.filter(unrestricted(path="case__"))
    return dict(rows.values_list("contact", "case__number"))


def export_of(actor: Actor, export_id: int) -> ListExport | None:
    """Return a list this actor has asked for; None where it is somebody else's."""
    return ListExport.objects.filter(pk=export_id, user=actor.user_id).select_related("document").first()


def exports_of(actor: Actor, *, most: int = 20) -> list[ListExport]:
    """Return the lists this actor has asked for, newest first."""
    return list(ListExport.objects.filter(user=actor.user_id).select_related("document").order_by("-pk")[:most])
