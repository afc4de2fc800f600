"""Reading the hotline's own tables and cases."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Q

from gongjian.casework.models import Case, CaseParty, Topic
from gongjian.domains.hotline.access import visible_to
from gongjian.domains.hotline.models import (
    DispatchRule,
    EmergencyWord,
    Extension,
    IntakeDraft,
    Notice,
    RejectReason,
    Reply,
    ReplyDraft,
    ServiceHours,
    ServiceRequest,
)
from gongjian.identity.actor import Actor
from gongjian.parties.phones import InvalidPhone, normalise_phone
from gongjian.sealing.index import blind_index
from gongjian.workdays.rules import SHANGHAI

FRESH: Final = timedelta(seconds=30)
TAIL_DIGITS: Final = 4
SAME_CALLER: Final = 10


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
    return Catalogue(topics, words, at)


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
