"""The department works: signs, contacts the resident, waits, asks for more time, writes the answer."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from gongjian.casework.actions import Change, Moved, move
from gongjian.casework.errors import RefusedError
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case, CaseClock
from gongjian.casework.writer import Insert, Ref, Update
from gongjian.domains.hotline.actions.bars import against_decision, against_extension, against_waiting, answer_clock
from gongjian.domains.hotline.actions.evidence import hand_in
from gongjian.domains.hotline.models import CallAttempt, Extension, Reply, ReplyDraft, ServiceRequest
from gongjian.domains.hotline.queries import pending_extension, request_of
from gongjian.domains.hotline.queries.evidence import gathered
from gongjian.identity.actor import Actor
from gongjian.identity.rights import Forbidden
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import Term, Unit, extend


def sign(*, case: Case, actor: Actor, at: datetime) -> Moved:
    """Sign for a case: the unit has it and the first contact falls due."""
    return move(kind=kind_of(case.kind), case=case, name="sign", change=Change(), actor=actor, at=at)


def start(*, case: Case, actor: Actor, at: datetime) -> Moved:
    """Begin the work; whoever begins is the handler from now on."""
    change = Change(holder_id=actor.user_id)
    return move(kind=kind_of(case.kind), case=case, name="start", change=change, actor=actor, at=at)


def take(*, case: Case, actor: Actor, at: datetime) -> Moved:
    """Become the handler of a case one's unit holds."""
    change = Change(holder_id=actor.user_id, internal_text=actor.name)
    return move(kind=kind_of(case.kind), case=case, name="take", change=change, actor=actor, at=at)


def log_contact(*, case: Case, reached: bool, remark: str, actor: Actor, at: datetime) -> Moved:
    """Note one contact with the resident; the first one that reaches them counts as the response."""
    remark = remark.strip()
    if not remark:
        raise RefusedError("remark", _("写一句联系的结果，比如核对了什么。"))
    change = Change(public_text=remark[:300], rows=[_call(CallAttempt.Purpose.CONTACT, reached, remark, actor, at)])
    return move(kind=kind_of(case.kind), case=case, name="contact", change=change, actor=actor, at=at)


def note(*, case: Case, text: str, actor: Actor, at: datetime, documents: Sequence[int] = ()) -> Moved:
    """Add an internal remark; the resident never sees it."""
    text = text.strip()
    if not text:
        raise RefusedError("text", _("写上意见。"))
    change = Change(internal_text=text, documents=documents, public_documents=False)
    return move(kind=kind_of(case.kind), case=case, name="note", change=change, actor=actor, at=at)


def supervise(*, case: Case, text: str, actor: Actor, at: datetime) -> Moved:
    """Add a supervisor's remark; the holding unit is told."""
    text = text.strip()
    if not text:
        raise RefusedError("text", _("写上督办意见。"))
    change = Change(internal_text=text)
    return move(kind=kind_of(case.kind), case=case, name="desk_note", change=change, actor=actor, at=at)


def ask_citizen(*, case: Case, question: str, actor: Actor, at: datetime) -> Moved:
    """Ask the resident for something and stop the clock; allowed once, and only after a contact that reached them.

    Errors: `RefusedError` without a proof of contact or a second time.
    """
    question = question.strip()
    if not question:
        raise RefusedError("question", _("写清楚要居民补什么，居民会看到这句话。"))
    request = request_of(case)
    contacted = case.calls.filter(purpose=CallAttempt.Purpose.CONTACT, reached=True).exists()
    if bar := against_waiting(request, contacted=contacted):
        raise RefusedError("question", bar)
    change = Change(public_text=question, internal_text=question, detail={"waits": request.waits + 1})
    return move(kind=kind_of(case.kind), case=case, name="ask_citizen", change=change, actor=actor, at=at)


def resume(*, case: Case, actor: Actor, at: datetime, remark: str = "") -> Moved:
    """Go on without waiting longer; the clock runs again with what was left."""
    change = Change(internal_text=remark.strip())
    return move(kind=kind_of(case.kind), case=case, name="resume", change=change, actor=actor, at=at)


def ask_extension(*, case: Case, days: int, reason: str, actor: Actor, at: datetime) -> Moved:
    """Ask for more working days before the term is over: twice at most, the second time of the supervisor.

    Errors: `RefusedError` after the deadline, without a reason, or a third time.
    """
    reason = reason.strip()
    if not reason:
        raise RefusedError("reason", _("写清楚为什么要延期，居民会知道期限改了。"))
    clock, request = _answer_clock(case), request_of(case)
    bar = against_extension(request, clock, at)
    if bar or clock is None or actor.user_id is None:
        raise RefusedError("days", bar)
    longest = longest_extension(clock)
    if not 1 <= days <= longest:
        raise RefusedError("days", _("最多延 %(n)s 个工作日，和原来的期限一样长。") % {"n": longest})
    number = request.extensions + 1
    row = {
        "case": Ref("case"),
        "number": number,
        "amount": days,
        "reason": reason[:300],
        "asked_by": actor.user_id,
        "asked_at": at,
    }
    change = Change(
        internal_text=reason,
        detail={"extensions": number},
        rows=[Insert("extension", Extension, [row], returning=())],
    )
    name = "ask_extension" if number == 1 else "ask_second_extension"
    return move(kind=kind_of(case.kind), case=case, name=name, change=change, actor=actor, at=at)


def decide_extension(*, case: Case, granted: bool, reason: str, actor: Actor, at: datetime) -> Moved:
    """Grant or refuse more time; the resident is told of a new deadline."""
    pending = pending_extension(case.pk)
    clock = _answer_clock(case)
    bar = against_decision(pending, clock)
    if bar or pending is None or clock is None:
        raise RefusedError("extension", bar)
    if not granted and not reason.strip():
        raise RefusedError("reason", _("不同意要写一句为什么。"))
    due = extend(clock.due_at, Term(pending.amount, Unit.WORKING_DAYS), calendar())
    columns = {
        "granted": granted,
        "decided_by": actor.user_id,
        "decided_at": at,
        "new_due_at": due.at if granted else None,
    }
    verb = "grant" if granted else "refuse"
    change = Change(
        public_text=pending.reason if granted else "",
        internal_text=reason.strip(),
        updates=[Update("decided", Extension, columns, {"id": pending.pk}, returning=(), after="case")],
        dues={clock.name: due.at} if granted else {},
    )
    name = f"{verb}_extension" if pending.number == 1 else f"{verb}_second_extension"
    return move(kind=kind_of(case.kind), case=case, name=name, change=change, actor=actor, at=at)


def save_reply_draft(
    *, case: Case, text: str, actor: Actor, at: datetime, draft_id: int | None = None, seen: int | None = None
) -> ReplyDraft:
    """Keep what was typed so far in one window; where another window has written meanwhile, both stay.

    `draft_id` is 0 for a window that has kept nothing yet, None where the newest one is meant; `seen` is its version.
    """
    if actor.user_id is None:
        raise Forbidden("a draft belongs to somebody")
    mine = ReplyDraft.objects.filter(case=case, user=actor.user_id)
    row = (mine.order_by("-saved_at", "-pk") if draft_id is None else mine.filter(pk=draft_id)).first()
    if row is not None and (seen is None or row.version == seen or row.text == text):
        kept = mine.filter(pk=row.pk, version=row.version)
        row.text, row.version, row.saved_at = text, row.version + 1, at
        if kept.update(text=text, version=row.version, saved_at=at):
            return row
    return ReplyDraft.objects.create(case=case, user_id=actor.user_id, text=text, saved_at=at)


def _forget_draft(case: Case, text: str, user_id: int, draft_id: int | None) -> None:
    """Forget the draft an answer was sent from, and copies of its words; what another window holds stays."""
    mine = ReplyDraft.objects.filter(case=case, user=user_id)
    (mine if draft_id is None else mine.filter(Q(pk=draft_id) | Q(text=text))).delete()


@transaction.atomic
def submit_reply(
    *,
    case: Case,
    text: str,
    resolved: str,
    actor: Actor,
    at: datetime,
    documents: Sequence[int] = (),
    draft_id: int | None = None,
) -> Moved:
    """Send the answer to the reviewer; `draft_id` is the draft of its window.

    Errors: `RefusedError` (empty, no contact noted), and those of `move`.
    """
    text = text.strip()
    if not text:
        raise RefusedError("text", _("写上答复，居民会看到这段话。"))
    if resolved not in ServiceRequest.Solved.values:
        raise RefusedError("resolved", _("选一下：解决了、部分解决、没有解决。"))
    if actor.user_id is None or case.holder_unit_id is None:
        raise RefusedError("text", _("这一件没有派给单位。"))
    row = {
        "case": Ref("case"),
        "text": text,
        "resolved": resolved,
        "unit": case.holder_unit_id,
        "written_by": actor.user_id,
        "written_at": at,
    }
    evidence = gathered(case_id=case.pk, user_id=actor.user_id)
    change = Change(
        internal_text=text,
        detail={"resolved": resolved},
        rows=[Insert("reply", Reply, [row], returning=())],
        documents=[*documents, *(one.document_id for one in evidence)],
        public_documents=False,  # until the answer is approved
        holder_id=actor.user_id,
    )
    moved = move(kind=kind_of(case.kind), case=case, name="submit", change=change, actor=actor, at=at)
    hand_in(case=case, evidence=evidence)
    _forget_draft(case, text, actor.user_id, draft_id)
    return moved


def _answer_clock(case: Case) -> CaseClock | None:
    return answer_clock(case.clocks.order_by("pk"))


def longest_extension(clock: CaseClock) -> int:
    """Return the most working days one extension may add: as long as the original term."""
    cal, day, days = calendar(), clock.started_at, 0
    while day < clock.due_at:
        day = extend(day, Term(1, Unit.WORKING_DAYS), cal).at
        days += 1
    return max(days, 1)


def _call(purpose: str, reached: bool, remark: str, actor: Actor, at: datetime) -> Insert:
    row = {
        "case": Ref("case"),
        "purpose": purpose,
        "reached": reached,
        "solved": "",
        "remark": remark[:300],
        "made_by": actor.user_id,
        "made_at": at,
    }
    return Insert("call", CallAttempt, [row], returning=())
