"""Which part of the dispatcher's board is shown, as its address says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict

from gongjian.casework.access import restricted_units
from gongjian.casework.models import Case
from gongjian.casework.queries import Desk, on_desk
from gongjian.domains.hotline.queries import TO_DISPATCH, catalogue
from gongjian.domains.hotline.workflow import KINDS
from gongjian.identity.actor import Actor
from gongjian.places.queries import communities, subdistricts
from gongjian.web.searching import NO_WORDS, Sought, sought

ALL, RETURNED, SENT = "", "returned", "sent"
STATES: Final[Mapping[str, tuple[str, ...]]] = {ALL: TO_DISPATCH, RETURNED: ("returned",), SENT: ("dispatched",)}


@dataclass(frozen=True, slots=True)
class View:
    """One view: a tab, words, a street, a kind, or only those without a proposal."""

    tab: str = ALL
    sought: Sought = NO_WORDS
    street: int | None = None
    kind: str = ""
    unknown: bool = False  # only those without a proposal
    restricted: frozenset[int] | None = frozenset()  # as in `casework.queries.Desk`

    @property
    def narrowed(self) -> bool:
        return bool(self.sought.words or self.street or self.kind or self.unknown)

    @property
    def query(self) -> str:
        facts = {
            "tab": self.tab,
            "q": self.sought.words,
            "street": self.street or "",
            "kind": self.kind,
            "unknown": "1" if self.unknown else "",
        }
        return urlencode({name: value for name, value in facts.items() if value})

    def rows(self, at: datetime) -> QuerySet[Case]:
        """Return the open cases of this view, without order."""
        places = tuple(c.id for c in communities() if c.subdistrict_id == self.street) if self.street else ()
        rows = on_desk(Desk(units=None, states=STATES[self.tab], communities=places, restricted=self.restricted))
        rows = rows.filter(kind=f"hotline.{self.kind}") if self.kind else rows.filter(kind__startswith="hotline.")
        if self.sought.vain:
            return rows.none()
        if text := self.sought.text:
            rows = rows.filter(Q(number__icontains=text) | Q(title__icontains=text))
        if self.unknown:
            ruled = [t.id for t in catalogue(at).topics.values() if t.rule_id is not None]
            rows = rows.filter(Q(topic=None) | ~Q(topic__in=ruled))
        return rows


def view_of(data: QueryDict, actor: Actor) -> View:
    """Return the view an address asks for; what it names wrongly is left out."""
    tab, street, kind = data.get("tab", ALL), data.get("street", ""), data.get("kind", "")
    known = {str(s.id) for s in subdistricts()}
    return View(
        tab=tab if tab in STATES else ALL,
        sought=sought(data, most=80),
        street=int(street) if street in known else None,
        kind=kind if f"hotline.{kind}" in {k.key for k in KINDS} else "",
        unknown=data.get("unknown") == "1",
        restricted=restricted_units(actor),
    )
