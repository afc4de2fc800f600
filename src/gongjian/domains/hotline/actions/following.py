"""Following a matter of another instead of reporting it again: counted, told how it goes, and told nothing else.

A follower is a passer-by: topic or approved title, road and the five steps are all there is to know. A matter that is
not public any more is over for them, and nobody says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from gongjian.casework.errors import RefusedError
from gongjian.casework.kinds import Stage, kind_of
from gongjian.casework.models import Case
from gongjian.domains.hotline.actions.intake import may_be_told, owns_phone
from gongjian.domains.hotline.actions.restricting import check_web_report
from gongjian.domains.hotline.models import Follower, ServiceRequest
from gongjian.domains.hotline.queries import catalogue
from gongjian.domains.hotline.queries.following import waiting_to_hear
from gongjian.domains.hotline.queries.publishing import may_be_public
from gongjian.identity.actor import ANONYMOUS, Actor
from gongjian.notify.actions import send
from gongjian.notify.recipients import ToContact
from gongjian.parties.actions import contact_row, erase_contacts
from gongjian.parties.models import Contact
from gongjian.places.queries import communities, road_in
from gongjian.sealing.index import blind_index
from gongjian.sealing.tokens import receipt_code

BATCH: Final = 500
# What is told when a matter has come to a step; of the others nothing is.
NEWS: Final[Mapping[Stage, str]] = {
    Stage.ANSWERED: "hotline/followed_answered",
    Stage.CLOSED: "hotline/followed_closed",
}
OVER: Final = "hotline/followed_over"


@dataclass(frozen=True, slots=True)
class Reach:
    """How a follower is told; all empty for one who looks for themselves."""

    phone: str = ""
    email: str = ""
    language: str = "zh-hans"


def is_followable(case: Case, *, at: datetime) -> bool:
    """Whether anybody may begin to follow a case: one that is open and public."""
    return case.closed_at is None and may_be_public(case, at=at)


def is_open_to_followers(case: Case, *, at: datetime) -> bool:
    """Whether who follows a case may still know of it: also once it is closed, not where it was taken back."""
    return not _withdrawn(case) and may_be_public(case, at=at)


def _withdrawn(case: Case) -> bool:
    return bool(case.request.outcome == ServiceRequest.Outcome.CANCELLED)


@dataclass(frozen=True, slots=True)
class Following:
    """What became of it: no code where the visitor follows already."""

    follower_id: int
    code: str = ""
    told_by: str = Contact.NotifyBy.NONE


@transaction.atomic
def follow(*, case: Case, visitor: str, reach: Reach, actor: Actor, at: datetime) -> Following:
    """Let a visitor follow a case, once.

    One visitor at a time: the caller holds the row of the session. Errors: `RefusedError` where it cannot be followed
    any more, or at the field phone; `InvalidPhone`, `InvalidEmail`.
    """
    if not is_followable(case, at=at):
        raise RefusedError("", _("这一件现在不能关注了：它已经结束，或者不再公开。请接着写您自己的，我们照样办。"))
    contact = _contact(reach, actor, at)
    visitor_index = blind_index(visitor, "visitor")
    counted_as = _counted_as(contact) or visitor_index
    found = Follower.objects.filter(case=case, counted_as=counted_as, visitor_index=visitor_index, stopped_at=None)
    if (before := found.first()) is not None:
        return Following(before.pk)
    if contact is not None:
        check_web_report(index=contact["phone_index"], emergency="", at=at)
        if not may_be_told(contact, at):
            contact["notify_by"] = Contact.NotifyBy.NONE
    code = receipt_code()
    made = Follower.objects.create(
        case=case,
        contact=Contact.objects.create(**contact) if contact is not None else None,
        receipt_index=blind_index(code, "receipt"),
        visitor_index=visitor_index,
        counted_as=counted_as,
        told_state=case.state,
        created_at=at,
    )
    return Following(made.pk, code, contact["notify_by"] if contact is not None else Contact.NotifyBy.NONE)


def _contact(reach: Reach, actor: Actor, at: datetime) -> dict[str, Any] | None:
    """Return the columns of a contact; None where nothing was left."""
    if not (reach.phone.strip() or reach.email.strip()):
        return None
    return contact_row(
        name="",
        phone=reach.phone,
        email=reach.email,
        language=reach.language,
        at=at,
        phone_known=owns_phone(actor, reach.phone),
    )


def _counted_as(contact: Mapping[str, Any] | None) -> bytes | None:
    """Return what is the same for the same person in another browser, where they gave it."""
    if contact is None:
        return None
    return contact["phone_index"] or blind_index(contact["email"].casefold(), "follower")


@transaction.atomic
def stop(*, follower_id: int, at: datetime) -> bool:
    """Let somebody follow no longer and erase how they were reached; return whether they did."""
    one = Follower.objects.select_for_update().filter(pk=follower_id, stopped_at=None).first()
    if one is None:
        return False
    Follower.objects.filter(pk=one.pk).update(stopped_at=at, counted_as=F("receipt_index"))
    if one.contact_id is not None:
        erase_contacts(contact_ids=[one.contact_id], actor=ANONYMOUS, at=at)
    return True


def tell_followers(*, at: datetime) -> int:
    """Tell followers whose matter was answered, is over, or was taken back; return how many messages.

    Where it stands is compared with what they were told, so that no way there is missed: a step taken by hand, by an
    import or by a correction. A matter that became confidential or restricted is silent from then on.
    """
    with transaction.atomic():
        found = list(waiting_to_hear().select_for_update(of=("self",), skip_locked=True)[:BATCH])
        sent, told = 0, set[tuple[int, bytes]]()
        for one in found:
            person = (one.case_id, bytes(one.counted_as))
            sent += _tell(one, at) if person not in told else 0
            told.add(person)
            one.told_state = one.case.state
        Follower.objects.bulk_update(found, ["told_state"])
    return sent


def _tell(one: Follower, at: datetime) -> int:
    template = _news(one, at)
    if not template or one.contact_id is None:
        return 0
    return send(
        recipient=ToContact(one.contact_id),
        template=template,
        context=_told(one.case, at),
        link=reverse("hotline:track"),
        dedupe=f"followed-{one.case_id}-{one.case.version}",
        at=at,
    )


def _news(one: Follower, at: datetime) -> str:
    """Return the notice that is due; none where only the inside of a step has changed."""
    case, states = one.case, kind_of(one.case.kind).state_of
    if not may_be_public(case, at=at):
        return ""
    stage = states[case.state].stage
    if stage is states[one.told_state].stage:
        return ""
    return OVER if _withdrawn(case) else NEWS.get(stage, "")


def _told(case: Case, at: datetime) -> dict[str, str]:
    """Return what a notice may say: what stands in public lists, in both languages."""
    topic = catalogue(at).topics.get(case.topic_id or 0)
    place = next((one for one in communities() if one.id == case.community_id), None)
    title, road = case.request.public_title, road_in(case.request.address)
    return {
        "title_zh": title or (topic.name_zh if topic else ""),
        "title_en": title or (topic.name_en if topic else ""),
        "place_zh": road or (place.name_zh if place else ""),
        "place_en": road or (place.name_en if place else ""),
        "line": settings.HOTLINE_NUMBER,
    }
