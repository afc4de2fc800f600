"""A matter comes in: from a phone, a call-taker or a program."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from gongjian.casework.actions import Change, Moved, NewCase, NewParty, Opened, move, open_case
from gongjian.casework.errors import RefusedError
from gongjian.casework.kinds import CaseKind, kind_of
from gongjian.casework.models import Case, CaseParty
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions.answers import Checked, checked_answers, keep_answers
from gongjian.domains.hotline.actions.restricting import check_web_report
from gongjian.domains.hotline.models import RejectReason, ServiceRequest
from gongjian.domains.hotline.queries import catalogue
from gongjian.domains.hotline.queries.open311 import questions_of
from gongjian.domains.hotline.queries.restrictions import index_of
from gongjian.httpapi.limits import allow
from gongjian.identity.actor import Actor
from gongjian.identity.models import User
from gongjian.identity.rights import require
from gongjian.parties.actions import contact_row
from gongjian.places.queries import locate
from gongjian.places.rules import is_point
from gongjian.sealing.masking import hide_contacts

LONGEST = 4_000
UNCONFIRMED_A_DAY: Final = 10  # matters that are told to one address nobody has confirmed
ADDRESS: Final = {"sms": "phone", "email": "email"}


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who asks; all empty for an anonymous report."""

    name: str = ""
    phone: str = ""
    email: str = ""
    consent_contact: bool = False  # the handling unit may call
    notify: bool = True
    person_id: int | None = None

    @property
    def anonymous(self) -> bool:
        return not (self.name.strip() or self.phone.strip() or self.email.strip() or self.person_id)


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody tells the hotline; degrees are WGS-84."""

    kind: str  # enquiry, complaint, suggestion, help
    description: str
    topic_id: int | None
    channel: str
    language: str
    title: str = ""
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    community_id: int | None = None
    urgent: bool = False
    emergency: str = ""  # 110, 119 or 120: the service a call was put through to
    confidential: bool = False
    wants_reply: bool = True
    reporter: Reporter = Reporter()
    on_behalf_of: Reporter | None = None
    documents: Sequence[int] = ()
    external_number: str | None = None
    source_program: str = ""
    answers: Mapping[str, Sequence[str]] | None = None  # by code of the topic's questions; None where nobody was asked
    insists: bool = True  # on the answers that a topic requires: not where the matter ends with the call


def register_request(*, report: Report, actor: Actor, at: datetime) -> Opened:
    """Open a hotline case from a report and return its number and receipt code: one statement.

    Words that call for 110, 119 or 120 make the case an emergency. The place is resolved in memory.
    Errors: `RefusedError` naming the field, `InvalidPhone`, `InvalidEmail`.
    """
    return register_case(report=report, actor=actor, at=at)[0]


def register_case(*, report: Report, actor: Actor, at: datetime) -> tuple[Opened, Case]:
    """Open a case as `register_request` does and also return it as it now stands, without reading it back.

    The next move of the same call needs it. Errors: as `register_request`.
    """
    description = _description(report)
    known = catalogue(at)
    if report.topic_id is not None:
        topic = known.for_new(report.topic_id)
        if topic is None:
            raise RefusedError("topic", _("没有这个类别，请从列表里选。"))
        report = replace(report, topic_id=topic.id)  # a form from before a merge follows it
    emergency = report.emergency or rules.emergency_service(f"{report.title} {description}", known.emergency)
    if report.channel == "web" and report.reporter.phone.strip():
        check_web_report(index=index_of(report.reporter.phone), emergency=emergency, at=at)
    address = rules.tidy(report.address)
    new = _new_case(report, description, address, emergency, at)
    detail = {
        "description": description,
        "address": address[:120],
        "lon": report.lon,
        "lat": report.lat,
        "wants_reply": report.wants_reply,
        "emergency": emergency,
        "dispatch_reason": "",
        "external_number": report.external_number,
        "source_program": report.source_program,
    }
    known_phone = owns_phone(actor, report.reporter.phone)
    parties = [_party(report.reporter, CaseParty.Role.REQUESTER, report.language, at, phone_known=known_phone)]
    if report.on_behalf_of is not None:
        parties.append(_party(report.on_behalf_of, CaseParty.Role.BENEFICIARY, report.language, at))
    kind = kind_of(f"hotline.{report.kind}")
    answers = _answers(report, at)
    with transaction.atomic() if answers else nullcontext():
        opened = open_case(kind=kind, new=new, detail=detail, parties=parties, actor=actor, at=at)
        if answers:
            keep_answers(opened.id, answers)
    return opened, _as_opened(kind, new, opened, at)


def _answers(report: Report, at: datetime) -> Checked:
    """Return the answers to what the topic asks; an emergency waits for none of them."""
    if report.answers is None:
        return []
    asked = questions_of(report.topic_id, at)
    if report.emergency or not report.insists:
        asked = tuple(replace(one, required=False) for one in asked)
    return checked_answers(asked, report.answers)


def _new_case(report: Report, description: str, address: str, emergency: str, at: datetime) -> NewCase:
    urgency = Case.Urgency.EMERGENCY if emergency else Case.Urgency.URGENT if report.urgent else Case.Urgency.ORDINARY
    community_id, cell = report.community_id, ""
    if report.lon is not None and report.lat is not None:
        place = locate(report.lon, report.lat)
        community_id, cell = community_id or place.community_id, place.cell
    topic = catalogue(at).topics.get(report.topic_id) if report.topic_id is not None else None
    return NewCase(
        title=hide_contacts(rules.tidy(report.title) or rules.title_of(description))[:80],
        topic_id=report.topic_id,
        channel=report.channel,
        urgency=urgency,
        community_id=community_id,
        cell=cell,
        confidentiality=Case.Confidentiality.CONFIDENTIAL if report.confidential else Case.Confidentiality.OPEN,
        search=[description, address, topic.name_zh if topic else ""],
        documents=report.documents,
    )


def _as_opened(kind: CaseKind, new: NewCase, opened: Opened, at: datetime) -> Case:
    return Case(
        id=opened.id,
        number=opened.number,
        kind=kind.key,
        topic_id=new.topic_id,
        state=kind.move_of[kind.opening].target,
        urgency=new.urgency,
        title=new.title,
        channel=new.channel,
        community_id=new.community_id,
        cell=new.cell,
        holder_unit_id=new.holder_unit_id,
        confidentiality=new.confidentiality,
        restricted=opened.restricted,
        opened_at=at,
        due_at=opened.due_at,
        version=1,
    )


def _description(report: Report) -> str:
    description = rules.tidy(report.description)
    if not description:
        raise RefusedError("description", _("还没写是什么事。写一两句就行。"))
    if len(description) > LONGEST:
        raise RefusedError("description", _("写得太长了，最多 4000 字。先写要点，其余的可以拍照附上。"))
    if (report.lon is None) != (report.lat is None):
        raise RefusedError("place", _("位置少了经度或纬度，请重新选一次地点。"))
    if report.lon is not None and report.lat is not None and not is_point(report.lon, report.lat):
        raise RefusedError("place", _("这不是地图上的一点。核对经纬度（WGS-84）；不知道就两项都不写。"))
    return description


def owns_phone(actor: Actor, phone: str) -> bool:
    """Whether the phone is known to be the reporter's: of a call, or of the account somebody signed in to with it.

    Everybody else may write down anybody's number.
    """
    if actor.kind == "staff":
        return True
    if actor.kind != "resident" or actor.user_id is None or not phone.strip():
        return False
    return User.objects.filter(pk=actor.user_id, phone_index=index_of(phone)).exists()


def _party(reporter: Reporter, role: str, language: str, at: datetime, *, phone_known: bool = False) -> NewParty:
    anonymous = reporter.anonymous
    reachable = bool(reporter.phone.strip() or reporter.email.strip())
    contact = (
        contact_row(
            name=reporter.name,
            phone=reporter.phone,
            email=reporter.email,
            language=language,
            at=at,
            phone_known=phone_known,
        )
        if reachable or reporter.name.strip()
        else None
    )
    return NewParty(
        role=role,
        contact=contact,
        anonymous=anonymous,
        consent_contact=reporter.consent_contact and reachable,
        notify=reporter.notify and reachable and may_be_told(contact, at),
        language=language,
        person_id=reporter.person_id,
    )


def may_be_told(contact: Mapping[str, Any] | None, at: datetime) -> bool:
    """Whether one more matter may be told to this address: to one nobody has confirmed only so many a day.

    The matter is taken all the same: whoever reports has the number and the receipt code.
    """
    if contact is None or contact["confirmed_at"] is not None:
        return True
    address = contact.get(ADDRESS.get(contact["notify_by"], ""), "")
    return not address or allow("unconfirmed", address.casefold(), UNCONFIRMED_A_DAY, at, window=timedelta(days=1))


def is_told(case_id: int) -> bool:
    """Whether whoever asked is sent notices of a case: not where an address has had its share of the day."""
    return CaseParty.objects.filter(case=case_id, role=CaseParty.Role.REQUESTER, notify=True).exists()


def accept(*, case: Case, actor: Actor, at: datetime, remark: str = "") -> Moved:
    """Accept a report for dispatch."""
    change = Change(internal_text=remark.strip())
    return move(kind=kind_of(case.kind), case=case, name="accept", change=change, actor=actor, at=at)


def answer_on_the_spot(*, case: Case, text: str, source: str, actor: Actor, at: datetime) -> Moved:
    """Answer and close at once; the source says where the answer stands, so that anybody can check it."""
    text, source = text.strip(), source.strip()
    if not text:
        raise RefusedError("text", _("写上答复，居民会看到这段话。"))
    if not source:
        raise RefusedError("source", _("写上依据：文件名、条款或网页名。"))
    detail = {
        "reply": text,
        "answer_source": source[:200],
        "replied_at": at,
        "outcome": ServiceRequest.Outcome.ANSWERED,
    }
    change = Change(public_text=text, internal_text=source, detail=detail)
    return move(kind=kind_of(case.kind), case=case, name="answer", change=change, actor=actor, at=at)


def reject(*, case: Case, reason: RejectReason | None, text: str, actor: Actor, at: datetime) -> Moved:
    """Refuse a matter for a reason from the closed list, telling the resident the right channel."""
    if reason is None:
        raise RefusedError("reason", _("选一条不予受理的理由。"))
    words = text.strip() or f"{reason.reason_zh} {reason.channel_zh}"
    detail = {"reject_reason": reason.pk, "outcome": ServiceRequest.Outcome.REJECTED, "replied_at": at}
    change = Change(public_text=words, detail=detail)
    return move(kind=kind_of(case.kind), case=case, name="reject", change=change, actor=actor, at=at)


def may_take_in(actor: Actor) -> None:
    """Refuse everybody who may not enter a report on somebody's behalf."""
    require(actor, HotlineRight.CASE_INTAKE)
