"""Another program speaks for a resident, or for its department: reports, updates, and reports to the test address."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from gongjian.casework.errors import IllegalMoveError, RefusedError, StaleCaseError
from gongjian.casework.models import Case
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.access import HotlineRight, ProgramRight, visible_to
from gongjian.domains.hotline.actions import applicant, handling
from gongjian.domains.hotline.actions.answers import checked_answers
from gongjian.domains.hotline.actions.intake import LONGEST, Report, Reporter, register_request
from gongjian.domains.hotline.models import ProgramReport, ProgramUpdate, TrialReport
from gongjian.domains.hotline.queries import party_of
from gongjian.domains.hotline.queries.open311 import (
    CHANNEL,
    TRIAL_LIFE,
    Sent,
    Service,
    case_to_update,
    event_of_update,
    is_public,
    sent_before,
    tried_before,
)
from gongjian.identity.actor import Actor
from gongjian.identity.rights import Forbidden, require, require_user
from gongjian.parties.actions import contact_row
from gongjian.sealing.masking import HIDDEN, hide_contacts

KIND: Final = "complaint"
TOKEN_BYTES: Final = 16
TRIAL_PREFIX: Final = "TEST-"
REOPENS: Final = frozenset({"OPEN", "REOPEN"})
TRIES: Final = 2
NOBODY: Final = Reporter()
_LATIN: Final = "[0-9A-Za-z\u00c0-\u024f]"
_SHORTEST: Final = 2  # a single sign is no name to look for


@dataclass(frozen=True, slots=True)
class Message:
    """A report as a program sends it, its shape already checked; degrees are WGS-84."""

    service: Service
    description: str
    language: str
    reporter: Reporter = NOBODY
    names: tuple[str, ...] = ()  # given and family name as sent
    lon: float | None = None
    lat: float | None = None
    address: str = ""
    address_id: str = ""
    community_id: int | None = None
    media_url: str = ""
    answers: Mapping[str, tuple[str, ...]] | None = None
    external_id: str | None = None
    documents: Sequence[int] = ()


def take_report(*, message: Message, actor: Actor, at: datetime) -> tuple[Sent, bool]:
    """Open a case from a program's report; return its number and token, and whether it is new.

    The same number of the program opens one case, however often and from wherever it is sent at once.
    Errors: `Forbidden`, `RefusedError` naming the field, `InvalidPhone`, `InvalidEmail`.
    """
    require(actor, ProgramRight.OPEN311_REPORT)
    checked_answers(message.service.questions, message.answers or {})
    known = known_report(message=message, actor=actor)
    if known is not None:
        return known, False
    try:
        return _register(message, actor, at), True
    except IntegrityError:
        known = known_report(
            message=message, actor=actor
        )  # another request of the program with the same number was quicker
        if known is None:
            raise
        return known, False


def known_report(*, message: Message, actor: Actor) -> Sent | None:
    """Return what an earlier report of the program under the same number has become."""
    if message.external_id is None:
        return None
    return sent_before(program=actor.username, external_id=message.external_id)


@transaction.atomic
def _register(message: Message, actor: Actor, at: datetime) -> Sent:
    topic, token = message.service.topic, secrets.token_hex(TOKEN_BYTES)
    report = Report(
        kind=KIND,
        description=message.description.strip() or topic.name_zh,
        topic_id=topic.id,
        channel=CHANNEL,
        language=message.language,
        address=message.address,
        lon=message.lon,
        lat=message.lat,
        community_id=message.community_id,
        reporter=message.reporter,
        documents=message.documents,
        external_number=message.external_id,
        source_program=actor.username,
        answers=message.answers or {},
    )
    opened = register_request(report=report, actor=actor, at=at)
    ProgramReport.objects.create(
        case_id=opened.id,
        program_id=require_user(actor),
        words=in_public(message, message.description),
        place=in_public(message, rules.tidy(message.address))[:120],
        media_url=message.media_url,
        address_id=message.address_id,
        token=token,
    )
    return Sent(opened.number, token, topic.id, opened.due_at)


def try_report(*, message: Message, actor: Actor, at: datetime) -> tuple[Sent, bool]:
    """Check a report as `take_report` does and keep it for the test address only; nobody acts upon it.

    Contact data is checked and thrown away.
    """
    require(actor, ProgramRight.OPEN311_REPORT)
    checked_answers(message.service.questions, message.answers or {})
    if len(message.description) > LONGEST:
        raise RefusedError("description", _("写得太长了，最多 4000 字。先写要点，其余的可以拍照附上。"))
    who, program = message.reporter, require_user(actor)
    contact_row(name=who.name, phone=who.phone, email=who.email, language=message.language, at=at)
    if message.external_id is not None:
        known = tried_before(program_id=program, external_id=message.external_id)
        if known is not None:
            return known, False
    row = TrialReport.objects.create(
        number=TRIAL_PREFIX + secrets.token_hex(5).upper(),
        program_id=program,
        topic_id=message.service.topic.id,
        words=in_public(message, message.description),
        address=in_public(message, rules.tidy(message.address))[:120],
        address_id=message.address_id,
        lon=message.lon,
        lat=message.lat,
        media_url=message.media_url,
        token=secrets.token_hex(TOKEN_BYTES),
        external_id=message.external_id,
        sent_at=at,
    )
    return Sent(row.number, row.token, row.topic_id, None), True


def forget_trials(*, at: datetime) -> int:
    """Delete what came to the test address more than three days ago; return how many reports."""
    gone, _rows = TrialReport.objects.filter(sent_at__lt=at - TRIAL_LIFE).delete()
    return gone


def in_public(message: Message, text: str) -> str:
    """Return words as anybody may read them: without numbers, addresses of mail, and what was sent as contact.

    A name is looked for as it was sent and in both orders, Latin ones as whole words.
    """
    who = message.reporter
    first, last = (*message.names, "", "")[:2]
    names = {first + last, last + first, f"{first} {last}".strip(), f"{last} {first}".strip(), first, last, who.name}
    for secret in sorted({*names, who.phone.strip(), who.email.strip()}, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = _whole(secret).sub(HIDDEN, text)
    return hide_contacts(text)


def _whole(secret: str) -> re.Pattern[str]:
    begins = f"(?<!{_LATIN})" if secret[0].isascii() else ""
    ends = f"(?!{_LATIN})" if secret[-1].isascii() else ""
    return re.compile(begins + re.escape(secret) + ends, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Addition:
    """What a program adds to a case; `status` as it sent it."""

    number: str
    text: str
    status: str = ""
    update_id: str | None = None
    media_url: str = ""


def take_update(*, addition: Addition, actor: Actor, at: datetime) -> tuple[int, bool]:
    """Add a program's words to a case; return the id of the event, and whether it is new.

    The program that reported the case speaks for the resident: the words are public between both. A program whose unit
    holds the case leaves an internal remark. No status closes a case of ours; OPEN or REOPEN on a closed one asks for a
    review. Errors: `Forbidden`, `RefusedError`, `LookupError` for a case that this program cannot know of.
    """
    require(actor, ProgramRight.OPEN311_REPORT)
    program = require_user(actor)
    known = _event_before(addition, program)
    if known is not None:
        return known, False
    try:
        return _added(addition, actor, program, at), True
    except IntegrityError:
        known = _event_before(addition, program)
        if known is None:
            raise
        return known, False


def _event_before(addition: Addition, program: int) -> int | None:
    if addition.update_id is None:
        return None
    return event_of_update(program_id=program, update_id=addition.update_id)


def _added(addition: Addition, actor: Actor, program: int, at: datetime) -> int:
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                event = _say(addition, actor, at)
                ProgramUpdate.objects.create(
                    event_id=event,
                    program_id=program,
                    update_id=addition.update_id,
                    media_url=addition.media_url,
                )
                return event
        except StaleCaseError:
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _say(addition: Addition, actor: Actor, at: datetime) -> int:
    case = case_to_update(addition.number)
    if case is None:
        raise LookupError(addition.number)
    text = _words(addition)
    sent = getattr(case, "program_report", None)
    if sent is not None and sent.program_id == actor.user_id:
        return _as_resident(case, text, addition.status, actor, at)
    if actor.can(HotlineRight.CASE_HANDLE) and visible_to(actor).filter(pk=case.pk).exists():
        try:
            return handling.note(case=case, text=text, actor=actor, at=at).event_id
        except IllegalMoveError as error:
            raise _closed() from error
    if is_public(case, at=at):
        raise Forbidden(ProgramRight.OPEN311_REPORT)
    raise LookupError(addition.number)


def _as_resident(case: Case, text: str, status: str, actor: Actor, at: datetime) -> int:
    party = party_of(case.pk)
    if party is None:
        raise LookupError(case.number)
    act = applicant.ask_again if case.closed_at and status in REOPENS else applicant.add
    try:
        return act(case=case, text=text, as_party=party.pk, actor=actor, at=at).event_id
    except IllegalMoveError as error:
        raise _closed() from error


def _closed() -> RefusedError:
    return RefusedError("status", _("这一件已经办结，不能再补充。要求复核，请发 status=REOPEN 并写明新情况。"))


def _words(addition: Addition) -> str:
    """Return what is kept of an update: its words, its link, and a status that does nothing here."""
    lines = [addition.text.strip()]
    if addition.media_url:
        lines.append(_("附件链接：%s") % addition.media_url)
    if addition.status and addition.status not in REOPENS:
        lines.append(_("对方程序里的状态：%s") % addition.status)
    return "\n".join(line for line in lines if line)
