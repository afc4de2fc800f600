"""Requests: the list, one of them, and a new one."""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from gongjian.casework.kinds import kind_of
from gongjian.documents.limits import takes_files
from gongjian.domains.hotline.access import ProgramRight
from gongjian.domains.hotline.actions.open311 import Message, known_report, take_report, try_report
from gongjian.domains.hotline.api.open311.door import Ask, Refusal, door
from gongjian.domains.hotline.api.open311.letter import message_of, pictures_of
from gongjian.domains.hotline.api.open311.listing import next_page, number_of, wanted_cases
from gongjian.domains.hotline.api.open311.wire import Tree, answer, w3
from gongjian.domains.hotline.queries import TopicRef
from gongjian.domains.hotline.queries.open311 import (
    Answered,
    Sent,
    Shown,
    Wanted,
    answers_of,
    offer,
    shown_cases,
    trials,
)
from gongjian.identity.queries import units
from gongjian.identity.reference import UnitRef
from gongjian.identity.rights import require
from gongjian.places.queries import communities

# What other programs, of the FixMyStreet kind, call our states.
EXTENDED: Final = {
    "received": "OPEN",
    "answered": "CLOSED",
    "rejected": "NO_FURTHER_ACTION",
    "to_dispatch": "FOR_TRIAGE",
    "dispatched": "ACTION_SCHEDULED",
    "returned": "FOR_TRIAGE",
    "signed": "INVESTIGATING",
    "cancelled": "CANCELLED",
    "replied": "IN_PROGRESS",
    "closed": "CLOSED",
    "archived": "CLOSED",
    "reopened": "REOPEN",
}
WORKING: Final = "IN_PROGRESS"


@takes_files()
@door("GET", "POST")
def requests(ask: Ask) -> HttpResponse:
    """List requests, or take a new one."""
    return _create(ask) if ask.request.method == "POST" else _list(ask)


@door("GET")
def request(ask: Ask, number: str) -> HttpResponse:
    """Tell one request."""
    wanted = Wanted(numbers=(number_of(number),), size=1)
    found = _found(ask, wanted)
    if not found:
        raise Refusal(HTTPStatus.NOT_FOUND, _("service_request_id：没有这一件。"))
    return answer("service_requests", _told(ask, found), ask.form)


def _list(ask: Ask) -> HttpResponse:
    wanted = wanted_cases(ask)
    found = _found(ask, wanted)
    shown = found[: wanted.size]
    response = answer("service_requests", _told(ask, shown), ask.form)
    if len(found) > wanted.size:
        response["Link"] = next_page(ask, shown[-1].opened_at, shown[-1].id)
    return response


def _found(ask: Ask, wanted: Wanted) -> list[Shown]:
    return trials(wanted, actor=ask.actor, at=ask.at) if ask.trial else shown_cases(wanted, actor=ask.actor, at=ask.at)


def _told(ask: Ask, shown: Sequence[Shown]) -> list[Tree]:
    extended = ask.params.truth("extensions")
    mine = [case.id for case in shown if case.full] if extended and not ask.trial else []
    answers = answers_of(mine) if mine else {}
    places = {place.id: ask.pick(place.name_zh, place.name_en) for place in communities()}
    known, book = offer(ask.at).by_topic, units().by_id
    rows: list[Tree] = []
    for case in shown:
        service = known.get(case.topic_id)
        row = _request(ask, case, service.topic if service else None, book.get(case.unit_id or 0))
        row["address"] = case.address or places.get(case.community_id or 0)
        if extended:
            row["extended_status"] = EXTENDED.get(case.state, WORKING)
            row["attributes"] = [_answer(ask, given) for given in answers.get(case.id, ())]
        rows.append(row)
    return rows


def _request(ask: Ask, case: Shown, topic: TopicRef | None, unit: UnitRef | None) -> dict[str, Any]:
    return {
        "service_request_id": case.number,
        "status": "closed" if case.closed else "open",
        "status_notes": _notes(ask, case),
        "service_name": ask.pick(topic.name_zh, topic.name_en) if topic else None,
        "service_code": topic.code if topic else None,
        "description": case.words,
        "agency_responsible": ask.pick(unit.name_zh, unit.name_en) if unit else None,
        "service_notice": None,
        "requested_datetime": w3(case.opened_at),
        "updated_datetime": w3(case.updated_at),
        "expected_datetime": w3(case.expected_at),
        "address": None,
        "address_id": case.address_id,
        "zipcode": None,
        "lat": case.lat,
        "long": case.lon,
        "media_url": case.media_url,
    }


def _notes(ask: Ask, case: Shown) -> str:
    state = kind_of(case.kind).state_of[case.state]
    parts = [str(state.public), ask.pick(*case.reason) if case.state == "rejected" else "", case.reply]
    return "\n".join(part for part in parts if part)


def _answer(ask: Ask, given: Answered) -> Tree:
    values = given.values_en if ask.english else given.values_zh
    label = ask.pick(given.ask_zh, given.ask_en)
    return {"code": given.code, "label": label, "value": (", " if ask.english else "、").join(values)}


def _create(ask: Ask) -> HttpResponse:
    require(ask.actor, ProgramRight.OPEN311_REPORT)
    message = message_of(ask)
    if ask.trial:
        sent, fresh = try_report(message=message, actor=ask.actor, at=ask.at)
    else:
        sent, fresh = _take(ask, message)
    service = offer(ask.at).by_topic.get(sent.topic_id, message.service)
    named = "token" if service.looked_at_first else "service_request_id"
    row: dict[str, Tree] = {
        named: sent.token if service.looked_at_first else sent.number,
        "service_notice": _notice(sent, ask),
        "account_id": ask.params.text("account_id")[:100],
    }
    return answer("service_requests", [row], ask.form, status=HTTPStatus.CREATED if fresh else HTTPStatus.OK)


@transaction.atomic
def _take(ask: Ask, message: Message) -> tuple[Sent, bool]:
    if ask.request.FILES and known_report(message=message, actor=ask.actor) is None:
        message = replace(message, documents=pictures_of(ask))
    return take_report(message=message, actor=ask.actor, at=ask.at)


def _notice(sent: Sent, ask: Ask) -> str:
    if ask.trial:
        return _("这是测试地址：已检查，不会有人办理。")
    due = w3(sent.due_at)
    return _("已登记，最晚 %s 前受理。") % due if due else _("已登记。")
