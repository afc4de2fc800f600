"""What a visitor has proved to be the own matter, and how well; kept in the session."""

from dataclasses import dataclass, replace
from typing import Final

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from gongjian.domains.hotline.queries import Tracked, tracked_by, tracked_own
from gongjian.identity.requests import ActorRequest

PROVED_KEY: Final = "proved"
MOST_PROVED: Final = 20


@dataclass(frozen=True, slots=True)
class Proof:
    """Whose matter it is; not `full` where only the ending of the phone proved it, which others may know too."""

    party_id: int
    full: bool


def proved(request: HttpRequest) -> dict[str, Proof]:
    """Return case number -> proof of what this visitor has proved to be his."""
    return _proofs(request.session)


def _proofs(session: SessionBase) -> dict[str, Proof]:
    kept = session.get(PROVED_KEY)
    return {number: _proof(one) for number, one in kept.items()} if isinstance(kept, dict) else {}


def _proof(kept: int | list[int]) -> Proof:
    """Read one proof; a session of an older version does not say how well it was proved."""
    return Proof(kept, full=False) if isinstance(kept, int) else Proof(kept[0], full=bool(kept[1]))


def remember(session: SessionBase, *, number: str, party_id: int, full: bool) -> None:
    """Keep a proof for the rest of the session, the better one of two; the oldest falls out beyond twenty."""
    kept = _proofs(session)
    before = kept.pop(number, None)
    if before is None or before.party_id != party_id or not before.full:
        before = Proof(party_id, full)
    kept[number] = before
    newest = list(kept.items())[-MOST_PROVED:]
    session[PROVED_KEY] = {one: [proof.party_id, int(proof.full)] for one, proof in newest}


def mine(request: ActorRequest, number: str) -> Tracked | None:
    """Return the case where this visitor has proved it, or is signed in as its applicant."""
    proof = proved(request).get(number)
    if proof is not None and proof.full:
        return _kept(proof, number)
    person_id = request.actor.person_id if request.actor.kind == "resident" else None
    own = tracked_own(number=number, person_id=person_id) if person_id is not None else None
    return own or (_kept(proof, number) if proof is not None else None)


def _kept(proof: Proof, number: str) -> Tracked | None:
    found = tracked_by(party_id=proof.party_id)
    if found is None or found.case.number != number:
        return None
    return replace(found, full=proof.full)
