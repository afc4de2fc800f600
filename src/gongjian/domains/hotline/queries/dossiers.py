"""The case page's two large statements, written as SQL: an ORM takes longer to put them together than to run them."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Model

from gongjian.casework.models import Case, CaseClock, CaseParty
from gongjian.casework.queries import COUNT_CAP
from gongjian.domains.hotline.access import may_open
from gongjian.domains.hotline.models import DispatchRule, Extension, Reply, ReplyDraft, ServiceRequest
from gongjian.domains.hotline.queries.found import built
from gongjian.identity.actor import Actor
from gongjian.identity.models import User

EARLIER_REPLIES: Final = 20
LOST_SHOWN: Final = 3
DRAFTS_SHOWN: Final = 5
COLUMNS: Final[dict[type[Model], tuple[str, ...]]] = {
    Case: tuple(f.attname for f in Case._meta.concrete_fields),
    ServiceRequest: tuple(f.attname for f in ServiceRequest._meta.concrete_fields),
    DispatchRule: ("id", "catalogue", "clause", "reason_zh", "reason_en", "valid"),
    User: ("id", "name", "name_en"),
}


def _columns(model: type[Model], alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in COLUMNS[model])


DOSSIER: Final = f"""
select {_columns(Case, "c")}, {_columns(ServiceRequest, "r")}, {_columns(DispatchRule, "d")}, {_columns(User, "h")},
  (select row_to_json(x) from (
    select p.id, p.contact_id, p.anonymous, p.consent_contact, p.language, k.mask_name, k.mask_phone
    from casework_caseparty p left join parties_contact k on k.id = p.contact_id
    where p.case_id = c.id and p.role = 'requester' order by p.id limit 1) x),
  (select json_agg(row_to_json(x)) from (
    select id, name, limit_key, started_at, due_at, provisional, paused_at, stopped_at, breached_at, step
    from casework_caseclock where case_id = c.id order by id) x),
  array(select unit_id from casework_caseshare where case_id = c.id order by id),
  (select json_agg(row_to_json(x)) from (
    select id, text, version, saved_at from hotline_replydraft where case_id = c.id and user_id = %(user)s
    order by saved_at desc, id desc limit {DRAFTS_SHOWN}) x),
  (select row_to_json(x) from (
    select y.id, y.text, y.resolved, y.written_by_id, y.written_at, y.unit_id, w.name as by, w.name_en as by_en
    from hotline_reply y join identity_user w on w.id = y.written_by_id
    where y.case_id = c.id and y.approved is null) x),
  (select row_to_json(x) from (
    select id, number, amount, reason, asked_by_id, asked_at
    from hotline_extension where case_id = c.id and decided_at is null) x),
  exists (select 1 from hotline_callattempt where case_id = c.id and purpose = 'contact' and reached),
  exists (select 1 from casework_casedocument where case_id = c.id),
  exists (select 1 from hotline_attributeanswer where case_id = c.id),
  (select count(distinct counted_as) from hotline_follower where case_id = c.id and stopped_at is null),
  (select row_to_json(x) from (select e.after, e.move, e.actor_id from casework_caseevent e
    where e.case_id = c.id and e.before <> e.after and e.before <> '' order by e.id desc limit 1) x),
  (select max(g.ends_at) from casework_revealgrant g join casework_caseparty p on p.id = g.party_id
    where p.case_id = c.id and g.user_id = %(user)s and g.granted_at <= %(at)s and g.ends_at > %(at)s),
  case when %(reviews)s then array(
    select e.text from hotline_reply e where e.unit_id = c.holder_unit_id and e.case_id <> c.id
      and not exists (select from casework_case x where x.id = e.case_id and x.restricted)
    order by e.id desc limit {EARLIER_REPLIES}) end,
  (select json_agg(x) from (
    select m.channel, m.reason, m.created_at from notify_message m
    join casework_caseparty p on p.contact_id = m.recipient_contact_id
    where p.case_id = c.id and m.state in ('failed', 'bounced')
      and m.created_at > coalesce((select max(made_at) from hotline_callattempt
        where case_id = c.id and reached), '-infinity')
    order by m.id desc limit {LOST_SHOWN}) x),
  (select count(*) from (select 1 from notify_message
    where recipient_user_id = %(user)s and channel = 'site' and read_at is null limit {COUNT_CAP + 1}) counted)
from casework_case c
join hotline_servicerequest r on r.case_id = c.id
left join hotline_dispatchrule d on d.id = r.rule_id
left join identity_user h on h.id = c.holder_id
where c.number = %(number)s and c.kind like 'hotline.%%'
"""

# The words are looked up row by row: joined, they are read whole where the tables are too fresh to be known.
HISTORY: Final = """
select e.id, e.move, e.public, e.actor_kind, e.unit_id, e.before, e.after, e.at, e.from_unit_id, e.to_unit_id,
  e.actor_id, u.name, u.name_en,
  (select body from casework_eventtext where event_id = e.id and public),
  (select body from casework_eventtext where event_id = e.id and not public)
from casework_caseevent e
left join identity_user u on u.id = e.actor_id
where e.case_id = %s order by e.at desc, e.id desc
"""
HISTORIES: Final = HISTORY.replace("select e.id,", "select e.case_id, e.id,", 1).replace("= %s", "= any(%s)")


class LostNotice(NamedTuple):
    """A message to the resident that did not arrive."""

    channel: str
    reason: str
    at: datetime


class LastStep(NamedTuple):
    """The move that brought a case where it stands: the state it led to, and who made it."""

    after: str
    move: str
    actor_id: int | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything small that the case page shows beside the history, read in one statement."""

    case: Case
    party: CaseParty | None  # who asked, without contact data
    mask_name: str
    mask_phone: str
    clocks: tuple[CaseClock, ...]
    helpers: tuple[int, ...]  # units that assist
    drafts: tuple[ReplyDraft, ...]  # of this user, one for each window, newest first
    reply: Reply | None  # under review
    reply_by: str  # name
    reply_by_en: str
    extension: Extension | None  # waits for a decision
    contacted: bool  # a contact reached the resident
    has_files: bool
    has_answers: bool  # to what its topic asks besides
    followers: int  # who have the same matter
    step: LastStep | None  # the last change of state
    granted_until: datetime | None  # until when this user sees the contact data
    earlier_replies: tuple[str, ...]  # of the unit, for the reviewer
    unread: int
    lost: tuple[LostNotice, ...] = ()  # to whoever asked, since anybody spoke to them last

    @property
    def in_sight(self) -> bool:
        """Whether this user may see the contact data now, in its fields and in free text."""
        return self.granted_until is not None

    def draft(self, wanted: str) -> ReplyDraft | None:
        """Return the draft of this id, or else the newest one."""
        return next((one for one in self.drafts if str(one.pk) == wanted), next(iter(self.drafts), None))


def dossier(*, actor: Actor, number: str, at: datetime, reviews: bool = False) -> Dossier | None:
    """Return the file of a case this actor may open; None where there is none or it is out of reach.

    With `reviews` also what the unit answered before.
    """
    with connection.cursor() as cursor:
        cursor.execute(DOSSIER, {"number": number, "user": actor.user_id, "at": at, "reviews": reviews})
        row = cursor.fetchone()
    if row is None:
        return None
    values = iter(row)
    case: Any = _taken(Case, values)
    case.request = _taken(ServiceRequest, values)
    case.request.rule = _taken(DispatchRule, values)
    case.holder = _taken(User, values)
    party, clocks, helpers, *rest = values
    reach = {"holder_unit_id": case.holder_unit_id, "helpers": helpers, "restricted": case.restricted}
    if not may_open(actor, **reach):
        return None
    return _dossier(case, _read(party), _read(clocks), tuple(helpers), rest)


def _taken(model: type[Model], values: Iterator[Any]) -> Any:
    """Return the next row of a statement's columns; None where an outer join found nothing."""
    names = COLUMNS[model]
    own = [next(values) for _name in names]
    return None if own[0] is None else model.from_db(connection.alias, names, own)


def _read(text: Any) -> Any:
    return json.loads(text) if isinstance(text, str) else text


def _dossier(case: Any, party: Any, clocks: Any, helpers: tuple[int, ...], rest: list[Any]) -> Dossier:
    drafts, reply, extension, contacted, has_files, has_answers, followers, *others = rest
    step, granted_until, earlier, lost, unread = others
    party, reply = party or {}, _read(reply) or {}
    timed = tuple(c for c in (built(CaseClock, found) for found in clocks or ()) if c is not None)
    running = [c for c in timed if c.stopped_at is None and c.paused_at is None]
    nearest = min(running, key=lambda c: (c.due_at, c.pk), default=None)
    case.due_clock = "" if nearest is None else nearest.name
    return Dossier(
        case=case,
        party=built(CaseParty, party, case=case),
        mask_name=party.get("mask_name") or "",
        mask_phone=party.get("mask_phone") or "",
        clocks=timed,
        helpers=helpers,
        drafts=tuple(d for d in (built(ReplyDraft, found) for found in _read(drafts) or ()) if d is not None),
        reply=built(Reply, reply),
        reply_by=reply.get("by") or "",
        reply_by_en=reply.get("by_en") or reply.get("by") or "",
        extension=built(Extension, _read(extension)),
        contacted=contacted,
        has_files=has_files,
        has_answers=has_answers,
        followers=followers,
        step=LastStep(**found) if (found := _read(step)) else None,
        granted_until=granted_until,
        earlier_replies=tuple(earlier or ()),
        unread=unread,
        lost=tuple(
            LostNotice(one["channel"], one["reason"], datetime.fromisoformat(one["created_at"]))
            for one in _read(lost) or ()
        ),
    )


class Colleague(NamedTuple):
    name: str
    name_en: str


class Happened(NamedTuple):
    """One event of a case, its columns by their names."""

    pk: int
    move: str
    public: bool
    actor_kind: str
    unit_id: int | None  # of whoever did it
    before: str
    after: str
    at: datetime
    from_unit_id: int | None
    to_unit_id: int | None
    actor: Colleague | None


@dataclass(frozen=True, slots=True)
class Said:
    """One event of the history with its words."""

    event: Happened
    by: str  # name of whoever of the staff did it
    public: str
    inside: str


def history(case_id: int) -> list[Said]:
    """Return the whole history, newest first: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, [case_id])
        return [_said(row) for row in cursor.fetchall()]


def histories(case_ids: Collection[int]) -> dict[int, list[Said]]:
    """Return the whole history of each of these cases, newest first: one statement."""
    found: dict[int, list[Said]] = {case_id: [] for case_id in case_ids}
    with connection.cursor() as cursor:
        cursor.execute(HISTORIES, [list(case_ids)])
        for case_id, *row in cursor.fetchall():
            found[case_id].append(_said(tuple(row)))
    return found


def _said(row: tuple[Any, ...]) -> Said:
    actor_id, name, name_en, public, inside = row[-5:]
    actor = None if actor_id is None else Colleague(name, name_en)
    return Said(Happened._make((*row[:-5], actor)), actor.name if actor else "", public or "", inside or "")
