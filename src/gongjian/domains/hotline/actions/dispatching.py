"""A matter finds the body that must answer: by the catalogue, with its reason; returns and the backstop."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from gongjian.casefile.corrections import put_back
from gongjian.casework.actions import Change, Moved, move
from gongjian.casework.errors import IllegalMoveError, RefusedError
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case
from gongjian.casework.queries import last_state_change
from gongjian.casework.writer import Insert, Ref
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.actions.bars import against_recall, against_return
from gongjian.domains.hotline.models import Return, ServiceRequest
from gongjian.domains.hotline.queries import Catalogue, TopicRef, catalogue
from gongjian.identity.actor import Actor
from gongjian.identity.queries import units
from gongjian.places.queries import communities, locate
from gongjian.sealing.masking import hide_contacts

DEFAULT_LIMIT = "hotline.answer"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Where the catalogue would send a case, and why; `unit_id` is None where it does not know."""

    unit_id: int | None
    assist_ids: tuple[int, ...]
    rule_id: int | None
    limit_key: str
    reason_zh: str
    reason_en: str


NOTHING_FITS = Proposal(
    None, (), None, DEFAULT_LIMIT, "目录里没有这一类，请派件员选。", "Not in the catalogue: choose a unit."
)


def propose(case: Case, at: datetime, known: Catalogue | None = None) -> Proposal:
    """Return the catalogue's proposal for a case from its topic and community; `known` asks the one of another day."""
    topic = _ruled(case.topic_id, known or catalogue(at))
    if topic is None or topic.rule_id is None:
        return NOTHING_FITS
    street = _subdistrict_office(case.community_id)
    lead = topic.lead_unit_id
    assist: tuple[int, ...] = ()
    if topic.lead_subdistrict and street is not None:
        # The subdistrict leads where the matter is; the unit of the catalogue helps (clause 4.2 and its like).
        lead, assist = street, tuple(u for u in (topic.lead_unit_id,) if u is not None and u != street)
    elif topic.assist_subdistrict and street is not None and street != lead:
        assist = (street,)
    return Proposal(
        unit_id=lead,
        assist_ids=assist,
        rule_id=topic.rule_id,
        limit_key=topic.limit_key,
        reason_zh=f"派件目录 {topic.catalogue} 第 {topic.clause} 条：{topic.reason_zh}",
        reason_en=f"Dispatch catalogue {topic.catalogue}, clause {topic.clause}: {topic.reason_en}",
    )


def _ruled(topic_id: int | None, known: Catalogue) -> TopicRef | None:
    """Return the topic whose rule speaks for a case: its own, or the one it was merged into."""
    own = known.topics.get(topic_id) if topic_id is not None else None
    return own if own is None or own.rule_id is not None else known.for_new(topic_id)


def _subdistrict_office(community_id: int | None) -> int | None:
    """Return the subdistrict office that answers for a community."""
    place = next((c for c in communities() if c.id == community_id), None)
    if place is None:
        return None
    offices = (u for u in units().all if u.subdistrict_id == place.subdistrict_id and u.kind == "subdistrict")
    heirs = (units().heir(u.id) for u in offices)
    return next((heir.id for heir in heirs if heir is not None), None)


def dispatch(*, case: Case, unit_id: int, assist_ids: Sequence[int], reason: str, actor: Actor, at: datetime) -> Moved:
    """Send a case to the unit that must answer; the first one named leads.

    The version of the catalogue and the reason are stored with the case. Another unit than the proposed one needs a
    reason in words. Errors: `RefusedError`, and those of `casework.move`.
    """
    proposal = propose(case, at)
    follows = unit_id == proposal.unit_id
    reason = reason.strip()
    unit = units().by_id.get(unit_id)
    if unit is None or not unit.active:
        raise RefusedError("unit", _("没有这个单位，请从列表里选。"))
    if not follows and not reason:
        raise RefusedError("reason", _("不按目录派件，要写一句为什么。"))
    words = reason or proposal.reason_zh
    assist = tuple(a for a in dict.fromkeys(assist_ids or (proposal.assist_ids if follows else ())) if a != unit_id)
    known = set(case.shares.values_list("unit_id", flat=True))
    detail = {"rule": proposal.rule_id if follows else None, "dispatch_reason": words[:300]}
    limit = proposal.limit_key if proposal.limit_key != DEFAULT_LIMIT else _limit_of(case)
    change = Change(
        public_text=unit.name_zh,
        internal_text=words,
        holder_unit_id=unit_id,
        holder_id=None,
        detail=detail,
        shares=[a for a in assist if a not in known],
        limits={"answer": limit},
    )
    return move(kind=kind_of(case.kind), case=case, name="dispatch", change=change, actor=actor, at=at)


def recall(*, case: Case, actor: Actor, at: datetime) -> Moved:
    """Take back what one has just sent, before the unit has signed for it: the case waits to be sent again.

    Errors: `RefusedError`, and those of `casework.move`.
    """
    sent = last_state_change(case.pk)
    bar = against_recall(sent.move if sent else "", sent.actor_id if sent else None, actor)
    kind = kind_of(case.kind)
    if case.state not in kind.move_of["recall"].sources:
        raise IllegalMoveError(move="recall", state=case.state)
    if bar or sent is None:
        raise RefusedError("", bar)
    return put_back(kind=kind, case=case, name="recall", wrong=sent, words="", actor=actor, at=at)


def _limit_of(case: Case) -> str:
    return f"hotline.answer.{case.kind.partition('.')[2]}"


def return_case(
    *, case: Case, reason: str, basis: str, proposed_unit_id: int | None, actor: Actor, at: datetime
) -> Moved:
    """Send a case back to the dispatcher with reason, legal basis and the unit that should have it.

    Urgent matters cannot be returned. The second return goes straight to the district's backstop unit, so that no
    matter wanders. Errors: `RefusedError`, and those of `casework.move`.
    """
    if bar := against_return(case):
        raise RefusedError("reason", bar)
    if reason not in Return.Reason.values:
        raise RefusedError("reason", _("选一条退回的理由。"))
    basis = basis.strip()
    if not basis:
        raise RefusedError("basis", _("写上依据：哪个文件、哪一条说不归本单位。"))
    if actor.user_id is None or case.holder_unit_id is None:
        raise RefusedError("reason", _("这一件没有派给单位。"))
    request = ServiceRequest.objects.only("returns").get(case=case)
    row = {
        "case": Ref("case"),
        "unit": case.holder_unit_id,
        "reason": reason,
        "basis": basis[:300],
        "proposed_unit": proposed_unit_id,
        "returned_by": actor.user_id,
        "returned_at": at,
    }
    last = request.returns + 1 >= rules.RETURNS_TO_BACKSTOP
    backstop = units().backstop
    name = "backstop" if last and backstop is not None and backstop.id != case.holder_unit_id else "return"
    change = Change(
        internal_text=hide_contacts(basis),
        holder_unit_id=backstop.id if name == "backstop" and backstop else None,
        holder_id=None,
        detail={"returns": request.returns + 1},
        rows=[Insert("returned", Return, [row], returning=())],
    )
    return move(kind=kind_of(case.kind), case=case, name=name, change=change, actor=actor, at=at)


class Spot(NamedTuple):
    """Where a matter lies, in words, as a point and as a community; each may be unknown."""

    address: str
    point: tuple[float, float] | None
    community_id: int | None


def retitle(
    *, case: Case, title: str, topic_id: int | None, actor: Actor, at: datetime, spot: Spot | None = None
) -> Moved:
    """Give a case a better title, topic or place before it is sent; the proposal follows. Without `spot` it stays."""
    title = hide_contacts(rules.tidy(title))[:80]
    if not title:
        raise RefusedError("title", _("标题不能空着。"))
    if topic_id is not None:
        topic = catalogue(at).for_new(topic_id)
        if topic is None:
            raise RefusedError("topic", _("没有这个类别，请从列表里选。"))
        topic_id = topic.id
    change = Change(internal_text=title, title=title, topic_id=topic_id)
    if spot is not None:
        change = replace(change, internal_text=f"{title}　{spot.address}".strip(), **_placed(spot))
    return move(kind=kind_of(case.kind), case=case, name="retitle", change=change, actor=actor, at=at)


def _placed(spot: Spot) -> dict[str, Any]:
    """Return what changes with the place: a point also says in which community it lies, where none is given."""
    lon, lat = spot.point or (None, None)
    found = locate(*spot.point) if spot.point else None
    return {
        "community_id": spot.community_id or (found.community_id if found else None),
        "cell": found.cell if found else "",
        "detail": {"address": rules.tidy(spot.address)[:120], "lon": lon, "lat": lat},
    }
