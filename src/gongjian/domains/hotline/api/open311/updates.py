"""Updates of requests, an extension that FixMyStreet brought: what happened, and what a program adds."""

import secrets
from http import HTTPStatus
from typing import Final

from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gongjian.casework.kinds import kind_of
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.access import ProgramRight
from gongjian.domains.hotline.actions.applicant import LONGEST
from gongjian.domains.hotline.actions.open311 import TRIAL_PREFIX, Addition, take_update
from gongjian.domains.hotline.api.open311.door import Ask, Refusal, door
from gongjian.domains.hotline.api.open311.letter import external_id_of, media_url_of
from gongjian.domains.hotline.api.open311.listing import next_page, number_of, wanted_updates
from gongjian.domains.hotline.api.open311.reports import EXTENDED, WORKING
from gongjian.domains.hotline.api.open311.wire import Tree, answer, w3
from gongjian.domains.hotline.queries.open311 import Update, Wanted, is_open, shown_updates, trials
from gongjian.identity.rights import require
from gongjian.listing import listed

_COLON: Final = ("：", ": ")
STATUSES: Final = frozenset(EXTENDED.values()) | {
    WORKING, "FIXED", "DUPLICATE", "NOT_COUNCILS_RESPONSIBILITY", "INTERNAL_REFERRAL", "REOPEN",
}  # fmt: skip


@door("GET", "POST")
def updates(ask: Ask) -> HttpResponse:
    """List what happened, or take what a program adds."""
    return _add(ask) if ask.request.method == "POST" else _list(ask)


def _list(ask: Ask) -> HttpResponse:
    wanted = wanted_updates(ask)
    found = [] if ask.trial else shown_updates(wanted, actor=ask.actor, at=ask.at)
    shown = found[: wanted.size]
    words = _words(get_language() or "")
    extended = ask.params.truth("extensions")
    rows = [_update(update, words, extended=extended) for update in shown]
    response = answer("service_request_updates", rows, ask.form)
    if len(found) > wanted.size:
        response["Link"] = next_page(ask, shown[-1].at, shown[-1].id)
    return response


def _update(update: Update, words: dict[str, str], *, extended: bool) -> Tree:
    plain = "OPEN" if is_open(update.kind, update.after) else "CLOSED"
    past = words.get(update.move) or str(kind_of(update.kind).move_of[update.move].past)
    return {
        "update_id": str(update.id),
        "service_request_id": update.number,
        "status": EXTENDED.get(update.after, WORKING) if extended else plain,
        "updated_datetime": w3(update.at),
        "description": _COLON[get_language() == "en"].join(part for part in (past, update.words) if part),
        "media_url": update.media_url,
    }


def _words(_language: str) -> dict[str, str]:
    """Return how strangers read of moves whose words in the table speak to the resident."""
    return {
        "ask_citizen": _("请反映人补充"),
        "supplement": _("反映人补充了"),
        "add": _("反映人补充了情况"),
        "urge": _("反映人催办"),
        "contact": _("联系了反映人"),
        "rate_solved": _("反映人说解决了"),
        "rate_unsolved": _("反映人说没有解决，重办"),
        "reopen": _("反映人要求复核"),
        "ask_again": _("反映人对答复还有疑问"),
        "cancel": _("反映人撤销了"),
    }


def _add(ask: Ask) -> HttpResponse:
    require(ask.actor, ProgramRight.OPEN311_REPORT)
    addition = _addition(ask)
    if ask.trial:
        event, fresh = _try(ask, addition), True
    else:
        found, fresh = take_update(addition=addition, actor=ask.actor, at=ask.at)
        event = str(found)
    row: Tree = {"update_id": event}
    return answer("service_request_updates", [row], ask.form, status=HTTPStatus.CREATED if fresh else HTTPStatus.OK)


def _try(ask: Ask, addition: Addition) -> str:
    """Answer as if the words were added; the test address keeps none."""
    if not trials(Wanted(numbers=(addition.number,), size=1), actor=ask.actor, at=ask.at):
        raise LookupError(addition.number)
    return TRIAL_PREFIX + secrets.token_hex(5).upper()


def _addition(ask: Ask) -> Addition:
    wrong: list[str] = []
    given = ask.params.text("service_request_id")
    text = ask.params.text("description")
    status = rules.fold(ask.params.text("status")).upper()
    if not given:
        wrong.append("service_request_id: " + _("缺少件号。"))
    if not text and not status:
        wrong.append("description: " + _("写几句，或发一个 status。"))
    if len(text) > LONGEST:
        wrong.append("description: " + _("最多 2000 字。"))
    if status and status not in STATUSES:
        wrong.append("status: " + _("只能是其中一个：%s。") % listed(sorted(STATUSES)))
    addition = Addition(
        number=number_of(given),
        text=text,
        status=status,
        update_id=external_id_of(ask, "update_id", wrong),
        media_url=media_url_of(ask, wrong),
    )
    if wrong:
        raise Refusal(HTTPStatus.BAD_REQUEST, *wrong)
    return addition
