"""Reading the record, and checking that nobody rewrote it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from gongjian.audit.models import AuditEntry, AuditSeal
from gongjian.audit.rules import GENESIS, Facts, entry_digest, seal_digest


@dataclass(frozen=True)
class Verified:
    """What checking the chain found."""

    sealed_up_to: datetime | None  # the time of the newest good link
    ok: bool
    broken_at: int | None  # id of the first entry that does not fit, or of the first entry of a link that does not
    entries: int  # checked
    erased: int  # of these, entries whose words retention took out


@dataclass(frozen=True)
class LinkState:
    broken_at: int | None
    erased: int


def entries(
    *,
    action: str = "",
    actor_id: int | None = None,
    object_kind: str = "",
    object_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[AuditEntry]:
    """Return the entries that match, newest first. An `action` that ends in a dot means everything under it."""
    found = AuditEntry.objects.order_by("-id")
    if action:
        found = found.filter(action__startswith=action) if action.endswith(".") else found.filter(action=action)
    if actor_id is not None:
        found = found.filter(actor_id=actor_id)
    if object_kind:
        found = found.filter(object_kind=object_kind)
    if object_id:
        found = found.filter(object_id=object_id)
    if since:
        found = found.filter(at__gte=since)
    if until:
        found = found.filter(at__lt=until)
    return found


def sealed_up_to() -> datetime | None:
    """Return the time of the newest link; older entries can no longer be changed unseen."""
    return AuditSeal.objects.order_by("-id").values_list("at", flat=True).first()


def verify(*, since: datetime | None = None) -> Verified:
    """Recompute every link made since that moment (all by default), and stop at the first that does not fit."""
    seals = AuditSeal.objects.order_by("id")
    previous = GENESIS
    if since:
        first = seals.filter(at__gte=since).values_list("id", flat=True).first()
        before = seals.filter(id__lt=first).last() if first else seals.last()
        previous = bytes(before.digest) if before else GENESIS
        seals = seals.filter(id__gte=first) if first else seals.none()
    good: datetime | None = None
    checked = erased = 0
    for link in seals.iterator(chunk_size=50):
        state = _check(link, previous)
        if state.broken_at is not None:
            return Verified(good, ok=False, broken_at=state.broken_at, entries=checked, erased=erased)
        previous, good = bytes(link.digest), link.at
        checked += len(link.entries)
        erased += state.erased
    return Verified(good, ok=True, broken_at=None, entries=checked, erased=erased)


def _check(link: AuditSeal, previous: bytes) -> LinkState:
    rows = AuditEntry.objects.in_bulk(link.entries)
    digests, erased = [], 0
    for entry_id in link.entries:
        entry = rows.get(entry_id)
        if entry is None:
            return LinkState(entry_id, erased)
        salt, digest = bytes(entry.salt), bytes(entry.digest)
        if not salt and not entry.detail:
            erased += 1
        elif entry_digest(Facts(*(getattr(entry, name) for name in Facts._fields)), salt) != digest:
            return LinkState(entry_id, erased)
        digests.append(digest)
    whole = bytes(link.previous) == previous and seal_digest(previous, digests) == bytes(link.digest)
    return LinkState(None if whole else link.entry_from, erased)
