"""Hotline cases in every state, made by the same actions that people use."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final

from gongjian.casework.actions import Change, move
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case, CaseParty
from gongjian.domains.hotline import queries
from gongjian.domains.hotline.actions import applicant, dispatching, handling, intake, replying
from gongjian.domains.hotline.actions.intake import Report, Reporter
from gongjian.identity.actor import ANONYMOUS, SYSTEM, Actor
from gongjian.identity.queries import units
from gongjian.places.queries import communities
from gongjian.sealing.index import blind_index
from gongjian.sealing.tokens import receipt_code
from gongjian.testing.cast import actor, members
from gongjian.testing.clock import MONDAY_MORNING

CALL_TAKER, DISPATCHER, REVIEWER, CALLBACK = "chen.jingyi", "zhou.zhiyuan", "ye.wanqing", "han.xuefei"
REPLY = "刘女士：您好。执法人员昨晚到过现场，工地没有夜间施工许可，已要求 22:00 后停工。再有情况，请打热线。"
TOPIC = "env-site-noise"
# Where each step leads from; `bring_to` follows them backwards.
BEFORE: Final = {
    "received": "",
    "answered": "received",
    "rejected": "received",
    "cancelled": "received",
    "to_dispatch": "received",
    "dispatched": "to_dispatch",
    "returned": "dispatched",
    "signed": "dispatched",
    "in_progress": "signed",
    "waiting_citizen": "in_progress",
    "extension_pending": "in_progress",
    "submitted": "in_progress",
    "redo": "submitted",
    "replied": "submitted",
    "callback": "replied",
    "closed": "callback",
    "reopened": "closed",
    "archived": "closed",
}


def make_report(**over: Any) -> Report:
    """Return what a caller says about a building site at night; `over` replaces any field of Report.

    `topic` may name a topic by its code, `reporter` be a mapping of Reporter's fields.
    """
    facts: dict[str, Any] = {
        "kind": "complaint",
        "description": "永安北一街工地夜里打桩，凌晨一点还在响，孩子睡不着。希望晚上十点后停工。",
        "title": "永安北一街工地夜间施工噪声",
        "channel": "phone",
        "language": "zh-hans",
        "address": "永安北一街 18 号旁",
        "reporter": {"name": "刘晓梅", "phone": "13800006021", "consent_contact": True},
    }
    at = over.pop("at", MONDAY_MORNING)
    topic = over.pop("topic", TOPIC)
    facts |= over
    if isinstance(facts["reporter"], dict):
        facts["reporter"] = Reporter(**facts["reporter"])
    known = queries.catalogue(at).by_code(topic) if topic else None
    facts.setdefault("topic_id", known.id if known else None)
    facts.setdefault("community_id", _community("永安"))
    unknown = set(facts) - {f.name for f in fields(Report)}
    if unknown:
        raise TypeError(f"a report has no {', '.join(sorted(unknown))}")
    return Report(**facts)


def make_request(*, by: str = CALL_TAKER, at: datetime = MONDAY_MORNING, state: str = "received", **over: Any) -> Case:
    """Register a request and bring it to a state; returns the case as the last step left it.

    The steps follow each other by some minutes, beginning at `at`. `by` "" registers it anonymously on the web.
    """
    who = actor(by, at=at) if by else ANONYMOUS
    opened = intake.register_request(report=make_report(at=at, **over), actor=who, at=at)
    return bring_to(again(opened.id), state, at=at)


def again(case: Case | int) -> Case:
    """Return the case as it stands now."""
    return Case.objects.get(pk=case if isinstance(case, int) else case.pk)


def bring_to(case: Case, state: str, *, at: datetime = MONDAY_MORNING) -> Case:
    """Bring a case to a state by the shortest legal way, one step every three minutes from `at` on."""
    way: list[str] = []
    wanted = state
    while wanted != case.state:
        if not wanted:
            raise LookupError(f"no way from {case.state} to {state}")
        way.append(wanted)
        wanted = BEFORE[wanted]
    for step in reversed(way):
        at += timedelta(minutes=3)
        STEPS[step](case, at)
        case = again(case)
    return case


def party_of(case: Case) -> int:
    """Return the id of the party who asked, as a page gets it from a proof."""
    return CaseParty.objects.get(case=case, role=CaseParty.Role.REQUESTER).pk


def code_of(case: Case) -> str:
    """Give the one who asked a new receipt code and return it: what a case was opened with is kept nowhere."""
    code = receipt_code()
    CaseParty.objects.filter(pk=party_of(case)).update(receipt_index=blind_index(code, "receipt"))
    return code


def handler_of(case: Case, at: datetime, role: str = "handler") -> Actor:
    """Return somebody of the cast with this role in the unit that holds the case."""
    unit = units().by_id[case.holder_unit_id or 0]
    return actor(members(role=role, unit=unit.code)[0].username, at=at)


def _community(name: str) -> int | None:
    return next((c.id for c in communities() if c.name_zh.startswith(name)), None)


def _answer(case: Case, at: datetime) -> None:
    intake.answer_on_the_spot(
        case=case, text="可以，带身份证到街道办窗口。", source="办事指南", actor=actor(CALL_TAKER, at=at), at=at
    )


def _reject(case: Case, at: datetime) -> None:
    reason = next(r for r in queries.catalogue(at).reasons if r.code == "court")
    intake.reject(case=case, reason=reason, text="", actor=actor(CALL_TAKER, at=at), at=at)


def _cancel(case: Case, at: datetime) -> None:
    applicant.cancel(case=case, reason="已经解决了。", as_party=party_of(case), actor=ANONYMOUS, at=at)


def _accept(case: Case, at: datetime) -> None:
    intake.accept(case=case, actor=actor(CALL_TAKER, at=at), at=at)


def _dispatch(case: Case, at: datetime) -> None:
    proposal = dispatching.propose(case, at)
    unit_id = proposal.unit_id or units().by_code["hbj"].id
    dispatching.dispatch(
        case=case,
        unit_id=unit_id,
        assist_ids=proposal.assist_ids,
        reason="" if proposal.unit_id else "按职责由该单位办理。",
        actor=actor(DISPATCHER, at=at),
        at=at,
    )


def _return(case: Case, at: datetime) -> None:
    dispatching.return_case(
        case=case,
        reason="not_ours",
        basis="三定规定：该事项不属于本单位职责。",
        proposed_unit_id=units().by_code["cgj"].id,
        actor=handler_of(case, at, "unit_head"),
        at=at,
    )


def _sign(case: Case, at: datetime) -> None:
    handling.sign(case=case, actor=handler_of(case, at, "unit_clerk"), at=at)


def _start(case: Case, at: datetime) -> None:
    who = handler_of(case, at)
    handling.start(case=case, actor=who, at=at)
    handling.log_contact(case=again(case), reached=True, remark="核对了时间和位置。", actor=who, at=at)


def _wait(case: Case, at: datetime) -> None:
    handling.ask_citizen(case=case, question="请补一张现场照片。", actor=handler_of(case, at), at=at)


def _extend(case: Case, at: datetime) -> None:
    handling.ask_extension(case=case, days=2, reason="等监测报告。", actor=handler_of(case, at), at=at)


def _submit(case: Case, at: datetime) -> None:
    handling.submit_reply(case=case, text=REPLY, resolved="yes", actor=handler_of(case, at), at=at)


def _redo(case: Case, at: datetime) -> None:
    replying.send_back(case=case, remark="没有写以后再响找谁。", actor=actor(REVIEWER, at=at), at=at)


def _approve(case: Case, at: datetime) -> None:
    replying.approve(case=case, actor=actor(REVIEWER, at=at), at=at)


def _call(case: Case, at: datetime) -> None:
    _by_clock(case, "survey_over", at)


def _close(case: Case, at: datetime) -> None:
    replying.close_after_call(
        case=case,
        solved="yes",
        satisfaction=5,
        was_contacted=True,
        remark="晚上不响了。",
        actor=actor(CALLBACK, at=at),
        at=at,
    )


def _reopen(case: Case, at: datetime) -> None:
    applicant.ask_again(case=case, text="昨晚又打桩了。", as_party=party_of(case), actor=ANONYMOUS, at=at)


def _archive(case: Case, at: datetime) -> None:
    _by_clock(case, "archive", at)


def _by_clock(case: Case, name: str, at: datetime) -> None:
    move(kind=kind_of(case.kind), case=case, name=name, change=Change(), actor=SYSTEM, at=at)


STEPS: Final[dict[str, Callable[[Case, datetime], None]]] = {
    "answered": _answer,
    "rejected": _reject,
    "cancelled": _cancel,
    "to_dispatch": _accept,
    "dispatched": _dispatch,
    "returned": _return,
    "signed": _sign,
    "in_progress": _start,
    "waiting_citizen": _wait,
    "extension_pending": _extend,
    "submitted": _submit,
    "redo": _redo,
    "replied": _approve,
    "callback": _call,
    "closed": _close,
    "reopened": _reopen,
    "archived": _archive,
}
