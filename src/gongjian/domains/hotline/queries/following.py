"""Who follows the matter of another."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, OuterRef, QuerySet, Subquery

from gongjian.casework.models import Case
from gongjian.domains.hotline.models import Follower
from gongjian.domains.hotline.models.following import SETTLED
from gongjian.sealing.index import blind_index


@dataclass(frozen=True, slots=True)
class Followed:
    """A matter as somebody follows it."""

    id: int
    case: Case
    stopped_at: datetime | None


def followers_of() -> Subquery:
    """Return how many follow each case of a statement; who follows twice counts once."""
    rows = Follower.objects.filter(case=OuterRef("pk"), stopped_at=None).order_by().values("case")
    return Subquery(rows.annotate(n=Count("counted_as", distinct=True)).values("n"))


def followed_by(*, code: str) -> Followed | None:
    """Return what is followed with this code, also by one who has stopped."""
    return _followed(_rows().filter(receipt_index=blind_index(code, "receipt")))


def followed(follower_id: int) -> Followed | None:
    """Return what a follower follows, as it stands."""
    return _followed(_rows().filter(pk=follower_id))


def case_of(case_id: int) -> Case | None:
    """Return a case with its request, for whoever asks whether it is public."""
    return Case.objects.filter(pk=case_id, kind__startswith="hotline.").select_related("request").first()


def waiting_to_hear() -> "QuerySet[Follower]":
    """Return the followers who can be reached and whose case stands elsewhere than they were told, case by case."""
    rows = _rows().filter(stopped_at=None, contact__isnull=False).exclude(told_state=SETTLED)
    return rows.exclude(told_state=F("case__state")).order_by("case", "pk")


def _followed(rows: "QuerySet[Follower]") -> Followed | None:
    one = rows.first()
    return None if one is None else Followed(one.pk, one.case, one.stopped_at)


def _rows() -> "QuerySet[Follower]":
    return Follower.objects.select_related("case", "case__request")
