"""Who is acting, made once at the door and handed down as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Kind = Literal["anonymous", "resident", "staff", "program", "system"]
Channel = Literal["web", "phone", "api", "system"]


@dataclass(frozen=True)
class Actor:
    """A person or program with what it may do now; deputised units and rights are included."""

    user_id: int | None
    username: str
    name: str
    kind: Kind
    unit_id: int | None
    units: frozenset[int]
    rights: frozenset[str]
    channel: Channel
    key: str  # digest of the session key, or id of the API key
    person_id: int | None = None
    name_en: str = ""  # empty where somebody has no name in Latin letters
    # Rights by unit: somebody may be head in one unit and clerk in another.
    grants: Mapping[int, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    # Rights that wait for the second factor in this session.
    withheld: frozenset[str] = frozenset()

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None

    def can(self, right: str, *, unit_id: int | None = None) -> bool:
        """Whether this actor holds the right; with `unit_id`, holds it in that unit."""
        if unit_id is None:
            return right in self.rights
        return right in self.grants.get(unit_id, frozenset())

    def units_with(self, right: str) -> frozenset[int]:
        """Return the units in which this actor holds the right."""
        return frozenset(unit_id for unit_id, rights in self.grants.items() if right in rights)


def _nobody(kind: Kind, channel: Channel) -> Actor:
    return Actor(
        user_id=None,
        username="",
        name="",
        kind=kind,
        unit_id=None,
        units=frozenset(),
        rights=frozenset(),
        channel=channel,
        key="",
    )


ANONYMOUS = _nobody("anonymous", "web")
SYSTEM = _nobody("system", "system")
