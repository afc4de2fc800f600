"""Why an act on accounts is not done, in words for the person who asked."""

from datetime import datetime

from django.utils.functional import Promise


class Refused(Exception):
    """What was typed cannot be used; `field` names the place in the form, empty for the whole."""

    def __init__(self, field: str, message: str | Promise) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class TooSoon(Exception):
    """Another code may be asked for from `again_at` on."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__(again_at)
        self.again_at = again_at
