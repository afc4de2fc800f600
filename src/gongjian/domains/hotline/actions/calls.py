"""A call at the desk: taken in and decided in one go, once for each form."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import IntegrityError, transaction

from gongjian.casework.actions import Opened
from gongjian.casework.models import Case
from gongjian.domains.hotline.actions import intake
from gongjian.domains.hotline.actions.drafts import close_intake
from gongjian.domains.hotline.actions.intake import Report
from gongjian.domains.hotline.models import RejectReason
from gongjian.domains.hotline.queries import intake_case
from gongjian.domains.hotline.queries.drafts import intake_draft
from gongjian.identity.actor import Actor
from gongjian.identity.rights import require_user


class Outcome(StrEnum):
    """What becomes of a call at once."""

    ANSWER = "answer"
    REGISTER = "register"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the call-taker decides while the caller is on the line."""

    outcome: Outcome
    answer: str = ""
    source: str = ""
    reason: RejectReason | None = None
    remark: str = ""


class OtherWordsError(Exception):
    """The form's token stands for another call already; what that one became is not told, and this one is not taken."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is read out to the caller."""

    said: str  # as `take_call` was given it
    repeated: bool


def take_call(
    *, report: Report, decision: Decision, words: bytes, say: Callable[[Opened], str], actor: Actor, at: datetime
) -> Taken:
    """Register a call and decide on it, both or neither: to dispatch, answered on the spot, or refused.

    `report.external_number` is the token of the form and `words` the digest of what stands in it: of two presses one
    makes the case and both are told what `say` made of it, which is kept with the form.
    Errors: `OtherWordsError`, those of `intake` and of `casework.move`.
    """
    token = report.external_number or ""
    try:
        with transaction.atomic():
            opened, case = intake.register_case(report=report, actor=actor, at=at)
            _decide(case, decision, actor, at)
            said = say(opened)
            if not close_intake(token=token, said=said, words=words, actor=actor, at=at):
                raise OtherWordsError
    except IntegrityError as error:
        if not intake_case(token):
            raise
        taken = intake_draft(token, require_user(actor))
        if taken is None or taken.sent is None or bytes(taken.sent) != words:
            raise OtherWordsError from error
        return Taken(taken.text, repeated=True)
    return Taken(said, repeated=False)


def _decide(case: Case, decision: Decision, actor: Actor, at: datetime) -> None:
    if decision.outcome is Outcome.ANSWER:
        intake.answer_on_the_spot(case=case, text=decision.answer, source=decision.source, actor=actor, at=at)
    elif decision.outcome is Outcome.REJECT:
        intake.reject(case=case, reason=decision.reason, text="", actor=actor, at=at)
    else:
        intake.accept(case=case, remark=decision.remark, actor=actor, at=at)
