"""A call at the desk: taken in and decided in one go, and the unfinished form kept meanwhile."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import IntegrityError, transaction

from gongjian.casework.actions import Opened
from gongjian.casework.models import Case
from gongjian.domains.hotline.actions import intake
from gongjian.domains.hotline.actions.intake import Report
from gongjian.domains.hotline.models import IntakeDraft, RejectReason
from gongjian.domains.hotline.queries import intake_case
from gongjian.identity.actor import Actor


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


class AlreadyTakenError(Exception):
    """The form has become a case before; `number` is its number."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


def take_call(*, report: Report, decision: Decision, actor: Actor, at: datetime) -> Opened:
    """Register a call and decide on it, both or neither: to dispatch, answered on the spot, or refused.

    `report.external_number` is the token of the form: of two presses one makes the case.
    Errors: `AlreadyTakenError`, those of `intake` and of `casework.move`.
    """
    try:
        with transaction.atomic():
            opened, case = intake.register_case(report=report, actor=actor, at=at)
            _decide(case, decision, actor, at)
    except IntegrityError as error:
        number = intake_case(report.external_number or "")
        if not number:
            raise
        raise AlreadyTakenError(number) from error
    return opened


def _decide(case: Case, decision: Decision, actor: Actor, at: datetime) -> None:
    if decision.outcome is Outcome.ANSWER:
        intake.answer_on_the_spot(case=case, text=decision.answer, source=decision.source, actor=actor, at=at)
    elif decision.outcome is Outcome.REJECT:
        intake.reject(case=case, reason=decision.reason, text="", actor=actor, at=at)
    else:
        intake.accept(case=case, remark=decision.remark, actor=actor, at=at)


def keep_intake(*, form: str, actor: Actor, at: datetime) -> None:
    """Keep a call-taker's form, sealed, in place of what was kept before: one statement."""
    if actor.user_id is None:
        raise ValueError("only somebody signed in has a desk")
    IntakeDraft.objects.bulk_create(
        [IntakeDraft(user_id=actor.user_id, form=form, saved_at=at)],
        update_conflicts=True,
        unique_fields=["user"],
        update_fields=["form", "saved_at"],
    )


def drop_intake(*, actor: Actor) -> None:
    """Throw the unfinished form away."""
    IntakeDraft.objects.filter(user=actor.user_id).delete()
