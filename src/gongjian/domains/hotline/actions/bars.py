"""What stands against an act whatever is typed into it: pages ask before they offer it, the act asks again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from gongjian.casework.models import Case, CaseClock
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.models import Extension, Reply, ServiceRequest
from gongjian.identity.actor import Actor
from gongjian.workdays.rules import is_over

ANSWER_CLOCKS: Final = ("answer", "redo")


def answer_clock(clocks: Iterable[CaseClock]) -> CaseClock | None:
    """Return the running clock of the answer out of a case's clocks, oldest first."""
    running = [clock for clock in clocks if clock.name in ANSWER_CLOCKS and clock.stopped_at is None]
    return running[-1] if running else None


def against_waiting(request: ServiceRequest, *, contacted: bool) -> str:
    """Return why the clock may not stop for the resident; nothing where it may."""
    if request.waits >= rules.MOST_WAITS:
        return _("已经等过居民一次，不能再停计时。")
    return "" if contacted else _("先记一次打通的联系，才能停计时。")


def against_extension(request: ServiceRequest, clock: CaseClock | None, at: datetime) -> str:
    """Return why more time may not be asked for."""
    if request.extensions >= rules.MOST_EXTENSIONS:
        return _("已经延过两次，不能再延。")
    return _("期限已经过了，不能再申请延期。") if clock is None or is_over(clock.due_at, at) else ""


def against_decision(pending: Extension | None, clock: CaseClock | None) -> str:
    """Return why there is nothing to decide."""
    return _("没有等着批的延期。") if pending is None or clock is None else ""


def against_recall(move: str, actor_id: int | None, actor: Actor) -> str:
    """Return why this person may not take a case back from its unit; `move` and `actor_id` are of the last step."""
    own = move == "dispatch" and actor_id is not None and actor_id == actor.user_id
    return "" if own else _("只能收回自己刚派出、单位还没签收的件。")


def against_return(case: Case) -> str:
    """Return why a case may not go back to the dispatcher."""
    return "" if case.urgency == Case.Urgency.ORDINARY else _("紧急的件不能退回，先办，再提出异议。")


def against_review(reply: Reply | None, actor: Actor) -> str:
    """Return why this person may not review the answer."""
    if reply is None:
        return _("没有等着审核的答复。")
    return _("自己写的答复要由别人审核。") if reply.written_by_id == actor.user_id else ""
