"""What programs send and get: one report, one receipt, one state."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

type Degrees = Annotated[float, Field(allow_inf_nan=False)]
type Words = Annotated[str, Field(pattern=r"^[^\x00]*$")]  # no column holds a NUL


class ReporterIn(Schema):
    """Who reports; everything may be left out."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Words, Field(max_length=40)] = ""
    phone: Annotated[Words, Field(max_length=40)] = ""
    email: Annotated[Words, Field(max_length=254)] = ""
    consent: bool = False  # the handling unit may call


class CaseIn(Schema):
    """A report. `lon` and `lat` are WGS-84 degrees, `topic` a code of the topic list."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[Words, Field(min_length=1, max_length=4_000)]
    kind: Literal["enquiry", "complaint", "suggestion", "help"] = "complaint"
    topic: Annotated[Words, Field(max_length=40)] = ""
    lon: Annotated[Degrees, Field(ge=-180, le=180)] | None = None
    lat: Annotated[Degrees, Field(ge=-90, le=90)] | None = None
    address: Annotated[Words, Field(max_length=120)] = ""
    reporter: ReporterIn = ReporterIn()
    language: Literal["zh-hans", "en"] = "zh-hans"
    source: Annotated[Words, Field(max_length=60)] = ""


class CaseCreated(Schema):
    """The receipt code is told only here: whoever has it and the number may follow the case."""

    id: str
    receipt: str
    status: str
    created_at: datetime
    due_at: datetime | None
    track_url: str


class CaseStatus(Schema):
    """Where a case stands, in the caller's language; `status` is the state, `stage` one of five steps."""

    id: str
    status: str
    stage: str
    words: str
    unit: str
    title: str
    reply: str
    created_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
