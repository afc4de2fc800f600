"""How an entry and a chain of entries become digests."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

GENESIS = bytes(32)


class Facts(NamedTuple):
    """What an entry says, in the order in which it is digested."""

    action: str
    actor_kind: str
    actor_id: int | None
    unit_id: int | None
    object_kind: str
    object_id: str
    detail: str
    at: datetime


def entry_digest(facts: Facts, salt: bytes) -> bytes:
    """Return the SHA-256 (32 bytes) of the salt and the entry as compact JSON, its time in UTC microseconds."""
    values = [*facts[:-1], facts.at.astimezone(UTC).isoformat(timespec="microseconds")]
    return hashlib.sha256(salt + json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).digest()


def seal_digest(previous: bytes, digests: Iterable[bytes]) -> bytes:
    """Return the SHA-256 (32 bytes) of the link before and the digests of this link's entries, in order."""
    link = hashlib.sha256(previous)
    for digest in digests:
        link.update(digest)
    return link.digest()
