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
    """Everybody who holds a right in a unit at that moment, and who stands in for them."""

    unit_id: int
    right: str


@dataclass(frozen=True, slots=True)
class ToPhone:
    """A number that belongs to nobody we know yet, for a sign-in code; wiped once the message has gone."""

    phone: str  # E.164
    language: str


type Recipient = ToUser | ToContact | ToUnit | ToPhone
