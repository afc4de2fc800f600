"""What a resident has written so far: in the session on the server, sealed, so that it lies nowhere in clear."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Self

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from gongjian.documents.actions import new_claim_token
from gongjian.sealing.fields import Sealed
from gongjian.sealing.keys import SealError

DRAFT_KEY: Final = "report"
DONE_KEY: Final = "report_done"
PROVED_KEY: Final = "proved"
MOST_PROVED: Final = 20


@dataclass
class Draft:
    """An unsent report. `token` names it: a report is sent once for each token."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    claim: str = field(default_factory=new_claim_token)  # ties the photos to this draft
    kind: str = ""
    words: str = ""
    topic: str = ""  # code
    placed: bool = False  # step 2 is done, also with "I do not know"
    community: str = ""  # id
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    unknown: bool = False
    description: str = ""
    reached: bool = False  # step 4 is done, also anonymously
    phone: str = ""
    name: str = ""
    email: str = ""
    consent: bool = False
    language: str = ""
    behalf_name: str = ""
    behalf_phone: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """Return the draft of this visitor, a new one where there is none."""
        kept = unseal(request.session, DRAFT_KEY)
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in kept.items() if name in known})

    def keep(self, request: HttpRequest) -> None:
        """Keep the draft for this visitor."""
        seal(request.session, DRAFT_KEY, asdict(self))

    def take(self, cleaned: Mapping[str, Any]) -> None:
        """Take over what a step's form has found good."""
        own = {f.name for f in fields(self)}
        for name, value in cleaned.items():
            if name in own:
                setattr(self, name, value)

    @property
    def text(self) -> str:
        """Everything written so far, for the emergency words."""
        return f"{self.words} {self.address} {self.description}"

    @property
    def behalf(self) -> bool:
        return bool(self.behalf_name or self.behalf_phone)

    @property
    def anonymous(self) -> bool:
        return not (self.phone or self.email)

    @property
    def first_open(self) -> str:
        """Return the first step that is not done."""
        steps = (("what", self.kind), ("where", self.placed), ("describe", self.description), ("contact", self.reached))
        return next((name for name, done in steps if not done), "check")


def seal(session: SessionBase, key: str, values: Mapping[str, Any]) -> None:
    """Keep values in a session so that who reads the table of sessions cannot read them."""
    text = json.dumps(dict(values), ensure_ascii=False)
    session[key] = base64.b64encode(Sealed(f"session.{key}", text=text).sealed()).decode()


def unseal(session: SessionBase, key: str) -> dict[str, Any]:
    """Return the values kept under a key; nothing where there are none or their key is gone."""
    kept = session.get(key)
    if not kept:
        return {}
    try:
        values = json.loads(Sealed(f"session.{key}", sealed=base64.b64decode(kept)).open())
    except (SealError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def proved(request: HttpRequest) -> dict[str, int]:
    """Return case number -> party id of what this visitor has proved to be his."""
    kept = request.session.get(PROVED_KEY)
    return dict(kept) if isinstance(kept, dict) else {}


def remember(request: HttpRequest, *, number: str, party_id: int) -> None:
    """Keep a proof for the rest of the session; the oldest falls out beyond twenty."""
    kept = {**{n: p for n, p in proved(request).items() if n != number}, number: party_id}
    request.session[PROVED_KEY] = dict(list(kept.items())[-MOST_PROVED:])
