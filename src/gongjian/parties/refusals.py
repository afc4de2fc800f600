"""What a person typed and we cannot use."""

from django.utils.functional import Promise


class InvalidParty(ValueError):
    """A field of a party cannot be used; `message` says how to put it right, in the reader's language."""

    def __init__(self, field: str, message: str | Promise) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class InvalidPhone(InvalidParty):
    """Not a telephone number that can be called."""


class InvalidEmail(InvalidParty):
    """Not an e-mail address."""
