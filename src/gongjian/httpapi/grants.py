"""What a program may be given, in plain words; each domain declares its own, project/api.py registers them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongjian.httpapi.access import HttpApiRight
from gongjian.identity.rights import Right


@dataclass(frozen=True, slots=True)
class Grant:
    """One right as an administrator picks it."""

    right: Right
    words: str | Promise
    sentence: str | Promise
    in_unit: bool = False  # reaches the cases of one unit: a key without a unit can do nothing with it


_registry: dict[str, Grant] = {}


def register(grants: Iterable[Grant]) -> None:
    """Make rights known that a key may hold; no other can be given to a program."""
    _registry.update({str(grant.right): grant for grant in grants})


def grants() -> Mapping[str, Grant]:
    """Return what a key may hold, in the order in which it was declared."""
    return _registry


register(
    [
        Grant(
            HttpApiRight.WEBHOOKS_OWN,
            _("看自己的推送"),
            _("查看推给自己的消息送到没有，要求重新推送。"),
        )
    ]
)
