"""Why a case was not opened or moved; faces turn these into words for people."""

from dataclasses import dataclass
from datetime import datetime


class CaseError(Exception):
    """The act was refused; nothing was written."""


class IllegalMoveError(CaseError):
    """The move may not follow the state the case is in."""

    def __init__(self, *, move: str, state: str) -> None:
        super().__init__(f"{move} may not follow {state}")
        self.move, self.state = move, state


@dataclass(frozen=True, slots=True)
class LastChange:
    """Who changed the case meanwhile, and how."""

    by: str
    move: str
    at: datetime
    state: str


class StaleCaseError(CaseError):
    """Somebody else moved the case first; the typed words must be kept and shown again."""

    def __init__(self, change: LastChange | None) -> None:
        super().__init__("the case was changed by somebody else")
        self.change = change


class RefusedError(CaseError):
    """The act breaks a rule; `field` names the input to mend, `message` says how, in the reader's language."""

    def __init__(self, field: str, message: object) -> None:
        super().__init__(str(message))
        self.field, self.message = field, message
