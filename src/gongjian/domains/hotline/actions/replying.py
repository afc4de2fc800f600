"""The answer is reviewed, reaches the resident, and somebody asks whether it helped."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from gongjian.casework.actions import Change, Moved, move
from gongjian.casework.errors import RefusedError
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case
from gongjian.casework.writer import Insert, Ref, Update
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.actions.bars import against_review
from gongjian.domains.hotline.actions.evidence import shown_copies
from gongjian.domains.hotline.models import CallAttempt, Reply, ServiceRequest
from gongjian.domains.hotline.queries import pending_reply, request_of
from gongjian.identity.actor import Actor

SATISFACTION = range(1, 6)


@transaction.atomic
def approve(*, case: Case, actor: Actor, at: datetime, remark: str = "") -> Moved:
    """Pass the answer: the resident reads it from now on and is asked whether it helped.

    The writer of an answer cannot pass it. Errors: `RefusedError`, and those of `casework.move`.
    """
    reply = _under_review(case, actor)
    decided = _decided(reply, approved=True, actor=actor, at=at, remark=remark)
    detail = {"reply": reply.text, "resolved": reply.resolved, "replied_at": at}
    change = Change(
        public_text=reply.text,
        internal_text=remark.strip(),
        detail=detail,
        updates=[decided],
        documents=shown_copies(reply, at=at),
    )
    return move(kind=kind_of(case.kind), case=case, name="approve", change=change, actor=actor, at=at)


def send_back(*, case: Case, remark: str, actor: Actor, at: datetime) -> Moved:
    """Return the answer to the unit, saying what it lacks."""
    if not remark.strip():
        raise RefusedError("remark", _("写上答复缺什么，单位才好改。"))
    reply = _under_review(case, actor)
    decided = _decided(reply, approved=False, actor=actor, at=at, remark=remark)
    request = request_of(case)
    change = Change(internal_text=remark.strip(), detail={"redos": request.redos + 1}, updates=[decided])
    return move(kind=kind_of(case.kind), case=case, name="redo", change=change, actor=actor, at=at)


def _under_review(case: Case, actor: Actor) -> Reply:
    reply = pending_reply(case.pk)
    bar = against_review(reply, actor)
    if bar or reply is None:
        raise RefusedError("remark", bar)
    return reply


def _decided(reply: Reply, *, approved: bool, actor: Actor, at: datetime, remark: str) -> Update:
    columns = {
        "approved": approved,
        "reviewed_by": actor.user_id,
        "reviewed_at": at,
        "remark": remark.strip()[:300],
    }
    return Update("reviewed", Reply, columns, {"id": reply.pk}, returning=(), after="case")


def record_attempt(*, case: Case, remark: str, actor: Actor, at: datetime) -> Moved:
    """Note a callback that did not reach the resident; tries count only at different hours."""
    earlier = list(case.calls.filter(purpose=CallAttempt.Purpose.CALLBACK).values_list("made_at", flat=True))
    if not rules.attempt_is_new_hour(earlier, at):
        raise RefusedError("remark", _("一小时内打过了，换个时间再打。"))
    change = Change(internal_text=remark.strip(), rows=[_callback(actor, at, reached=False, remark=remark)])
    return move(kind=kind_of(case.kind), case=case, name="call_attempt", change=change, actor=actor, at=at)


def close_after_call(
    *,
    case: Case,
    solved: str,
    satisfaction: int,
    was_contacted: bool,
    remark: str,
    actor: Actor,
    at: datetime,
) -> Moved:
    """Write down what the resident said on the phone: solved or partly closes, not solved goes back to the unit."""
    if solved not in ServiceRequest.Solved.values:
        raise RefusedError("solved", _("选一下：解决了、部分解决、没有解决。"))
    if satisfaction not in SATISFACTION:
        raise RefusedError("satisfaction", _("选一下满意程度。"))
    if solved == ServiceRequest.Solved.NO and not remark.strip():
        raise RefusedError("remark", _("写上居民说哪里没有解决，单位要照着重办。"))
    call = _callback(
        actor,
        at,
        reached=True,
        remark=remark,
        solved=solved,
        satisfaction=satisfaction,
        was_contacted=was_contacted,
    )
    return _settle(case, solved, satisfaction, remark, actor, at, call=call, as_party=None)


def close_unreached(*, case: Case, actor: Actor, at: datetime) -> Moved:
    """Close after three calls at different hours that nobody answered."""
    calls = case.calls.filter(purpose=CallAttempt.Purpose.CALLBACK, reached=False)
    # After a redo there is a new answer to ask about; calls about the earlier one do not count.
    tries = calls.filter(made_at__gte=F("case__request__replied_at")).count()
    if tries < rules.CALL_ATTEMPTS:
        raise RefusedError("remark", _("要在不同时间打满 %(n)s 次。") % {"n": rules.CALL_ATTEMPTS})
    change = Change(detail={"outcome": ServiceRequest.Outcome.UNREACHED})
    return move(kind=kind_of(case.kind), case=case, name="close_unreached", change=change, actor=actor, at=at)


def rate(
    *, case: Case, solved: str, satisfaction: int | None, comment: str, as_party: int, actor: Actor, at: datetime
) -> Moved:
    """Let the resident say whether it helped: solved closes the case, not solved sends it back to the unit."""
    if solved not in ServiceRequest.Solved.values:
        raise RefusedError("solved", _("选一下：解决了、部分解决，还是没有。"))
    if satisfaction is not None and satisfaction not in SATISFACTION:
        raise RefusedError("satisfaction", _("选一下满意程度。"))
    if solved == ServiceRequest.Solved.NO and not comment.strip():
        raise RefusedError("comment", _("写一句哪里没有解决，单位会照着重办。"))
    return _settle(case, solved, satisfaction, comment, actor, at, call=None, as_party=as_party)


def _settle(
    case: Case,
    solved: str,
    satisfaction: int | None,
    words: str,
    actor: Actor,
    at: datetime,
    *,
    call: Insert | None,
    as_party: int | None,
) -> Moved:
    """Close or send back, by what the resident said; a case is sent back for redoing as often as it is not solved."""
    again = solved == ServiceRequest.Solved.NO
    detail: dict[str, object] = {"outcome": _OUTCOMES[solved], "satisfaction": satisfaction}
    if again:
        detail["redos"] = request_of(case).redos + 1
    if as_party is not None:
        name = "rate_unsolved" if again else "rate_solved"
    else:
        name = "callback_redo" if again else "close"
    change = Change(public_text=words.strip(), detail=detail, rows=[call] if call else [])
    return move(kind=kind_of(case.kind), case=case, name=name, change=change, actor=actor, at=at, as_party=as_party)


_OUTCOMES: dict[str, ServiceRequest.Outcome] = {
    ServiceRequest.Solved.YES: ServiceRequest.Outcome.SOLVED,
    ServiceRequest.Solved.PARTLY: ServiceRequest.Outcome.PARTLY,
    ServiceRequest.Solved.NO: ServiceRequest.Outcome.UNSOLVED,
}


def _callback(
    actor: Actor,
    at: datetime,
    *,
    reached: bool,
    remark: str,
    solved: str = "",
    satisfaction: int | None = None,
    was_contacted: bool | None = None,
) -> Insert:
    row = {
        "case": Ref("case"),
        "purpose": CallAttempt.Purpose.CALLBACK,
        "reached": reached,
        "solved": solved,
        "satisfaction": satisfaction,
        "was_contacted": was_contacted,
        "remark": remark.strip()[:300],
        "made_by": actor.user_id,
        "made_at": at,
    }
    return Insert("call", CallAttempt, [row], returning=())
