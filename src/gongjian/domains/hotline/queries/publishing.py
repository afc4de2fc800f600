"""What strangers may know of a case at all."""

from datetime import datetime

from gongjian.casework.models import Case
from gongjian.domains.hotline.queries.near import SHOWN_TO_OTHERS
from gongjian.domains.hotline.queries.open311 import offer


def is_public_topic(topic_id: int | None, *, at: datetime) -> bool:
    """Whether matters of a topic may stand in public lists: one that is not offered to others is confidential."""
    return topic_id is not None and topic_id in offer(at).by_topic


def is_shown(case: Case) -> bool:
    """Whether a case is of a kind that others see, and neither confidential nor restricted itself."""
    hidden = case.restricted or case.confidentiality != Case.Confidentiality.OPEN
    return case.kind in SHOWN_TO_OTHERS and not hidden


def may_be_public(case: Case, *, at: datetime) -> bool:
    """Whether a case may stand in public lists, by its kind, its own confidentiality and that of its topic."""
    return is_shown(case) and is_public_topic(case.topic_id, at=at)
