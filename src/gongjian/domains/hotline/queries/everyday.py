"""What desks find beside their lists: saved filters, for whom somebody stands in, and lists that are being written."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from gongjian.casework.models import CaseParty
from gongjian.casework.queries import COUNT_CAP
from gongjian.domains.hotline.models import ListExport, SavedFilter
from gongjian.domains.hotline.queries.found import Part
from gongjian.identity.actor import Actor

MOST_FILTERS: Final = 20  # of one user on one page; as many lent ones are shown

# Both as one JSON value, so that a list page asks for them in a statement it sends anyway.
BESIDE: Final = f"""(select json_build_object(
  'filters', (select json_agg(x) from (
    select f.id, f.name, f.query, f.opens, f.unit_id, f.user_id = %s as own, u.name as by
    from hotline_savedfilter f join identity_user u on u.id = f.user_id
    where f.page = %s and (f.user_id = %s or f.unit_id = any(%s::bigint[]))
    order by f.user_id <> %s, f.name, f.id limit {2 * MOST_FILTERS}) x),
  'absent', (select json_agg(x) from (
    select d.absent_id as id, u.name, u.name_en, d.ends, array(
      select distinct a.unit_id from identity_assignment a
      where a.user_id = d.absent_id and a.starts <= %s and (a.ends is null or a.ends > %s)) as units
    from identity_deputy d join identity_user u on u.id = d.absent_id and u.is_active
    where d.deputy_id = %s and d.starts <= %s and d.ends > %s order by d.ends, d.id) x),
  'own', (select json_agg(distinct a.unit_id) from identity_assignment a
    where a.user_id = %s and a.starts <= %s and (a.ends is null or a.ends > %s))))"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One saved filter as its page shows it."""

    id: int
    name: str
    query: str
    opens: bool
    unit_id: int | None
    own: bool
    by: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Somebody this user stands in for, until when, and in which units."""

    id: int
    name: str
    name_en: str
    ends: datetime
    units: frozenset[int]


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
    lent = sorted(actor.units)
    return Part(BESIDE, (user, page, user, lent, user, at, at, user, at, at, user, at, at))


def beside_of(found: Any) -> Beside:
    """Read the value of the part `beside`."""
    facts: Mapping[str, Any] = (json.loads(found) if isinstance(found, str) else found) or {}
    absent = [
        Absent(
            row["id"],
            row["name"],
            row["name_en"] or row["name"],
            datetime.fromisoformat(row["ends"]),
            frozenset(row["units"]),
        )
        for row in facts.get("absent") or ()
    ]
    kept = [Kept(**row) for row in facts.get("filters") or ()]
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
    """Return for whom this actor stands in, alone: where a list must know before it reads its rows."""
    part = beside(actor, "", at)
    with connection.cursor() as cursor:
        cursor.execute(f"select {part.sql}", part.values)
        return beside_of((cursor.fetchone() or (None,))[0])


def filters_of(actor: Actor) -> list[SavedFilter]:
    """Return everything this user keeps, by page and name."""
    rows = SavedFilter.objects.filter(user=actor.user_id).select_related("unit")
    return list(rows.order_by("page", "name"))


def cases_of(contact_ids: Collection[int]) -> dict[int, str]:
    """Return the number of the case that each of these contacts stands in."""
    rows = CaseParty.objects.filter(contact__in=contact_ids, case__kind__startswith="hotline.")
    return dict(rows.values_list("contact", "case__number"))


def export_of(actor: Actor, export_id: int) -> ListExport | None:
    """Return a list this actor has asked for; None where it is somebody else's."""
    return ListExport.objects.filter(pk=export_id, user=actor.user_id).select_related("document").first()


def exports_of(actor: Actor, *, most: int = 20) -> list[ListExport]:
    """Return the lists this actor has asked for, newest first."""
    return list(ListExport.objects.filter(user=actor.user_id).select_related("document").order_by("-pk")[:most])
