"""A report on its way: one draft for each form, named by a token in its pages, in the visitor's session and sealed.

A session is shared by all tabs of a browser; a draft belongs to the pages that carry its token. Another session does
not find it, and is told nothing that it would not be told of a token that was made up.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Self, cast

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from gongjian.documents.actions import new_claim_token
from gongjian.domains.hotline.actions.drafts import new_token
from gongjian.identity.sessions import SessionStore
from gongjian.sealing.fields import Sealed
from gongjian.sealing.keys import SealError

DRAFT: Final = "draft"  # the field of every form, and the name in every address
SEEN: Final = "seen"
DRAFT_KEY: Final = "report"  # with a token behind it; alone where a session of an older version kept its only draft
DONE_KEY: Final = "report_done"
MOST_DONE: Final = 20
MOST_UNSENT: Final = 20  # a session is read whole with every page
MOST_SENT: Final = 3  # whose answers are kept, for what is still written on their pages
OF_THE_REQUEST: Final = frozenset({"token", "stored", "named", "moved"})
TOKEN: Final = re.compile(r"[\w-]{20,60}", re.ASCII)
# The answers each step asks for.
ANSWERS: Final = {
    "what": ("kind", "words", "topic"),
    "where": ("community", "address", "lon", "lat", "unknown"),
    "describe": ("description", "answers"),
    "contact": ("phone", "name", "email", "consent", "language", "behalf_name", "behalf_phone"),
}


class TooManyDraftsError(Exception):
    """A visitor has begun so many reports that no other is kept; what was typed is still on the page."""


@dataclass
class Draft:
    """An unsent report. `token` names it: a report is sent once for each token."""

    token: str = field(default_factory=new_token)
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
    answers: dict[str, list[str]] = field(default_factory=dict)  # to the topic's questions, by code
    reached: bool = False  # step 4 is done, also anonymously
    phone: str = ""
    name: str = ""
    email: str = ""
    consent: bool = False
    language: str = ""
    behalf_name: str = ""
    behalf_phone: str = ""
    ended: bool = False  # it holds what was written into one that had ended, and nobody has been told yet
    after: str = ""  # number of the report that was sent from the same pages before,
    after_token: str = ""  # and its token
    sent: str = ""  # number of the case it has become
    stored: bool = False  # the session has it; a page nobody has sent yet has none
    named: bool = False  # the request says which draft it means; whoever names none is led on plain addresses
    moved: bool = False  # what the request brought belonged to a draft that is over

    @classmethod
    def taken(cls, values: Mapping[str, Any]) -> Self:
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})

    def take(self, cleaned: Mapping[str, Any]) -> None:
        """Take over what a step's form has found good."""
        own = {f.name for f in fields(self)}
        for name, value in cleaned.items():
            if name in own:
                setattr(self, name, value)

    def keep(self, request: HttpRequest, names: Iterable[str] = ()) -> None:
        """Keep these answers for this visitor; a draft that is not stored yet is begun with all it has.

        Only the step's own answers are written, so that two tabs at two steps do not undo one another.
        """
        values = asdict(self)
        changed = {name: values[name] for name in names}

        def write(session: SessionBase) -> None:
            stored = _kept(session, self.token)
            if stored is None and len([one for one in _all(session) if not one.sent]) >= MOST_UNSENT:
                raise TooManyDraftsError
            store(session, self if stored is None else Draft.taken(asdict(stored) | changed))

        store_of(request).change(write)
        self.stored = True

    def again(self) -> Self:
        """Return a new draft with the same answers, for what was written after this one was sent."""
        left_out = OF_THE_REQUEST | {"claim", "sent"}
        values = {name: value for name, value in asdict(self).items() if name not in left_out}
        return self.taken(values | {"after": self.sent, "after_token": self.token, "named": self.named})

    def digest(self, step: str = "", files: Iterable[int] = ()) -> str:
        """Return what a page showed: of one step, or of the whole with its files."""
        names = ANSWERS[step] if step else [name for names in ANSWERS.values() for name in names]
        seen = [[getattr(self, name) for name in names], list(files)]
        return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode()).hexdigest()[:32]

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
    def steps_done(self) -> dict[str, bool]:
        """Return which steps are answered, in their order."""
        done = {"what": self.kind, "where": self.placed, "describe": self.description, "contact": self.reached}
        return {name: bool(answer) for name, answer in done.items()}

    @property
    def first_open(self) -> str:
        """Return the first step that is not done."""
        return next((name for name, done in self.steps_done.items() if not done), "check")


def store_of(request: HttpRequest) -> SessionStore:
    return cast("SessionStore", request.session)


def names_one(request: HttpRequest) -> bool:
    return bool(request.POST.get(DRAFT) or request.GET.get(DRAFT))


def asked(request: HttpRequest) -> str:
    """Return the token a page or an address names, empty where it names none or what cannot be one."""
    named = request.POST.get(DRAFT) or request.GET.get(DRAFT, "")
    return named if TOKEN.fullmatch(named) else ""


def found(request: HttpRequest) -> Draft | None:
    """Return the draft that the request names; where it names none, the newest unsent one, or else the newest."""
    if names_one(request):
        draft = _kept(request.session, asked(request))
    else:
        draft = next(iter(sorted(_all(request.session), key=lambda one: bool(one.sent))), None)
    if draft is not None:
        draft.named = names_one(request)
    return draft


def unsent(request: HttpRequest) -> list[Draft]:
    """Return what this visitor has begun and not sent, newest first."""
    drafts = [one for one in _all(request.session) if not one.sent]
    for one in drafts:
        one.named = True
    return drafts


def store(session: SessionBase, draft: Draft) -> None:
    """Put a draft into a session as the newest; the answers of what was sent long ago go."""
    drop(session, draft.token)
    seal(session, f"{DRAFT_KEY}:{draft.token}", {k: v for k, v in asdict(draft).items() if k not in OF_THE_REQUEST})
    for one in [one for one in _all(session) if one.sent][MOST_SENT:]:
        drop(session, one.token)


def drop(session: SessionBase, token: str) -> None:
    """Forget a draft."""
    session.pop(f"{DRAFT_KEY}:{token}", None)
    if unseal(session, DRAFT_KEY).get("token") == token:
        del session[DRAFT_KEY]


def _kept(session: SessionBase, token: str) -> Draft | None:
    """Return the draft of a token."""
    return _read(session, f"{DRAFT_KEY}:{token}") or next((one for one in _all(session) if one.token == token), None)


def _all(session: SessionBase) -> Iterator[Draft]:
    """Yield the drafts of a session, newest first."""
    keys = [key for key in session.keys() if key.split(":")[0] == DRAFT_KEY]  # noqa: SIM118 - a session is no mapping
    yield from (draft for key in reversed(keys) if (draft := _read(session, key)) is not None)


def _read(session: SessionBase, key: str) -> Draft | None:
    values = unseal(session, key)
    token = key.partition(":")[2] or str(values.get("token", ""))
    return Draft.taken(values | {"token": token, "stored": True}) if values and token else None


def receipts(session: SessionBase) -> dict[str, dict[str, Any]]:
    """Return what was sent in this session, by token, the newest last."""
    kept = unseal(session, DONE_KEY)
    return {"": kept} if "number" in kept else kept  # from before each report had its own


def keep_receipt(session: SessionBase, token: str, said: Mapping[str, Any]) -> None:
    kept = {name: value for name, value in receipts(session).items() if name != token} | {token: dict(said)}
    seal(session, DONE_KEY, dict(list(kept.items())[-MOST_DONE:]))


def seal(session: SessionBase, key: str, values: Mapping[str, Any]) -> None:
    """Keep values in a session so that who reads the table of sessions cannot read them."""
    text = json.dumps(dict(values), ensure_ascii=False)
    session[key] = base64.b64encode(Sealed(f"session.{key}", text=text).sealed()).decode()


def unseal(session: SessionBase, key: str) -> dict[str, Any]:
    """Return the values kept under a key; nothing where there are none or their key is gone."""
    kept = session.get(key)
    if not isinstance(kept, str):
        return {}
    try:
        values = json.loads(Sealed(f"session.{key}", sealed=base64.b64decode(kept)).open())
    except (SealError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
