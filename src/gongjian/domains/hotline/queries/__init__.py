"""Reading the hotline's own tables and cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from gongjian.audit.versions import version_of
from gongjian.casework.models import (
    Case,
    CaseDocument,
    CaseEvent,
    CaseParty,
    Topic,
)
from gongjian.casework.queries import COUNT_CAP, ROWS, unrestricted, with_clock
from gongjian.domains.hotline.access import visible_to
from gongjian.domains.hotline.models import (
    DispatchRule,
    EmergencyWord,
    EverydayWord,
    Extension,
    Notice,
    RejectReason,
    Reply,
    Return,
    ServiceHours,
    ServiceRequest,
    TopicHeir,
)
from gongjian.domains.hotline.queries.calling import CALLED, ToCall, callbacks, to_call
from gongjian.domains.hotline.queries.desks import Desks, Listed, NarrowDesk, on_list, sizes
from gongjian.domains.hotline.queries.dossiers import Dossier, Said, dossier, history
from gongjian.domains.hotline.queries.files import (
    InList,
    Standing,
    ToReview,
    attachments,
    place_in_list,
    standing_of,
    submitted,
    unread_rows,
)
from gongjian.domains.hotline.queries.following import followers_of
from gongjian.domains.hotline.queries.found import PARTY, all_of, built, counts, first_of
from gongjian.domains.hotline.queries.near import Near, Similar, around, near_cases, similar
from gongjian.domains.hotline.queries.restrictions import held_back
from gongjian.identity.actor import Actor
from gongjian.identity.queries import units
from gongjian.memory import Memory
from gongjian.parties.queries import phone_index
from gongjian.parties.refusals import InvalidPhone
from gongjian.sealing.index import blind_index
from gongjian.web.banner import Banner
from gongjian.workdays.rules import local_day

__all__ = [
    "ARRIVALS",
    "CALLED",
    "CALL_DESK",
    "FRESH",
    "PARTY",
    "SAME_CALLER",
    "TAIL_DIGITS",
    "TO_DISPATCH",
    "Catalogue",
    "Desks",
    "Dossier",
    "InList",
    "Listed",
    "NarrowDesk",
    "Near",
    "Said",
    "Similar",
    "Standing",
    "ToCall",
    "ToReview",
    "TopicRef",
    "Tracked",
    "Waiting",
    "Week",
    "all_of",
    "around",
    "arrived",
    "attachments",
    "banners",
    "built",
    "callbacks",
    "caller_history",
    "case_for",
    "catalogue",
    "counts",
    "dossier",
    "first_of",
    "forget",
    "history",
    "hours",
    "intake_case",
    "last_return",
    "last_week",
    "my_cases",
    "near_cases",
    "notices",
    "on_list",
    "party_of",
    "pending_extension",
    "pending_reply",
    "place_in_list",
    "read_catalogue",
    "request_of",
    "similar",
    "sizes",
    "standing_of",
    "submitted",
    "to_call",
    "tracked",
    "tracked_by",
    "tracked_own",
    "unread_rows",
    "waiting",
    "waiting_case",
]

FRESH: Final = timedelta(seconds=30)  # then the whole catalogue is read again, whatever its version says
VERSION: Final = "hotline.catalogue"
TAIL_DIGITS: Final = 4
SAME_CALLER: Final = 10
CALL_DESK: Final = "call-desk"  # as source of a request: its number there is the token of the form


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
    restricted: bool
    active: bool  # closed topics stand in old cases and are offered no more
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
    """Topics, dispatch rules, words and reasons of today, in process memory."""

    topics: Mapping[int, TopicRef]  # the closed ones too, for they stand in old cases
    emergency: tuple[tuple[str, str], ...]
    reasons: tuple[RejectReason, ...]
    loaded_at: datetime
    everyday: Mapping[str, tuple[str, ...]]  # what people call a topic, by its code
    heirs: Mapping[int, int]  # where new matters of a merged topic go
    held_back: Mapping[bytes, datetime] = field(default_factory=dict)  # numbers, by keyed hash, until when
    banners: tuple[Notice, ...] = ()  # those that are up or will go up

    @property
    def leaves(self) -> tuple[TopicRef, ...]:
        """Return the topics that may be chosen, in their order."""
        closed = {t.id for t in self.topics.values() if not t.active}
        return tuple(t for t in self.topics.values() if t.active and t.parent_id and t.parent_id not in closed)

    @property
    def groups(self) -> tuple[TopicRef, ...]:
        return tuple(t for t in self.topics.values() if t.active and t.parent_id is None)

    def by_code(self, code: str) -> TopicRef | None:
        """Return the topic that takes new matters under this code: of a merged one its heir, of a closed one none."""
        found = next((t for t in self.topics.values() if t.code == code), None)
        return None if found is None else self.for_new(found.id)

    def for_new(self, topic_id: int | None) -> TopicRef | None:
        """Return the topic that a new matter of this one belongs to; a merge may have been merged again."""
        seen = set[int]()
        while topic_id is not None and topic_id in self.heirs and topic_id not in seen:
            seen.add(topic_id)
            topic_id = self.heirs[topic_id]
        found = self.topics.get(topic_id) if topic_id is not None else None
        return found if found is not None and found.active else None


_memory = Memory[Catalogue]()
forget = _memory.forget


def catalogue(at: datetime) -> Catalogue:
    """Return topics and today's dispatch rules, read again once changed, or older than half a minute."""
    held = _memory.value
    if held is not None and not timedelta(0) <= at - held.loaded_at < FRESH:
        forget()
    return _memory.get(lambda: read_catalogue(at), lambda: version_of(VERSION))


def read_catalogue(at: datetime) -> Catalogue:
    """Return the catalogue as it stands, or will stand, on the day of a moment; past memory, six statements."""
    day: date = local_day(at)
    rules = {r.topic_id: r for r in DispatchRule.objects.filter(valid__contains=day)}
    topics = {}
    for topic in Topic.objects.filter(domain="hotline").order_by("order", "pk"):
        rule = rules.get(topic.pk)
        topics[topic.pk] = TopicRef(
            id=topic.pk,
            code=topic.code,
            parent_id=topic.parent_id,
            name_zh=topic.name_zh,
            name_en=topic.name_en,
            pinyin=topic.pinyin,
            order=topic.order,
            restricted=topic.restricted,
            active=topic.active,
            rule_id=rule.pk if rule else None,
            catalogue=rule.catalogue if rule else "",
            clause=rule.clause if rule else "",
            lead_unit_id=_heir(rule.lead_unit_id) if rule else None,
            assist_subdistrict=bool(rule and rule.assist_subdistrict),
            lead_subdistrict=bool(rule and rule.lead_subdistrict),
            limit_key=rule.limit_key if rule else "",
            reason_zh=rule.reason_zh if rule else "",
            reason_en=rule.reason_en if rule else "",
        )
    return _with_words(topics, day, at)


def _heir(unit_id: int | None) -> int | None:
    """Return the unit a rule means today: a merged one's matters go to its successor."""
    heir = units().heir(unit_id)
    return heir.id if heir else None


def _with_words(topics: Mapping[int, TopicRef], day: date, at: datetime) -> Catalogue:
    said: dict[str, list[str]] = {}
    heirs = dict(TopicHeir.objects.values_list("topic", "into"))
    for topic_id, word in EverydayWord.objects.filter(valid__contains=day).order_by("pk").values_list("topic", "word"):
        if topic_id in topics:
            said.setdefault(topics[topic_id].code, []).append(word)
    for old, new in heirs.items():  # who knew the merged topic by its name finds the other
        if old in topics and new in topics:
            said.setdefault(topics[new].code, []).extend([topics[old].name_zh, topics[old].name_en])
    emergency = EmergencyWord.objects.filter(valid__contains=day).order_by("pk").values_list("word", "service")
    everyday = {code: tuple(words) for code, words in said.items()}
    up = Notice.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), banner=True).order_by("-starts_at")
    return Catalogue(topics, tuple(emergency), tuple(_reasons(day)), at, everyday, heirs, held_back(at), tuple(up))


def _reasons(day: date) -> list[RejectReason]:
    """Return the closed list of reasons of a day in its order."""
    return list(RejectReason.objects.filter(valid__contains=day).order_by("order"))


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
    full: bool = True  # False: the ending of the phone proved it, which tells where it stands and opens nothing else


def tracked(*, number: str, secret: str) -> Tracked | None:
    """Return the case for a number with its receipt code or the last four digits of the phone.

    One statement, the same for every miss: a wrong number and a wrong secret cannot be told apart.
    """
    secret = secret.strip().upper().replace(" ", "").replace("-", "")
    ending = len(secret) == TAIL_DIGITS and secret.isdigit()
    proofs = Q(receipt_index=blind_index(secret, "receipt"))
    if ending:
        proofs = Q(contact__tail_index=blind_index(secret, "tail"))
    party = (
        CaseParty.objects.filter(proofs, case__number=number.strip().upper(), case__kind__startswith="hotline.")
        .select_related("case", "case__request", "case__request__reject_reason", "contact")
        .first()
    )
    return Tracked(party.case, party, full=not ending) if party else None


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
    """Return the last cases of a phone number, by its keyed hash; restricted ones, and those of no number, never."""
    try:
        index = phone_index(phone)
    except InvalidPhone:
        return []
    rows = CaseParty.objects.filter(unrestricted(path="case__"), contact__phone_index=index)
    return list(rows.select_related("case", "contact").order_by("-pk")[:SAME_CALLER])


def pending_reply(case_id: int) -> Reply | None:
    """Return the reply that waits for review."""
    return Reply.objects.filter(case=case_id, approved__isnull=True).select_related("written_by").first()


def pending_extension(case_id: int) -> Extension | None:
    """Return the request for more time that waits for a decision."""
    return Extension.objects.filter(case=case_id, decided_at=None).select_related("asked_by").first()


def notices(at: datetime) -> list[Notice]:
    """Return the notices of the home page, newest first."""
    live = Notice.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), starts_at__lte=at, banner=False)
    return list(live.order_by("-starts_at")[:5])


def banners(at: datetime, language: str) -> list[Banner]:
    """Return what stands above every resident's page now, from memory."""
    english = not language.startswith("zh")
    return [
        Banner(*one.words(english=english))
        for one in catalogue(at).banners
        if one.starts_at <= at and (one.ends_at is None or at < one.ends_at)
    ]


def hours(at: datetime) -> list[ServiceHours]:
    """Return the service hours in force today."""
    return list(ServiceHours.objects.filter(valid__contains=local_day(at)).order_by("opens"))


@dataclass(frozen=True, slots=True)
class Week:
    """What the home page says about the last seven days; counted from the index on opening and closing times."""

    received: int
    closed: int


def last_week(at: datetime) -> Week:
    """Return how many cases were opened and closed in the last seven days, restricted ones left out: one statement."""
    since = at - timedelta(days=7)
    with connection.cursor() as cursor:
        cursor.execute(
            "select (select count(*) from casework_case where opened_at >= %s and not restricted),"
            " (select count(*) from casework_caseevent where move in ('close', 'rate_solved', 'answer') and at >= %s"
            " and case_id not in (select id from casework_case where restricted))",
            [since, since],
        )
        row = cursor.fetchone() or (0, 0)
    return Week(*row)


def request_of(case: Case) -> ServiceRequest:
    """Return the request that stands beside a case."""
    return ServiceRequest.objects.get(case=case)


def tracked_own(*, number: str, person_id: int) -> Tracked | None:
    """Return the signed-in resident's own case of this number."""
    party = (
        CaseParty.objects.filter(person=person_id, case__number=number, case__kind__startswith="hotline.")
        .select_related("case", "case__request", "case__request__reject_reason", "contact")
        .first()
    )
    return Tracked(party.case, party) if party else None


def intake_case(token: str) -> str:
    """Return the number of the case that this form of the call desk has become already."""
    rows = ServiceRequest.objects.filter(source_program=CALL_DESK, external_number=token)
    return rows.values_list("case__number", flat=True).first() or ""


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
    followers: int = 0  # who have the same matter


def waiting(
    rows: QuerySet[Case], states: Sequence[str], *, after: tuple[datetime, int] | None = None, size: int = 50
) -> list[Waiting]:
    """Return open cases in these states by deadline, one more than `size`, each with its last return: one statement.

    The index has them in order state by state: the nearest of each are read first, and the nearest of those kept.
    """
    if after is not None:
        rows = rows.filter(due_at__gte=after[0]).filter(Q(due_at__gt=after[0]) | Q(pk__gt=after[1]))
    first, *others = (rows.filter(state=state).order_by("due_at", "pk").values("pk")[: size + 1] for state in states)
    newest = CaseEvent.objects.order_by("-pk").values("pk")[:1]
    found = (
        Case.objects.filter(pk__in=first.union(*others, all=True))
        .select_related("request")
        .only(*ROWS, "request__returns", "request__emergency")
        .annotate(found_return=_last_return(), newest=Subquery(newest), found_followers=followers_of())
        .order_by("due_at", "pk")
    )
    return [_waiting(case) for case in with_clock(found)[: size + 1]]


def waiting_case(*, actor: Actor, number: str) -> Waiting | None:
    """Return one case as the dispatcher decides on it, with who asked and how many files came: one statement."""
    party = CaseParty.objects.filter(case=OuterRef("pk"), role=CaseParty.Role.REQUESTER).order_by("pk")
    files = CaseDocument.objects.filter(case=OuterRef("pk")).values("pk")
    case: Any = (
        with_clock(visible_to(actor))
        .filter(number=number)
        .select_related("request")
        .annotate(
            found_return=_last_return(),
            found_followers=followers_of(),
            found_party=first_of(party, *PARTY, mask_name="contact__mask_name", mask_phone="contact__mask_phone"),
            found_files=ArraySubquery(files),
        )
        .first()
    )
    if case is None:
        return None
    party_found = case.found_party or {}
    return replace(
        _waiting(case),
        party=built(CaseParty, party_found, case=case),
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
    return first_of(Return.objects.filter(case=OuterRef("pk")).order_by("-pk"), *_RETURN, by="returned_by__name")


def _waiting(case: Any) -> Waiting:
    found = case.found_return or {}
    newest = getattr(case, "newest", None) or 0
    return Waiting(case, built(Return, found), found.get("by") or "", newest, followers=case.found_followers or 0)


_RETURN: Final = ("id", "case_id", "unit_id", "reason", "basis", "proposed_unit_id", "returned_at")
