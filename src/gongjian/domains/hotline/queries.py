"""Reading the hotline's own tables and cases."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from h3 import grid_disk

from gongjian.casework.models import (
    Case,
    CaseClock,
    CaseDocument,
    CaseEvent,
    CaseParty,
    CaseShare,
    EventText,
    RevealGrant,
    Topic,
)
from gongjian.casework.queries import COUNT_CAP, ROWS, Desk, on_desk
from gongjian.domains.hotline.access import HotlineRight, visible_to
from gongjian.domains.hotline.models import (
    CallAttempt,
    DispatchRule,
    EmergencyWord,
    Extension,
    IntakeDraft,
    Notice,
    RejectReason,
    Reply,
    ReplyDraft,
    Return,
    ServiceHours,
    ServiceRequest,
)
from gongjian.identity.actor import Actor
from gongjian.notify.models import Channel, Message
from gongjian.parties.phones import InvalidPhone, normalise_phone
from gongjian.places.cells import cell_of
from gongjian.places.rules import haversine_m
from gongjian.sealing.index import blind_index
from gongjian.workdays.rules import SHANGHAI

FRESH: Final = timedelta(seconds=30)
TAIL_DIGITS: Final = 4
SAME_CALLER: Final = 10
EARLIER_REPLIES: Final = 20
NEAR_METRES: Final = 200
NEAR_RINGS: Final = 2  # of cells with 200 m from centre to corner, so that 200 m around any point are covered
NEAR_LOOKED_AT: Final = 40
NEAR_SHOWN: Final = 5
NEAR_SINCE: Final = timedelta(days=30)
CALL_DESK: Final = "call-desk"  # as source of a request: its number there is the token of the form
CALLED: Final = ("replied", "callback")
SHOWN_TO_OTHERS: Final = ("hotline.complaint", "hotline.suggestion")


@dataclass(frozen=True, slots=True)
class TopicRef:
    """A topic with the dispatch rule of today, as every page needs it."""

    id: int
    code: str
    parent_id: int | None
    name_zh: str
    name_en: str
    pinyin: str
    order: int
    rule_id: int | None
    catalogue: str
    clause: str
    lead_unit_id: int | None
    assist_subdistrict: bool
    lead_subdistrict: bool
    limit_key: str
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Topics, dispatch rules, emergency words and reasons, in process memory."""

    topics: Mapping[int, TopicRef]
    emergency: tuple[tuple[str, str], ...]
    reasons: tuple[RejectReason, ...]
    loaded_at: datetime

    @property
    def leaves(self) -> tuple[TopicRef, ...]:
        return tuple(t for t in self.topics.values() if t.parent_id is not None)

    @property
    def groups(self) -> tuple[TopicRef, ...]:
        return tuple(t for t in self.topics.values() if t.parent_id is None)

    def by_code(self, code: str) -> TopicRef | None:
        return next((t for t in self.topics.values() if t.code == code), None)


class _Shelf:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.catalogue: Catalogue | None = None


_shelf = _Shelf()


def catalogue(at: datetime) -> Catalogue:
    """Return topics and today's dispatch rules, read again when older than half a minute."""
    with _shelf.lock:
        held = _shelf.catalogue
        if held is None or not timedelta(0) <= at - held.loaded_at < FRESH:
            held = _shelf.catalogue = _load(at)
        return held


def forget() -> None:
    """Drop what is in memory: after the catalogue was changed in this process."""
    with _shelf.lock:
        _shelf.catalogue = None


def _load(at: datetime) -> Catalogue:
    day: date = at.astimezone(SHANGHAI).date()
    rules = {r.topic_id: r for r in DispatchRule.objects.filter(valid__contains=day)}
    topics = {}
    for topic in Topic.objects.filter(domain="hotline", active=True).order_by("order", "pk"):
        rule = rules.get(topic.pk)
        topics[topic.pk] = TopicRef(
            id=topic.pk,
            code=topic.code,
            parent_id=topic.parent_id,
            name_zh=topic.name_zh,
            name_en=topic.name_en,
            pinyin=topic.pinyin,
            order=topic.order,
            rule_id=rule.pk if rule else None,
            catalogue=rule.catalogue if rule else "",
            clause=rule.clause if rule else "",
            lead_unit_id=rule.lead_unit_id if rule else None,
            assist_subdistrict=bool(rule and rule.assist_subdistrict),
            lead_subdistrict=bool(rule and rule.lead_subdistrict),
            limit_key=rule.limit_key if rule else "",
            reason_zh=rule.reason_zh if rule else "",
            reason_en=rule.reason_en if rule else "",
        )
    words = tuple(EmergencyWord.objects.order_by("pk").values_list("word", "service"))
    return Catalogue(topics, words, tuple(reject_reasons()), at)


def reject_reasons() -> list[RejectReason]:
    """Return the closed list of reasons in its order."""
    return list(RejectReason.objects.order_by("order"))


def case_for(*, actor: Actor, number: str) -> Case | None:
    """Return a case the actor may open, with its request; None where there is none or it is out of reach."""
    return visible_to(actor).select_related("request", "request__reject_reason").filter(number=number).first()


def party_of(case_id: int) -> CaseParty | None:
    """Return who asked, with the masked contact."""
    rows = CaseParty.objects.filter(case=case_id, role=CaseParty.Role.REQUESTER)
    return rows.select_related("contact").defer("contact__name", "contact__phone", "contact__email").first()


@dataclass(frozen=True, slots=True)
class Tracked:
    """A case opened by somebody who proved to be its applicant."""

    case: Case
    party: CaseParty


def tracked(*, number: str, secret: str) -> Tracked | None:
    """Return the case for a number with its receipt code or the last four digits of the phone.

    One statement, the same for every miss: a wrong number and a wrong secret cannot be told apart.
    """
    secret = secret.strip().upper().replace(" ", "").replace("-", "")
    proofs = Q(receipt_index=blind_index(secret, "receipt"))
    if len(secret) == TAIL_DIGITS and secret.isdigit():
        proofs = Q(contact__tail_index=blind_index(secret, "tail"))
    party = (
        CaseParty.objects.filter(proofs, case__number=number.strip().upper(), case__kind__startswith="hotline.")
        .select_related("case", "case__request", "case__request__reject_reason", "contact")
        .first()
    )
    return Tracked(party.case, party) if party else None


def tracked_by(*, party_id: int) -> Tracked | None:
    """Return the case of a party whose proof is kept in the session."""
    party = (
        CaseParty.objects.filter(pk=party_id)
        .select_related("case", "case__request", "case__request__reject_reason", "contact")
        .first()
    )
    return Tracked(party.case, party) if party else None


def my_cases(*, person_id: int, before: int | None = None, size: int = 20) -> list[CaseParty]:
    """Return the signed-in resident's own cases, newest first, one more than `size` where there are more."""
    rows = CaseParty.objects.filter(person=person_id).select_related("case").order_by("-pk")
    return list((rows.filter(pk__lt=before) if before else rows)[: size + 1])


def caller_history(phone: str) -> list[CaseParty]:
    """Return the last cases of a phone number, by its keyed hash; empty for what is no number."""
    try:
        number = normalise_phone(phone)
    except InvalidPhone:
        return []
    rows = CaseParty.objects.filter(contact__phone_index=blind_index(number, "phone"))
    return list(rows.select_related("case", "contact").order_by("-pk")[:SAME_CALLER])


def pending_reply(case_id: int) -> Reply | None:
    """Return the reply that waits for review."""
    return Reply.objects.filter(case=case_id, approved__isnull=True).select_related("written_by").first()


def pending_extension(case_id: int) -> Extension | None:
    """Return the request for more time that waits for a decision."""
    return Extension.objects.filter(case=case_id, decided_at=None).select_related("asked_by").first()


def reply_draft(*, case_id: int, user_id: int) -> ReplyDraft | None:
    return ReplyDraft.objects.filter(case=case_id, user=user_id).first()


def intake_draft(user_id: int) -> IntakeDraft | None:
    return IntakeDraft.objects.filter(user=user_id).first()


def notices(at: datetime) -> list[Notice]:
    """Return the notices of the home page, newest first."""
    live = Notice.objects.filter(starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at))
    return list(live.order_by("-starts_at")[:5])


def hours(at: datetime) -> list[ServiceHours]:
    """Return the service hours in force today."""
    return list(ServiceHours.objects.filter(valid__contains=at.astimezone(SHANGHAI).date()).order_by("opens"))


@dataclass(frozen=True, slots=True)
class Week:
    """What the home page says about the last seven days; counted from the index on opening and closing times."""

    received: int
    closed: int


def last_week(at: datetime) -> Week:
    """Return how many cases were opened and closed in the last seven days: two index-only ranges, one statement."""
    since = at - timedelta(days=7)
    with connection.cursor() as cursor:
        cursor.execute(
            "select (select count(*) from casework_case where opened_at >= %s),"
            " (select count(*) from casework_caseevent where move in ('close', 'rate_solved', 'answer') and at >= %s)",
            [since, since],
        )
        row = cursor.fetchone() or (0, 0)
    return Week(*row)


def request_of(case: Case) -> ServiceRequest:
    """Return the request that stands beside a case."""
    return ServiceRequest.objects.get(case=case)


def counts(*rows: QuerySet[Any]) -> tuple[int, ...]:
    """Return how many rows each of these has, up to the cap + 1: one statement for all."""
    parts: list[str] = []
    params: list[Any] = []
    for one in rows:
        try:
            sql, values = one.order_by().values("pk")[: COUNT_CAP + 1].query.sql_with_params()
        except EmptyResultSet:
            parts.append("0")
            continue
        parts.append(f"(select count(*) from ({sql}) counted)")
        params.extend(values)
    with connection.cursor() as cursor:
        cursor.execute("select " + ", ".join(parts), params)
        return tuple(cursor.fetchone() or ())


def shared_rows(units_: frozenset[int]) -> QuerySet[Case]:
    """Return the open cases these units help with, to be counted together with other things."""
    helped = CaseShare.objects.filter(case=OuterRef("pk"), unit__in=units_)
    return Case.objects.filter(Exists(helped), closed_at=None, due_at__isnull=False)


def unread_rows(user_id: int | None) -> QuerySet[Message]:
    """Return what this user has not read, to be counted together with other things."""
    return Message.objects.filter(recipient_user=user_id, channel=Channel.SITE, read_at=None)


@dataclass(frozen=True, slots=True)
class InList:
    """Where a case stands in the list it was opened from; zero and empty where it stands in none."""

    previous: str = ""
    next: str = ""
    number: int = 0
    total: int = 0


def place_in_list(case: Case, desk: Desk) -> InList:
    """Return the neighbours of an open case on a desk, by deadline: one statement."""
    if case.due_at is None:
        return InList()
    rows = on_desk(desk)
    before = rows.filter(due_at__lte=case.due_at).filter(Q(due_at__lt=case.due_at) | Q(pk__lt=case.pk))
    after = rows.filter(due_at__gte=case.due_at).filter(Q(due_at__gt=case.due_at) | Q(pk__gt=case.pk))
    sides = [before.order_by("-due_at", "-pk"), after.order_by("due_at", "pk")]
    parts: list[str] = []
    params: list[Any] = []
    for side in sides:
        try:
            sql, values = side.values("number")[:1].query.sql_with_params()
        except EmptyResultSet:
            return InList()
        parts.append(f"({sql})")
        params.extend(values)
    for side in (before, rows):
        sql, values = side.order_by().values("pk")[: COUNT_CAP + 1].query.sql_with_params()
        parts.append(f"(select count(*) from ({sql}) counted)")
        params.extend(values)
    with connection.cursor() as cursor:
        cursor.execute("select " + ", ".join(parts), params)
        previous, following, earlier, total = cursor.fetchone() or ("", "", 0, 0)
    return InList(previous or "", following or "", earlier + 1, total)


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything small that the case page shows beside the history, read in one statement."""

    case: Case
    party: CaseParty | None  # who asked, without contact data
    mask_name: str
    mask_phone: str
    clocks: tuple[CaseClock, ...]
    helpers: tuple[int, ...]  # units that assist
    draft: ReplyDraft | None
    reply: Reply | None  # under review
    reply_by: str  # name
    reply_by_en: str
    extension: Extension | None  # waits for a decision
    contacted: bool  # a contact reached the resident
    granted_until: datetime | None  # until when this user sees the contact data
    earlier_replies: tuple[str, ...]  # of the unit, for the reviewer
    unread: int


def dossier(*, actor: Actor, number: str, at: datetime) -> Dossier | None:
    """Return the file of a case this actor may open; None where there is none or it is out of reach."""
    mine = OuterRef("pk")
    party = CaseParty.objects.filter(case=mine, role=CaseParty.Role.REQUESTER).order_by("pk")
    grants = RevealGrant.objects.filter(party__case=mine, user=actor.user_id, granted_at__lte=at, ends_at__gt=at)
    pending = Reply.objects.filter(case=mine, approved__isnull=True)
    reached = CallAttempt.objects.filter(case=mine, purpose=CallAttempt.Purpose.CONTACT, reached=True)
    earlier = Reply.objects.filter(unit=OuterRef("holder_unit")).exclude(case=mine).order_by("-pk")
    if not actor.can(HotlineRight.CASE_REVIEW):
        earlier = earlier.none()
    unread = unread_rows(actor.user_id).order_by("-pk")
    case = (
        visible_to(actor)
        .select_related("request", "request__reject_reason", "request__rule", "holder")
        .annotate(
            found_party=_first(party, *_PARTY, mask_name="contact__mask_name", mask_phone="contact__mask_phone"),
            found_clocks=_all(CaseClock.objects.filter(case=mine).order_by("pk"), *_CLOCK),
            found_helpers=ArraySubquery(CaseShare.objects.filter(case=mine).order_by("pk").values("unit_id")),
            found_draft=_first(ReplyDraft.objects.filter(case=mine, user=actor.user_id), "text", "saved_at"),
            found_reply=_first(pending, *_REPLY, by="written_by__name", by_en="written_by__name_en"),
            found_extension=_first(Extension.objects.filter(case=mine, decided_at=None), *_EXTENSION),
            found_contact=Exists(reached),
            found_grant=Subquery(grants.order_by("-ends_at").values("ends_at")[:1]),
            found_earlier=ArraySubquery(earlier.values("text")[:EARLIER_REPLIES]),
            found_unread=ArraySubquery(unread.values("pk")[: COUNT_CAP + 1]),
        )
        .filter(number=number)
        .first()
    )
    return None if case is None else _dossier(case)


_PARTY: Final = ("id", "contact_id", "anonymous", "consent_contact", "language")
_CLOCK: Final = (
    "id", "name", "limit_key", "started_at", "due_at", "provisional", "paused_at", "stopped_at", "breached_at", "step",
)  # fmt: skip
_REPLY: Final = ("id", "text", "resolved", "written_by_id", "written_at", "unit_id")
_EXTENSION: Final = ("id", "number", "amount", "reason", "asked_by_id", "asked_at")


def _dossier(case: Any) -> Dossier:
    party, reply = case.found_party or {}, case.found_reply or {}
    return Dossier(
        case=case,
        party=_built(CaseParty, party, case=case),
        mask_name=party.get("mask_name") or "",
        mask_phone=party.get("mask_phone") or "",
        clocks=tuple(c for c in (_built(CaseClock, found) for found in case.found_clocks or ()) if c is not None),
        helpers=tuple(case.found_helpers or ()),
        draft=_built(ReplyDraft, case.found_draft),
        reply=_built(Reply, reply),
        reply_by=reply.get("by") or "",
        reply_by_en=reply.get("by_en") or reply.get("by") or "",
        extension=_built(Extension, case.found_extension),
        contacted=case.found_contact,
        granted_until=case.found_grant,
        earlier_replies=tuple(case.found_earlier or ()),
        unread=len(case.found_unread or ()),
    )


def _first(rows: QuerySet[Any], *names: str, **paths: str) -> Subquery:
    return Subquery(rows.values(found=JSONObject(**{n: n for n in names}, **paths))[:1])


def _all(rows: QuerySet[Any], *names: str) -> ArraySubquery:
    return ArraySubquery(rows.values(found=JSONObject(**{n: n for n in names})))


def _built[M: Model](model: type[M], found: Mapping[str, Any] | None, **known: Any) -> M | None:
    """Return a row from its JSON, the values read by the model's own columns; names it does not have are left out."""
    if not found:
        return None
    columns = {f.attname: f for f in model._meta.concrete_fields}
    values = {name: columns[name].to_python(value) for name, value in found.items() if name in columns}
    return model(**values, **known)


@dataclass(frozen=True, slots=True)
class Said:
    """One event of the history with its words."""

    event: CaseEvent
    by: str  # name of whoever of the staff did it
    public: str
    inside: str


def history(case_id: int) -> list[Said]:
    """Return the whole history, newest first: one statement."""
    words = EventText.objects.filter(event=OuterRef("pk"))
    rows = (
        CaseEvent.objects.filter(case=case_id)
        .select_related("actor")
        .only(
            "move",
            "public",
            "actor_kind",
            "actor__name",
            "actor__name_en",
            "unit_id",
            "after",
            "before",
            "at",
            "from_unit_id",
            "to_unit_id",
        )
        .annotate(
            said=Subquery(words.filter(public=True).values("body")[:1]),
            said_inside=Subquery(words.filter(public=False).values("body")[:1]),
        )
        .order_by("-at", "-pk")
    )
    return [Said(e, e.actor.name if e.actor else "", e.said or "", e.said_inside or "") for e in rows]


def attachments(case_id: int) -> list[CaseDocument]:
    """Return the files of a case with the event they came with, oldest first: one statement."""
    rows = CaseDocument.objects.filter(case=case_id).select_related("document", "event")
    return list(rows.order_by("pk"))


@dataclass(frozen=True, slots=True)
class Near:
    case: Case
    metres: int
    lon: float
    lat: float


def near_cases(case: Case) -> list[Near]:
    """Return open cases within 200 m, nearest first: one statement; none where the place is not known.

    Confidential matters never show.
    """
    request = case.request
    if not case.cell or request.lon is None or request.lat is None:
        return []
    rows = (
        Case.objects.filter(cell__in=grid_disk(case.cell, NEAR_RINGS), closed_at=None, kind__startswith="hotline.")
        .filter(confidentiality=Case.Confidentiality.OPEN, request__lon__isnull=False)
        .exclude(pk=case.pk)
        .select_related("request")
        .only(*ROWS, "request__lon", "request__lat")
        .order_by("-id")[:NEAR_LOOKED_AT]
    )
    found = [_near(row, request.lon, request.lat) for row in rows]
    return sorted((n for n in found if n.metres <= NEAR_METRES), key=lambda n: n.metres)[:NEAR_SHOWN]


def _near(row: Case, from_lon: float, from_lat: float) -> Near:
    lon, lat = row.request.lon or 0.0, row.request.lat or 0.0
    return Near(row, round(haversine_m(from_lon, from_lat, lon, lat)), lon, lat)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a case has come: its version, and its newest event, which may leave the version alone."""

    case_id: int
    version: int
    event_id: int


def standing_of(*, actor: Actor, number: str) -> Standing | None:
    """Return how far a case this actor may open has come: one statement."""
    newest = CaseEvent.objects.filter(case=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    rows = visible_to(actor).filter(number=number).annotate(newest=Subquery(newest))
    found = rows.values_list("pk", "version", "newest").first()
    return Standing(*found) if found else None


def submitted(*, after: tuple[datetime, int] | None = None, size: int = 50) -> QuerySet[Reply]:
    """Return the answers that wait for review, nearest deadline first, one more than `size`."""
    rows = Reply.objects.filter(approved__isnull=True, case__state="submitted", case__due_at__isnull=False)
    if after is not None:
        rows = rows.filter(case__due_at__gte=after[0]).filter(Q(case__due_at__gt=after[0]) | Q(case__gt=after[1]))
    return rows.select_related("case", "written_by").order_by("case__due_at", "case")[: size + 1]


def similar(*, lon: float, lat: float, topic_id: int | None, at: datetime) -> list[Near]:
    """Return open complaints and suggestions of a topic within 200 m of a point, of the last 30 days, nearest first.

    For everybody: enquiries and calls for help are never shown to others.
    """
    rows = (
        Case.objects.filter(cell__in=grid_disk(cell_of(lon, lat), NEAR_RINGS), closed_at=None, topic=topic_id)
        .filter(kind__in=SHOWN_TO_OTHERS, opened_at__gte=at - NEAR_SINCE, request__lon__isnull=False)
        .filter(confidentiality=Case.Confidentiality.OPEN)
        .select_related("request")
        .only(*ROWS, "request__lon", "request__lat")
        .order_by("-id")[:NEAR_LOOKED_AT]
    )
    found = [_near(row, lon, lat) for row in rows]
    return sorted((n for n in found if n.metres <= NEAR_METRES), key=lambda n: n.metres)[:NEAR_SHOWN]


def tracked_own(*, number: str, person_id: int) -> Tracked | None:
    """Return the signed-in resident's own case of this number."""
    party = (
        CaseParty.objects.filter(person=person_id, case__number=number, case__kind__startswith="hotline.")
        .select_related("case", "case__request", "case__request__reject_reason", "contact")
        .first()
    )
    return Tracked(party.case, party) if party else None


def around(
    *, lon: float | None, lat: float | None, community_id: int | None, topic_id: int | None, at: datetime
) -> list[Near]:
    """Return cases of the last 30 days at the same place, nearest first, open and closed: one statement, for staff.

    Without a point those of the same community and topic, newest first, at 0 m. Confidential matters never show.
    """
    rows = (
        Case.objects.filter(kind__startswith="hotline.", opened_at__gte=at - NEAR_SINCE)
        .filter(confidentiality=Case.Confidentiality.OPEN)
        .select_related("request")
        .only(*ROWS, "request__lon", "request__lat")
        .order_by("-id")
    )
    if lon is None or lat is None:
        if community_id is None or topic_id is None:
            return []
        same = rows.filter(community=community_id, topic=topic_id)[:NEAR_SHOWN]
        return [Near(row, 0, 0.0, 0.0) for row in same]
    cells = grid_disk(cell_of(lon, lat), NEAR_RINGS)
    found = [_near(row, lon, lat) for row in rows.filter(cell__in=cells, request__lon__isnull=False)[:NEAR_LOOKED_AT]]
    return sorted((n for n in found if n.metres <= NEAR_METRES), key=lambda n: n.metres)[:NEAR_SHOWN]


def intake_case(token: str) -> str:
    """Return the number of the case that this form of the call desk has become already."""
    rows = ServiceRequest.objects.filter(source_program=CALL_DESK, external_number=token)
    return rows.values_list("case__number", flat=True).first() or ""


def to_call(*, after: tuple[datetime, int] | None = None, size: int = 50) -> list[Any]:
    """Return answered cases whose resident must still be asked, nearest deadline first, one more than `size`.

    Each carries `tries`: when somebody called in vain since the answer. One statement.
    """
    rows = Case.objects.filter(closed_at=None, state__in=CALLED, due_at__isnull=False, kind__startswith="hotline.")
    if after is not None:
        rows = rows.filter(due_at__gte=after[0]).filter(Q(due_at__gt=after[0]) | Q(pk__gt=after[1]))
    tries = _callbacks(OuterRef("pk")).filter(reached=False, made_at__gte=OuterRef("request__replied_at"))
    found = rows.annotate(tries=ArraySubquery(tries.order_by("made_at").values("made_at")))
    return list(found.order_by("due_at", "pk")[: size + 1])


def callbacks(case_id: int) -> list[CallAttempt]:
    """Return every call of the callback desk in this case, newest first."""
    return list(_callbacks(case_id).select_related("made_by").order_by("-made_at"))


def _callbacks(case: Any) -> QuerySet[CallAttempt]:
    return CallAttempt.objects.filter(case=case, purpose=CallAttempt.Purpose.CALLBACK)


# What the dispatcher decides on, and the moves that bring it there.
TO_DISPATCH: Final = ("received", "to_dispatch", "returned")
ARRIVALS: Final = ("accept", "ask_again", "register", "return")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case on the dispatcher's board, with its request and its last return."""

    case: Case
    returned: Return | None
    returned_by: str
    newest_event: int  # of the whole desk, when this was read
    party: CaseParty | None = None  # who asked, without contact data; only of one case
    mask_name: str = ""
    mask_phone: str = ""
    files: int = 0


def waiting(rows: QuerySet[Case], *, after: tuple[datetime, int] | None = None, size: int = 50) -> list[Waiting]:
    """Return these open cases by deadline, one more than `size`, each with its last return: one statement."""
    if after is not None:
        rows = rows.filter(due_at__gte=after[0]).filter(Q(due_at__gt=after[0]) | Q(pk__gt=after[1]))
    newest = CaseEvent.objects.order_by("-pk").values("pk")[:1]
    found = (
        rows.select_related("request")
        .only(*ROWS, "request__returns", "request__emergency")
        .annotate(found_return=_last_return(), newest=Subquery(newest))
        .order_by("due_at", "pk")
    )
    return [_waiting(case) for case in found[: size + 1]]


def waiting_case(*, actor: Actor, number: str) -> Waiting | None:
    """Return one case as the dispatcher decides on it, with who asked and how many files came: one statement."""
    party = CaseParty.objects.filter(case=OuterRef("pk"), role=CaseParty.Role.REQUESTER).order_by("pk")
    files = CaseDocument.objects.filter(case=OuterRef("pk")).values("pk")
    case: Any = (
        visible_to(actor)
        .filter(number=number)
        .select_related("request")
        .annotate(
            found_return=_last_return(),
            found_party=_first(party, *_PARTY, mask_name="contact__mask_name", mask_phone="contact__mask_phone"),
            found_files=ArraySubquery(files),
        )
        .first()
    )
    if case is None:
        return None
    party_found = case.found_party or {}
    return replace(
        _waiting(case),
        party=_built(CaseParty, party_found, case=case),
        mask_name=party_found.get("mask_name") or "",
        mask_phone=party_found.get("mask_phone") or "",
        files=len(case.found_files or ()),
    )


def last_return(case_id: int) -> Return | None:
    """Return how a case came back last."""
    return Return.objects.filter(case=case_id).order_by("-pk").first()


def arrived(rows: QuerySet[Case], since: int) -> int:
    """Return how many of these cases came to the desk after this event."""
    came = CaseEvent.objects.filter(case=OuterRef("pk"), pk__gt=since, move__in=ARRIVALS)
    return rows.filter(Exists(came)).order_by()[: COUNT_CAP + 1].count()


def _last_return() -> Subquery:
    return _first(Return.objects.filter(case=OuterRef("pk")).order_by("-pk"), *_RETURN, by="returned_by__name")


def _waiting(case: Any) -> Waiting:
    found = case.found_return or {}
    return Waiting(case, _built(Return, found), found.get("by") or "", getattr(case, "newest", None) or 0)


_RETURN: Final = ("id", "case_id", "unit_id", "reason", "basis", "proposed_unit_id", "returned_at")
