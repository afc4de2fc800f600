"""To whom a message goes; which people these are is found out when it is sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToUser:
    user_id: int


@dataclass(frozen=True, slots=True)
class ToContact:
    contact_id: int


@dataclass(frozen=True, slots=True)
class ToUnit:
    """Everybody who holds a right in a unit on that day, and who stands in for them."""

    unit_id: int
    right: str


type Recipient = ToUser | ToContact | ToUnit
