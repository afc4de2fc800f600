"""Who saw a resident's number, and who spoke with them: one statement for every page that tells them so."""

from datetime import datetime
from typing import Final, NamedTuple

from django.db import connection

MOST: Final = 100
# The unit stands in the event that was written with the grant or the call.
UNIT: Final = """
  (select e.unit_id from casework_caseevent e
   where e.case_id = c.id and e.actor_id = x.user_id and e.at = x.at order by e.id limit 1)
"""
TOUCHES: Final = f"""
select c.number, c.kind, x.looked, u.name, {UNIT}, x.purpose, x.at
from (
  select p.case_id, true as looked, g.user_id, g.purpose, g.granted_at as at
  from casework_revealgrant g join casework_caseparty p on p.id = g.party_id where {{whose}}
  union all
  select p.case_id, false, a.made_by_id, '', a.made_at
  from hotline_callattempt a join casework_caseparty p on p.case_id = a.case_id and p.role = 'requester'
  where a.reached and {{whose}}
) x
join casework_case c on c.id = x.case_id
join identity_user u on u.id = x.user_id
order by x.at desc, c.id desc limit {MOST}
"""


class Touch(NamedTuple):
    """One time that somebody was let see the contact data (`looked`), or reached the resident."""

    number: str
    kind: str
    looked: bool
    by: str
    unit_id: int | None
    purpose: str
    at: datetime


def touches_of_case(case_id: int) -> list[Touch]:
    """Return what happened to the contact data of one case, newest first: one statement."""
    return _found("p.case_id = %s", case_id)


def touches_of_person(person_id: int) -> list[Touch]:
    """Return what happened to a signed-in resident's contact data, newest first: one statement."""
    return _found("p.person_id = %s", person_id)


def _found(whose: str, value: int) -> list[Touch]:
    with connection.cursor() as cursor:
        cursor.execute(TOUCHES.format(whose=whose), [value, value])
        return [Touch._make(row) for row in cursor.fetchall()]
