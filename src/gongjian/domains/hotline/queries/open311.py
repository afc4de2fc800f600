"""What programs read: the services on offer, and cases and their updates without anything that points to a person.

Anybody may read: state, service, unit, dates, the community and a place rounded to about a hundred metres; of the words
nothing but a title that somebody here has approved for the public, whatever door the case came by. A key reads more of
the cases in its reach, the program that reported reads what it sent; contact data is in none of these statements.
"""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case, CaseClock, CaseEvent, EventText
from gongjian.casework.queries import unrestricted
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.access import HotlineRight, visible_to
from gongjian.domains.hotline.models import (
    AttributeAnswer,
    OpenService,
    ProgramReport,
    ProgramUpdate,
    ServiceAttribute,
    TrialReport,
)
from gongjian.domains.hotline.queries import FRESH, Catalogue, TopicRef, catalogue
from gongjian.domains.hotline.queries.near import SHOWN_TO_OTHERS
from gongjian.identity.actor import Actor
from gongjian.places.models import Address
from gongjian.places.queries import AddressRef
from gongjian.places.rules import coarse
from gongjian.sealing.masking import hide_contacts
from gongjian.workdays.rules import local_day

# Enquiries and calls for help are never shown to others, and a new kind is absent until it is.
KINDS: Final = SHOWN_TO_OTHERS
CHANNEL: Final = "open311"
UNSEEN: Final = "received"  # the state in which a service that is looked at first is not public yet
ANSWER_CLOCKS: Final = ("answer", "redo")
HIDDEN_MOVES: Final = ("reveal",)
TRIAL_LIFE: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Question:
    """One attribute of a service, as asked today."""

    id: int
    code: str
    datatype: str
    required: bool
    variable: bool
    order: int
    ask_zh: str
    ask_en: str
    hint_zh: str
    hint_en: str
    values: tuple[Choice, ...]

    @property
    def several(self) -> bool:
        return self.datatype == ServiceAttribute.Datatype.MANY


@dataclass(frozen=True, slots=True)
class Service:
    """A topic as programs may choose it."""

    topic: TopicRef
    group: TopicRef | None
    looked_at_first: bool
    description_zh: str
    description_en: str
    keywords: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """All services, in process memory."""

    by_code: Mapping[str, Service]  # those that may be chosen, in the order of the catalogue
    by_topic: Mapping[int, Service]  # the closed ones too, for they stand in old cases
    asked: Mapping[int, tuple[Question, ...]]  # by topic, whether it is on offer to programs or not
    changed_at: datetime | None
    topics: Catalogue  # this was made of
    loaded_at: datetime

    def for_new(self, code: str) -> Service | None:
        """Return the service that takes new reports under this code: of a merged one its heir, of a closed one none."""
        topic = self.topics.by_code(code)
        return self.by_code.get(topic.code) if topic else None

    def codes(self) -> Mapping[str, Service]:
        """Return every service by its code, the closed ones too."""
        return {service.topic.code: service for service in self.by_topic.values()}


class _Shelf:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.offer: Offer | None = None


_shelf = _Shelf()


def offer(at: datetime) -> Offer:
    """Return the services on offer today, read again when older than half a minute or than the catalogue in memory."""
    known = catalogue(at)
    with _shelf.lock:
        held = _shelf.offer
        if held is None or held.topics is not known or not timedelta(0) <= at - held.loaded_at < FRESH:
            held = _shelf.offer = _load(at)
        return held


def questions_of(topic_id: int | None, at: datetime) -> tuple[Question, ...]:
    """Return what is asked today of everybody who reports something of this topic."""
    return offer(at).asked.get(topic_id, ()) if topic_id is not None else ()


def forget_offer() -> None:
    """Drop what is in memory: after a question was changed in this process."""
    with _shelf.lock:
        _shelf.offer = None


def _load(at: datetime) -> Offer:
    known = catalogue(at)
    settings = {row.topic_id: row for row in OpenService.objects.all()}
    asked, changed = _questions(local_day(at))
    hidden = {topic for topic, row in settings.items() if not row.offered}
    services = {}
    for topic in known.topics.values():
        if topic.parent_id is None or topic.id in hidden:
            continue
        row = settings.get(topic.id)
        said = known.everyday.get(topic.code, ())
        services[topic.id] = Service(
            topic=topic,
            group=known.topics.get(topic.parent_id),
            looked_at_first=bool(row and row.looked_at_first),
            description_zh=row.description_zh if row else "",
            description_en=row.description_en if row else "",
            keywords=", ".join([*([row.keywords] if row and row.keywords else []), *said]),
            questions=tuple(asked.get(topic.id, ())),
        )
    chosen = {topic.code: services[topic.id] for topic in known.leaves if topic.id in services}
    moments = [*changed, *(row.changed_at for row in settings.values())]
    questions = {topic: tuple(found) for topic, found in asked.items()}
    return Offer(chosen, services, questions, max(moments, default=None), known, at)


def _questions(day: date) -> tuple[dict[int, list[Question]], list[datetime]]:
    found: dict[int, list[Question]] = {}
    rows = ServiceAttribute.objects.filter(valid__contains=day).order_by("order", "pk")
    changed = []
    for row in rows:
        changed.append(row.changed_at)
        found.setdefault(row.topic_id, []).append(question_of(row))
    return found, changed


def question_of(row: ServiceAttribute) -> Question:
    """Return an attribute with its values in their order."""
    return Question(
        id=row.pk,
        code=row.code,
        datatype=row.datatype,
        required=row.required,
        variable=row.variable,
        order=row.order,
        ask_zh=row.ask_zh,
        ask_en=row.ask_en,
        hint_zh=row.hint_zh,
        hint_en=row.hint_en,
        values=tuple(Choice(*option) for option in rules.options_of(row.options)),
    )


class _Row(NamedTuple):
    """One case as the statement returns it; of a case from another channel the columns of the report are None."""

    id: int
    number: str
    kind: str
    state: str
    topic_id: int
    unit_id: int | None
    community_id: int | None
    opened_at: datetime
    closed_at: datetime | None
    description: str
    public_title: str
    address: str
    lon: float | None
    lat: float | None
    reply: str
    reason_zh: str | None
    reason_en: str | None
    program_id: int | None
    words: str | None
    place: str | None
    media_url: str | None
    address_id: str | None
    event_at: datetime | None
    expected_at: datetime | None


_COLUMNS: Final = (
    "pk", "number", "kind", "state", "topic_id", "holder_unit_id", "community_id", "opened_at", "closed_at",
    "request__description", "request__public_title", "request__address", "request__lon", "request__lat",
    "request__reply", "request__reject_reason__reason_zh", "request__reject_reason__reason_en",
    "program_report__program_id", "program_report__words", "program_report__place", "program_report__media_url",
    "program_report__address_id", "event_at", "expected_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases a program asks for; `numbers` outweighs everything else."""

    numbers: tuple[str, ...] = ()
    topics: tuple[int, ...] = ()
    since: datetime | None = None  # of the opening, both ends included
    until: datetime | None = None
    updated_since: datetime | None = None
    updated_until: datetime | None = None
    closed: bool | None = None
    after: tuple[datetime, int] | None = None  # the last row of the page before
    skip: int = 0
    size: int = 1_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A case as this reader may see it."""

    id: int
    number: str
    kind: str
    state: str
    closed: bool
    topic_id: int
    unit_id: int | None
    words: str
    reply: str  # only for those who see it in full
    reason: tuple[str, str]  # why it was rejected, in both languages
    address: str
    address_id: str
    community_id: int | None
    lon: float | None
    lat: float | None
    media_url: str
    opened_at: datetime
    updated_at: datetime
    expected_at: datetime | None
    full: bool = False  # its words may be read by this reader


def public_cases(known: Offer) -> QuerySet[Case]:
    """Return the cases anybody may know of."""
    rows = Case.objects.filter(
        unrestricted(), kind__in=KINDS, confidentiality=Case.Confidentiality.OPEN, topic__in=list(known.by_topic)
    )
    waiting = [topic for topic, service in known.by_topic.items() if service.looked_at_first]
    return rows.exclude(topic__in=waiting, state=UNSEEN) if waiting else rows


def shown_cases(wanted: Wanted, *, actor: Actor, at: datetime) -> list[Shown]:
    """Return cases, newest first, one more than `size` where there are more: one statement, two for a unit's key."""
    event = CaseEvent.objects.filter(case=OuterRef("pk"), public=True).exclude(move__in=HIDDEN_MOVES).order_by("-pk")
    clock = CaseClock.objects.filter(case=OuterRef("pk"), name__in=ANSWER_CLOCKS, stopped_at=None).order_by("-pk")
    event_at = Subquery(event.values("at")[:1])
    rows = _narrow(public_cases(offer(at)), wanted)
    if wanted.after is not None:
        opened, pk = wanted.after
        rows = rows.filter(opened_at__lte=opened).filter(Q(opened_at__lt=opened) | Q(pk__lt=pk))
    if wanted.updated_since or wanted.updated_until:
        rows = rows.alias(event_at=event_at).filter(_between("event_at", wanted.updated_since, wanted.updated_until))
    # What is skipped is skipped before anything is looked up for it.
    page = rows.order_by("-opened_at", "-pk").values("pk")[wanted.skip : wanted.skip + wanted.size + 1]
    found = (
        Case.objects.filter(pk__in=page)
        .annotate(event_at=event_at, expected_at=Subquery(clock.values("due_at")[:1]))
        .order_by("-opened_at", "-pk")
        .values_list(*_COLUMNS)
    )
    cases = [_Row(*row) for row in found]
    full = in_full({case.id: case.program_id for case in cases}, actor)
    return [_shown(case, case.id in full) for case in cases]


def expected_of(case_id: int) -> datetime | None:
    """Return by when a case is to be answered, as anybody may know."""
    running = CaseClock.objects.filter(case=case_id, name__in=ANSWER_CLOCKS, stopped_at=None).order_by("-pk")
    return running.values_list("due_at", flat=True).first()


def _narrow(rows: QuerySet[Case], wanted: Wanted) -> QuerySet[Case]:
    if wanted.numbers:
        return rows.filter(number__in=wanted.numbers)
    if wanted.topics:
        rows = rows.filter(topic__in=wanted.topics)
    if wanted.closed is not None:
        rows = rows.filter(closed_at__isnull=not wanted.closed)
    if wanted.updated_since is not None:
        touched = CaseEvent.objects.filter(case=OuterRef("pk"), public=True, at__gte=wanted.updated_since)
        rows = rows.filter(Exists(touched))
    return rows.filter(_between("opened_at", wanted.since, wanted.until))


def _between(name: str, since: datetime | None, until: datetime | None) -> Q:
    found = Q(**{f"{name}__gte": since}) if since else Q()
    return found & Q(**{f"{name}__lte": until}) if until else found


def in_full(programs: Mapping[int, int | None], actor: Actor) -> frozenset[int]:
    """Return those of these cases whose words this reader may have: its own reports, and what its rights reach.

    `programs` holds by the case's id who reported it, None for one from another channel.
    """
    if actor.can(HotlineRight.CASE_READ_ALL):
        return frozenset(programs)
    own = {case for case, program in programs.items() if program is not None and program == actor.user_id}
    others = programs.keys() - own
    if others and actor.can(HotlineRight.CASE_READ_UNIT):
        own |= set(visible_to(actor).filter(pk__in=others).values_list("pk", flat=True))
    return frozenset(own)


def _shown(case: _Row, full: bool) -> Shown:
    return Shown(
        id=case.id,
        number=case.number,
        kind=case.kind,
        state=case.state,
        closed=case.closed_at is not None,
        topic_id=case.topic_id,
        unit_id=case.unit_id,
        words=_words(case) if full else case.public_title,
        reply=hide_contacts(case.reply) if full else "",
        reason=(case.reason_zh or "", case.reason_en or ""),
        address=_place(case) if full else "",
        address_id=case.address_id or "" if full else "",
        community_id=case.community_id,
        lon=case.lon if full or case.lon is None else coarse(case.lon),
        lat=case.lat if full or case.lat is None else coarse(case.lat),
        media_url=case.media_url or "" if full else "",
        opened_at=case.opened_at,
        updated_at=case.closed_at or case.event_at or case.opened_at,
        expected_at=None if case.closed_at else case.expected_at,
        full=full,
    )


def _words(case: _Row) -> str:
    """Return the words of a case to a reader who may have them: those a program sent are clean already."""
    return hide_contacts(case.description) if case.program_id is None else case.words or ""


def _place(case: _Row) -> str:
    return hide_contacts(case.address) if case.program_id is None else case.place or ""


@dataclass(frozen=True, slots=True)
class Update:
    """One public event of a case as this reader may see it."""

    id: int
    number: str
    kind: str
    move: str
    after: str
    at: datetime
    words: str  # only for those who see the case in full
    media_url: str


def shown_updates(wanted: Wanted, *, actor: Actor, at: datetime) -> list[Update]:
    """Return what happened, oldest first, one more than `size` for more; `since` and `until` speak of events.

    One statement, two for a unit's key.
    """
    cases = public_cases(offer(at))
    if wanted.numbers:
        cases = cases.filter(number__in=wanted.numbers)
    words = EventText.objects.filter(event=OuterRef("pk"), public=True).values("body")[:1]
    rows = CaseEvent.objects.filter(_between("at", wanted.since, wanted.until), public=True, case__in=cases).exclude(
        move__in=HIDDEN_MOVES
    )
    if wanted.after is not None:
        moment, pk = wanted.after
        rows = rows.filter(at__gte=moment).filter(Q(at__gt=moment) | Q(pk__gt=pk))
    page = rows.order_by("at", "pk").values("pk")[wanted.skip : wanted.skip + wanted.size + 1]
    found = (
        CaseEvent.objects.filter(pk__in=page)
        .annotate(words=Subquery(words))
        .order_by("at", "pk")
        .values_list(*_EVENT_COLUMNS)
    )
    events = [_Event(*row) for row in found]
    full = in_full({event.case_id: event.program_id for event in events}, actor)
    return [_update(event, event.case_id in full) for event in events]


class _Event(NamedTuple):
    """One event as the statement returns it."""

    id: int
    case_id: int
    number: str
    kind: str
    move: str
    after: str
    at: datetime
    program_id: int | None
    media_url: str | None
    words: str | None


_EVENT_COLUMNS: Final = (
    "pk", "case_id", "case__number", "case__kind", "move", "after", "at", "case__program_report__program_id",
    "sent__media_url", "words",
)  # fmt: skip


def _update(event: _Event, full: bool) -> Update:
    return Update(
        id=event.id,
        number=event.number,
        kind=event.kind,
        move=event.move,
        after=event.after,
        at=event.at,
        words=hide_contacts(event.words or "") if full else "",
        media_url=event.media_url or "" if full else "",
    )


def is_open(kind: str, state: str) -> bool:
    """Whether a case in this state is still being worked on."""
    return kind_of(kind).state_of[state].open


@dataclass(frozen=True, slots=True)
class Sent:
    """A report that has come in already."""

    number: str
    token: str
    topic_id: int
    due_at: datetime | None


def sent_before(*, program: str, external_id: str) -> Sent | None:
    """Return what became of the program's own number."""
    row = (
        ProgramReport.objects.filter(case__request__source_program=program, case__request__external_number=external_id)
        .select_related("case")
        .first()
    )
    return Sent(row.case.number, row.token, row.case.topic_id or 0, row.case.due_at) if row else None


def tried_before(*, program_id: int, external_id: str) -> Sent | None:
    """Return what became of the program's own number at the test address."""
    row = TrialReport.objects.filter(program=program_id, external_id=external_id).first()
    return Sent(row.number, row.token, row.topic_id, None) if row else None


def number_of_token(token: str, *, at: datetime) -> str | None:
    """Return the number behind a token, an empty text while the hotline has not accepted it, None for no token."""
    known = offer(at)
    row = ProgramReport.objects.filter(token=token).select_related("case").first()
    if row is None:
        return None
    return row.case.number if public_cases(known).filter(pk=row.case_id).exists() else ""


def number_of_trial(token: str) -> str | None:
    """Return the number behind a token of the test address."""
    return TrialReport.objects.filter(token=token).values_list("number", flat=True).first()


def event_of_update(*, program_id: int, update_id: str) -> int | None:
    """Return the event that a program's own number of an update has become."""
    rows = ProgramUpdate.objects.filter(program=program_id, update_id=update_id)
    return rows.values_list("event_id", flat=True).first()


def case_to_update(number: str) -> Case | None:
    """Return the case a program speaks of, with who sent it."""
    return Case.objects.select_related("program_report").filter(number=number, kind__startswith="hotline.").first()


def is_public(case: Case, *, at: datetime) -> bool:
    """Whether anybody may know of this case."""
    return public_cases(offer(at)).filter(pk=case.pk).exists()


def trials(wanted: Wanted, *, actor: Actor, at: datetime) -> list[Shown]:
    """Return what was sent to the test address in the last days, newest first, one more than `size` for more.

    As at the real one, the words are for the program that sent them.
    """
    rows = TrialReport.objects.filter(sent_at__gte=at - TRIAL_LIFE)
    if wanted.numbers:
        rows = rows.filter(number__in=wanted.numbers)
    else:
        rows = rows.filter(_between("sent_at", wanted.since, wanted.until))
        rows = rows.filter(topic__in=wanted.topics) if wanted.topics else rows
        rows = rows.none() if wanted.closed else rows
    if wanted.after is not None:
        moment, pk = wanted.after
        rows = rows.filter(Q(sent_at__lt=moment) | Q(sent_at=moment, pk__lt=pk))
    page = rows.order_by("-sent_at", "-pk")[wanted.skip : wanted.skip + wanted.size + 1]
    return [_trial(row, own=row.program_id == actor.user_id) for row in page]


def _trial(row: TrialReport, *, own: bool) -> Shown:
    return Shown(
        id=row.pk,
        number=row.number,
        kind=KINDS[0],
        state=UNSEEN,
        closed=False,
        topic_id=row.topic_id,
        unit_id=None,
        words=row.words if own else "",
        reply="",
        reason=("", ""),
        address=row.address if own else "",
        address_id=row.address_id if own else "",
        community_id=None,
        lon=row.lon if own or row.lon is None else coarse(row.lon),
        lat=row.lat if own or row.lat is None else coarse(row.lat),
        media_url=row.media_url if own else "",
        opened_at=row.sent_at,
        updated_at=row.sent_at,
        expected_at=None,
    )


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with what was answered, ready to be read."""

    code: str
    ask_zh: str
    ask_en: str
    values_zh: tuple[str, ...]
    values_en: tuple[str, ...]


def answers_of(case_ids: Collection[int]) -> dict[int, list[Answered]]:
    """Return what was answered in these cases, by question: one statement."""
    rows = list(
        AttributeAnswer.objects.filter(case__in=case_ids)
        .select_related("attribute")
        .order_by("case", "attribute__order", "attribute", "place")
    )
    found: dict[int, dict[int, list[AttributeAnswer]]] = {}
    for row in rows:
        found.setdefault(row.case_id, {}).setdefault(row.attribute_id, []).append(row)
    return {case: [_answered(given) for given in asked.values()] for case, asked in found.items()}


def _answered(rows: Sequence[AttributeAnswer]) -> Answered:
    question = question_of(rows[0].attribute)
    names = {choice.key: choice for choice in question.values}
    zh = tuple(names[r.value].name_zh if r.value in names else r.value for r in rows)
    en = tuple(names[r.value].name_en if r.value in names else r.value for r in rows)
    return Answered(question.code, question.ask_zh, question.ask_en, zh, en)


def link_of(case_id: int) -> str:
    """Return the link to a picture that a program sent along, or an empty text."""
    return ProgramReport.objects.filter(case=case_id).values_list("media_url", flat=True).first() or ""


def address_of(code: str) -> AddressRef | None:
    """Return a known address by its code."""
    row = Address.objects.filter(code=code).values_list(*AddressRef._fields).first()
    return AddressRef(*row) if row else None
