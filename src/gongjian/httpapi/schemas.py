"""What programs send and get beside cases: who they are, reference lists, their own deliveries."""

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import ConfigDict, StrictBool, StrictInt

from gongjian.httpapi.fields import BIGGEST
from gongjian.httpapi.paging import PageQuery


class RightOut(Schema):
    right: str = Field(examples=["hotline:case:read_unit"])
    words: str = Field(description="In the language of Accept-Language.")


class Me(Schema):
    """What a key may do."""

    program: str
    key: str = Field(description="What the key is for, as its giver wrote it.")
    unit: str | None = Field(description="Code of the unit whose cases it reaches; null for none or the district.")
    rights: list[RightOut]
    per_minute: int
    expires_at: datetime | None


class UnitOut(Schema):
    code: str = Field(examples=["hbj"])
    name_zh: str
    name_en: str
    kind: str
    parent: str | None
    active: bool = Field(description="False for a body that is closed and stands only in old cases.")


class CommunityOut(Schema):
    code: str
    subdistrict: str
    name_zh: str
    name_en: str
    lon: float = Field(description="Of its seat, WGS-84.")
    lat: float


class CalendarQuery(Schema):
    year: int = Field(ge=2020, le=2099, examples=[2026])


class DayOut(Schema):
    day: date
    working: bool


class CalendarOut(Schema):
    """The working days of a year as deadlines count them: Monday to Friday, but for these days."""

    year: int
    confirmed: bool = Field(
        description="False while the State Council has not announced it: deadlines are provisional."
    )
    exceptions: list[DayOut]


class WebhookOut(Schema):
    """Where this program is told what happens. Addresses are entered by administrators."""

    id: int
    name: str
    url: str
    kinds: list[str] = Field(description="Empty: all.")
    moves: list[str] = Field(description="Empty: all.")
    active: bool
    stopped: str = Field(description="Why nothing is sent: hand, failing, key, gone, or empty.")
    position: int = Field(description="The newest event looked at.")
    waiting: int = Field(description="Deliveries on their way.")


class DeliveryQuery(PageQuery):
    state: list[Literal["waiting", "sent", "given_up"]] = Field(default=[], max_length=3)


class DeliveryOut(Schema):
    id: int
    event: int
    case: str
    move: str
    state: str
    tries: int
    status: int | None = Field(description="What the last try was answered; null where nobody answered.")
    error: str
    happened_at: datetime
    tried_at: datetime | None
    next_try_at: datetime | None


class ReplayIn(Schema):
    """What to send again: everything from an event on, or what failed."""

    model_config = ConfigDict(extra="forbid")

    from_event: Annotated[StrictInt, Field(ge=1, le=BIGGEST)] | None = None
    failed: StrictBool = False


class Replayed(Schema):
    again: int = Field(description="Deliveries that will be sent again; more may come that were never sent.")
