"""Which matters would lie elsewhere if the ground were drawn differently; nothing is changed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from gongjian.casework.queries import unrestricted
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.places.queries import locate

EXAMPLES = 20
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Displaced:
    """Matters whose point lies in another community than they say; pairs are (community they say, where it lies)."""

    placed: int  # matters with a point
    total: int
    pairs: dict[tuple[int | None, int | None], int]
    examples: tuple[str, ...]  # numbers, newest first


def displaced_by(change: Callable[[], object]) -> Displaced:
    """Make a change of the ground and return the matters that lay in their community before and do not after."""
    rows = list(
        ServiceRequest.objects.filter(unrestricted(path="case__"), lon__isnull=False, lat__isnull=False)
        .order_by("-pk")
        .values_list("case__number", "case__community_id", "lon", "lat")
        .iterator(chunk_size=CHUNK)
    )
    placed = [(number, was, float(lon or 0), float(lat or 0)) for number, was, lon, lat in rows]
    fitting = [row for row in placed if row[1] == locate(row[2], row[3]).community_id]
    change()
    moved = [(number, was, now) for number, was, lon, lat in fitting if (now := locate(lon, lat).community_id) != was]
    pairs = Counter((was, now) for _number, was, now in moved)
    return Displaced(
        len(rows), len(moved), dict(pairs.most_common()), tuple(number for number, *_rest in moved[:EXAMPLES])
    )
