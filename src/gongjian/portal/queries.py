"""What the public face reads across the domains: one's own matters, which document may go out."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from django.db.models import QuerySet

from gongjian.casework.models import Case, CaseParty
from gongjian.casework.queries import attached
from gongjian.documents.models import Document
from gongjian.domains.hotline.access import visible_to as hotline_visible_to
from gongjian.identity.actor import Actor

# Whose cases staff may open, by the domain of the kind.
VISIBLE: Final[Mapping[str, Callable[[Actor], QuerySet[Case]]]] = {"hotline": hotline_visible_to}


def document_for(document_id: int, *, actor: Actor, proved_parties: Collection[int]) -> Document | None:
    """Return a document this visitor may have: public ones of a case proved or one's own, and all staff may read.

    None where there is none or it is out of reach: the two cannot be told apart.
    """
    rows = attached(document_id)
    for row in rows:
        if row.public and _is_applicant(row.case_id, actor, proved_parties):
            return row.document
        visible = VISIBLE.get(row.case.kind.partition(".")[0])
        if actor.kind == "staff" and visible is not None and visible(actor).filter(pk=row.case_id).exists():
            return row.document
    return None


def _is_applicant(case_id: int, actor: Actor, proved_parties: Collection[int]) -> bool:
    own = CaseParty.objects.filter(case=case_id)
    if proved_parties and own.filter(pk__in=proved_parties).exists():
        return True
    return actor.kind == "resident" and actor.person_id is not None and own.filter(person=actor.person_id).exists()
