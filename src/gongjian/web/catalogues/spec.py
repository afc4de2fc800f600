"""What a catalogue is, and what its pages and sheets pass on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from gongjian.identity.actor import Actor
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rights import Right
from gongjian.web.catalogues.forms import CatalogueForm, DaysForm

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

type Words = "str | _StrPromise"
FUTURE, NOW, PAST = "future", "now", "past"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row as its form shows it; a row without days is past once it is closed."""

    key: int
    name: str  # what the record calls it
    values: Mapping[str, Any]
    seen: str
    first: date | None = None
    last: date | None = None  # not in it
    closed: bool = False
    warning: str = ""
    title: str = ""  # what a page calls it, where the record's name is no word of its readers

    def state(self, today: date) -> str:
        """Return whether the row holds today, later, or no more."""
        if self.closed or (self.last is not None and self.last <= today):
            return PAST
        return FUTURE if self.first is not None and self.first > today else NOW


@dataclass(frozen=True, slots=True)
class Write:
    """One change: `entry` is the row as it was read, None for a new one."""

    entry: Entry | None
    values: Mapping[str, Any]
    first: date | None
    last: date | None
    seen: str
    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a preview."""

    label: str
    text: str
    state: str = ""  # ok, soon, late or nothing


@dataclass(frozen=True, slots=True)
class Link:
    """A further page of a catalogue; `url_name` may belong to another room."""

    label: Words
    url_name: str
    icon: str


def _no_facts(_values: Mapping[str, Any], _first: date | None, _at: datetime) -> list[Fact]:
    return []


def _nothing() -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """A table that administrators keep. `read` and `write` are the room's; everything else is drawn from the form."""

    app: str  # namespace of its addresses
    name: str  # of its addresses
    path: str  # "office/topics/"
    title: Words
    sentence: Words
    one: Words  # what a row is called
    right: Right
    form: Callable[..., CatalogueForm]
    shown: tuple[str, ...]  # columns of the list; the first one leads to the row
    kind: str  # of the object in the record
    action: str  # of the record, "hotline.rule"
    read: Callable[[], Sequence[Entry]]
    write: Callable[[Write], None]
    withdraw: Callable[[Write], None] | None = None
    restore: Callable[[Write], None] | None = None  # back to what came with the system
    facts: Callable[[Mapping[str, Any], date | None, datetime], list[Fact]] = _no_facts
    frame: Callable[[ActorRequest], dict[str, Any]]
    soonest: int = 0  # days from today at which a change may begin
    links: Sequence[Link] = field(default_factory=tuple)
    adds: bool = True  # rows can be added
    hint: Words = ""  # above the form
    forget: Callable[[], None] = _nothing  # drops what the process remembers of the table

    def entries(self) -> list[Entry]:
        """Return every row."""
        return list(self.read())

    @property
    def fields(self) -> type[CatalogueForm]:
        """Return the class of the form."""
        return self.form  # type: ignore[return-value]

    @property
    def dated(self) -> bool:
        """Whether rows hold from a day on."""
        return issubclass(self.fields, DaysForm)

    def url(self, page: str = "") -> str:
        """Return the name of one of its addresses."""
        return f"{self.app}:{self.name}{'_' if page else ''}{page}"
