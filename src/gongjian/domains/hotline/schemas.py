"""What programs send and get: reports and acts, cases, their timeline, the stream of events."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import ConfigDict, StrictBool, StrictInt

from gongjian.httpapi.fields import BIGGEST, Code, Id, Moment, Sought, Words
from gongjian.httpapi.paging import PageQuery

Degrees = Annotated[float, Field(allow_inf_nan=False, strict=True)]
Kind = Literal["enquiry", "complaint", "suggestion", "help"]
Stage = Literal["received", "sent", "handling", "answered", "closed"]
NUMBER = "YT-2611-00042"
MOMENT = "2026-11-23T09:00:00+08:00"


class ReporterIn(Schema):
    """Who reports; everything may be left out."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Words, Field(max_length=40)] = ""
    phone: Annotated[Words, Field(max_length=40, examples=["13800006021"])] = ""
    email: Annotated[Words, Field(max_length=254, examples=["resident@example.org"])] = ""
    consent: StrictBool = Field(default=False, description="The handling unit may call.")


class CaseIn(Schema):
    """A report. `lon` and `lat` are WGS-84 degrees, both or none; `topic` is a code of the topic list."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[Words, Field(min_length=1, max_length=4_000, examples=["海景二路 128 号门口的路灯连续三晚不亮。"])]
    kind: Kind = "complaint"
    topic: Annotated[Words, Field(max_length=40, examples=["env-site-noise"])] = ""
    lon: Annotated[Degrees, Field(ge=-180, le=180, examples=[114.2401])] | None = None
    lat: Annotated[Degrees, Field(ge=-90, le=90, examples=[22.5571])] | None = None
    address: Annotated[Words, Field(max_length=120)] = ""
    reporter: ReporterIn = ReporterIn()
    language: Literal["zh-hans", "en"] = "zh-hans"
    source: Annotated[Words, Field(max_length=60, description="Who sends; with a key always the key's program.")] = ""
    external_number: Annotated[
        Words, Field(max_length=60, description="Your own number, with a key only; once for each program.")
    ] = ""


class CaseCreated(Schema):
    """The receipt code is told only here: whoever has it and the number may follow the case."""

    id: str = Field(examples=[NUMBER])
    receipt: str = Field(examples=["K7MN4PQR2XYZW"])
    status: str
    created_at: datetime
    due_at: datetime | None
    track_url: str


class CaseStatus(Schema):
    """Where a case stands, in the caller's language; `status` is the state, `stage` one of five steps."""

    id: str = Field(examples=[NUMBER])
    status: str
    stage: str
    words: str = Field(description="One sentence for the resident, in the language of Accept-Language.")
    unit: str
    title: str
    reply: str
    created_at: datetime
    due_at: datetime | None
    closed_at: datetime | None


class CaseQuery(PageQuery):
    """What to narrow a list to. Lists are repeated: `status=signed&status=in_progress`."""

    q: Annotated[
        Sought,
        Field(
            max_length=60,
            description="Words that must all occur, Chinese or Latin; without a letter or a digit nothing is found.",
        ),
    ] = ""
    status: list[Code] = Field(default=[], max_length=20, description="States, see /hotline/kinds.")
    stage: list[Stage] = Field(default=[], max_length=5)
    kind: list[Kind] = Field(default=[], max_length=4)
    topic: list[Code] = Field(default=[], max_length=20, description="Codes of /hotline/topics.")
    unit: list[Code] = Field(default=[], max_length=20, description="Codes of the holding units, see /units.")
    community: list[Code] = Field(default=[], max_length=20, description="Codes of /communities.")
    opened_from: Moment | None = Field(default=None, examples=[MOMENT])
    opened_before: Moment | None = None
    updated_from: Moment | None = Field(default=None, description="Something happened at or after this moment.")
    updated_before: Moment | None = Field(default=None, description="Nothing happened at or after this moment.")


class CaseRow(Schema):
    """A case in a list. There is no contact data anywhere in this API."""

    id: str = Field(examples=[NUMBER])
    kind: str = Field(examples=["complaint"])
    status: str = Field(examples=["in_progress"])
    stage: str = Field(examples=["handling"])
    title: str = Field(examples=["永安北一街工地夜间施工噪声"])
    topic: str | None = Field(examples=["env-site-noise"])
    unit: str | None = Field(description="Code of the unit that holds it.", examples=["hbj"])
    community: str | None
    urgency: int = Field(description="0 ordinary, 1 urgent, 2 emergency.")
    channel: str
    opened_at: datetime
    updated_at: datetime = Field(description="When something happened last.")
    due_at: datetime | None = Field(description="The nearest running deadline.")
    closed_at: datetime | None
    version: int = Field(description="Counts what would make an open page wrong; send it as If-Match.")


class ClockOut(Schema):
    """A term that runs or ran."""

    name: str = Field(examples=["answer"])
    started_at: datetime
    due_at: datetime
    provisional: bool = Field(description="The working days of that year are not announced yet.")
    paused_at: datetime | None
    stopped_at: datetime | None
    breached_at: datetime | None


class Entry(Schema):
    """Something that happened. Internal entries and words are told to the holding unit and the district alone."""

    event: int
    move: str = Field(examples=["sign"])
    words: str = Field(description="What happened, in the language of Accept-Language.")
    at: datetime
    by: Literal["resident", "staff", "program", "system"]
    unit: str | None = Field(description="Code of the unit of whoever acted.")
    status: str = Field(description="The state after it.")
    public: bool = Field(description="The resident sees it, too.")
    text: str = Field(description="What was said to the resident; telephone and card numbers are replaced by ***.")
    inside: str = Field(description="What was said among those who work on it.")


class DocumentOut(Schema):
    id: int
    event: int = Field(description="The event it came with.")
    kind: str = Field(examples=["photo"])
    mime: str = Field(examples=["image/jpeg"])
    size: int = Field(description="Bytes.")
    public: bool
    at: datetime
    url: str


class CaseRecord(CaseRow):
    """One case with its timeline, newest first."""

    description: str
    address: str
    lon: float | None
    lat: float | None
    confidential: bool
    helpers: list[str] = Field(description="Codes of the units that help.")
    reply: str
    resolved: str = Field(description="What the unit says: yes, partly, no, or empty.")
    outcome: str = Field(description="What the resident said in the end.")
    returns: int
    extensions: int
    source: str
    external_number: str | None
    clocks: list[ClockOut]
    documents: list[DocumentOut]
    timeline: list[Entry]
    may: list[str] = Field(description="Moves this key may make now.")


class NoteIn(Schema):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[Words, Field(min_length=1, max_length=2_000, examples=["已联系施工方，周五前整改。"])]


class NothingIn(Schema):
    """Nothing is needed; an empty object or no body at all."""

    model_config = ConfigDict(extra="forbid")


class ContactIn(Schema):
    """One try to reach the resident; the first one that did counts as the response."""

    model_config = ConfigDict(extra="forbid")

    reached: StrictBool
    remark: Annotated[Words, Field(min_length=1, max_length=300, examples=["核对了时间和位置。"])]


class ReplyIn(Schema):
    """An answer, which a reviewer of the hotline reads before the resident does."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[Words, Field(min_length=1, max_length=8_000)]
    resolved: Literal["yes", "partly", "no"]


class ReturnIn(Schema):
    """Why the case belongs elsewhere; the second return goes to the district's backstop unit."""

    model_config = ConfigDict(extra="forbid")

    reason: Literal["not_ours", "wrong_place", "other_lead", "too_little"]
    basis: Annotated[Words, Field(min_length=1, max_length=300, examples=["三定规定：不属于本单位职责。"])]
    proposed_unit: Annotated[Words, Field(max_length=40, description="Code of the unit that should have it.")] = ""


class ExtensionIn(Schema):
    """More time, asked before the deadline; as long as the original term at most, twice at most."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[StrictInt, Field(ge=1, le=60, description="Working days.")]
    reason: Annotated[Words, Field(min_length=1, max_length=300)]


class ActDone(Schema):
    """How the case stands after an act."""

    id: str = Field(examples=[NUMBER])
    event: int = Field(description="The event this act became.")
    status: str
    stage: str
    version: int
    due_at: datetime | None


class EventQuery(Schema):
    after: Id = Field(default=0, description="The last event you have; 0 from the beginning.")
    limit: int = Field(default=100, ge=1, le=500)


class EventOut(Schema):
    """An event as it is told to programs, here and by webhooks: no title, no words, no contact data."""

    event: int = Field(examples=[81234], le=BIGGEST)
    case: str = Field(examples=[NUMBER])
    kind: str = Field(examples=["complaint"])
    move: str = Field(examples=["sign"])
    status: str = Field(examples=["signed"], description="The state after it.")
    stage: str = Field(examples=["sent"])
    public: bool = Field(description="The resident sees it, too.")
    at: datetime
    from_unit: str | None = Field(description="Code of the unit that held the case before.")
    unit: str | None = Field(description="Code of the unit that holds it now.", examples=["hbj"])
    due_at: datetime | None
    link: str = Field(description="Where this case is read through the API.")


class EventPage(Schema):
    """`next` goes into `after` of the following call, also where no item came; `more` says whether to call at once."""

    items: list[EventOut]
    next: int
    more: bool


class TopicOut(Schema):
    code: str = Field(examples=["env-site-noise"])
    parent: str | None
    name_zh: str
    name_en: str
    unit: str | None = Field(description="Code of the unit the dispatch catalogue names.")


class StateOut(Schema):
    name: str
    stage: str
    open: bool
    name_zh: str
    name_en: str
    resident_zh: str = Field(description="What the resident reads.")
    resident_en: str


class MoveOut(Schema):
    name: str
    from_: list[str] = Field(alias="from", description="The states it may follow.")
    to: str | None = Field(description="The state after it; null where the state stays or goes back by one.")
    by: list[str] = Field(description="applicant, staff (programs of a unit included) or system.")
    right: str | None
    public: bool
    name_zh: str
    name_en: str


class KindOut(Schema):
    key: str = Field(examples=["complaint"])
    name_zh: str
    name_en: str
    states: list[StateOut]
    moves: list[MoveOut]
