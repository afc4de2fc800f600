"""Why an act on keys or subscriptions was refused."""

from django.utils.functional import Promise


class Refused(Exception):
    """The act was refused and nothing was written; `field` names what to mend, `message` says how."""

    def __init__(self, field: str, message: str | Promise) -> None:
        super().__init__(field, message)
        self.field, self.message = field, message

    def __str__(self) -> str:
        return str(self.message)
