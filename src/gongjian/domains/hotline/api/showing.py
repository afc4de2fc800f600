"""Cases and events as programs get them: codes for everything that has one, words in the caller's language."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation

from gongjian.casework.access import moves_for
from gongjian.casework.kinds import CaseKind, kind_of
from gongjian.casework.models import Case, CaseClock, CaseDocument
from gongjian.domains.hotline.access import sees_inside
from gongjian.domains.hotline.queries import Catalogue, Said, catalogue
from gongjian.domains.hotline.queries.programs import Happened
from gongjian.httpapi.problems import language_of
from gongjian.identity.actor import Actor
from gongjian.identity.queries import units
from gongjian.places.queries import communities
from gongjian.sealing.masking import hide_contacts

# The moves this API makes; others belong to people at their desks.
OFFERED: Final = frozenset(
    {"ask_extension", "ask_second_extension", "backstop", "contact", "note", "return", "sign", "start", "submit"}
)
BY: Mapping[str, str] = {"staff": "staff", "program": "program", "system": "system"}


def unit_code(unit_id: int | None) -> str | None:
    """Return the code of a unit."""
    found = units().by_id.get(unit_id) if unit_id is not None else None
    return found.code if found else None


def rows(cases: Sequence[Case], updated: Mapping[int, datetime], at: datetime) -> list[dict[str, Any]]:
    """Return a page of a list."""
    topics = catalogue(at)
    places = {c.id: c.code for c in communities()}
    return [_row(case, updated.get(case.pk, case.opened_at), topics, places) for case in cases]


def _row(case: Case, updated_at: datetime, topics: Catalogue, places: Mapping[int, str]) -> dict[str, Any]:
    topic = topics.topics.get(case.topic_id) if case.topic_id is not None else None
    return {
        "id": case.number,
        "kind": case.kind.partition(".")[2],
        "status": case.state,
        "stage": kind_of(case.kind).state_of[case.state].stage.value,
        "title": case.title,
        "topic": topic.code if topic else None,
        "unit": unit_code(case.holder_unit_id),
        "community": places.get(case.community_id) if case.community_id is not None else None,
        "urgency": case.urgency,
        "channel": case.channel,
        "opened_at": case.opened_at,
        "updated_at": updated_at,
        "due_at": case.due_at,
        "closed_at": case.closed_at,
        "version": case.version,
    }


def record(
    request: HttpRequest,
    *,
    case: Case,
    said: Sequence[Said],
    clocks: Iterable[CaseClock],
    files: Iterable[CaseDocument],
    actor: Actor,
    at: datetime,
) -> dict[str, Any]:
    """Return one case with its timeline; without internal entries for who only helps with it."""
    inside = sees_inside(actor, holder_unit_id=case.holder_unit_id)
    shown = [one for one in said if inside or one.event.public]
    kind, asked = kind_of(case.kind), case.request
    (row,) = rows([case], {case.pk: said[0].event.at} if said else {}, at)
    with translation.override(language_of(request)):
        timeline = [_entry(one, kind, inside=inside) for one in shown]
    return {
        **row,
        "description": hide_contacts(asked.description),
        "address": hide_contacts(asked.address),
        "lon": asked.lon,
        "lat": asked.lat,
        "confidential": case.confidentiality != Case.Confidentiality.OPEN,
        "helpers": [code for share in case.shares.all() if (code := unit_code(share.unit_id))],
        "reply": hide_contacts(asked.reply),
        "resolved": asked.resolved,
        "outcome": asked.outcome,
        "returns": asked.returns,
        "extensions": asked.extensions,
        "source": asked.source_program,
        "external_number": asked.external_number,
        "clocks": [_clock(clock) for clock in clocks],
        "documents": [document(one, case.number) for one in files if inside or one.public],
        "timeline": timeline,
        "may": [move.name for move in moves_for(kind=kind, case=case, actor=actor) if move.name in OFFERED],
    }


def _entry(one: Said, kind: CaseKind, *, inside: bool) -> dict[str, Any]:
    event = one.event
    return {
        "event": event.pk,
        "move": event.move,
        "words": str(kind.move_of[event.move].past),
        "at": event.at,
        "by": BY.get(event.actor_kind, "resident"),
        "unit": unit_code(event.unit_id),
        "status": event.after,
        "public": event.public,
        "text": hide_contacts(one.public),
        "inside": hide_contacts(one.inside) if inside else "",
    }


def _clock(clock: CaseClock) -> dict[str, Any]:
    names = ("name", "started_at", "due_at", "provisional", "paused_at", "stopped_at", "breached_at")
    return {name: getattr(clock, name) for name in names}


def document(one: CaseDocument, number: str) -> dict[str, Any]:
    """Return a document of a case; its name may name a person and is not told."""
    return {
        "id": one.document_id,
        "event": one.event_id,
        "kind": one.document.kind,
        "mime": one.document.mime,
        "size": one.document.size,
        "public": one.public,
        "at": one.document.created_at,
        "url": _address("api:hotline_document", number, one.document_id),
    }


def event(one: Happened) -> dict[str, Any]:
    """Return an event of the stream."""
    return {
        "event": one.id,
        "case": one.number,
        "kind": one.kind.partition(".")[2],
        "move": one.move,
        "status": one.state,
        "stage": kind_of(one.kind).state_of[one.state].stage.value,
        "public": one.public,
        "at": one.at,
        "from_unit": unit_code(one.from_unit_id),
        "unit": unit_code(one.unit_id),
        "due_at": one.due_at,
        "link": _address("api:hotline_record", one.number),
    }


def _address(name: str, *values: object) -> str:
    return f"{settings.PUBLIC_URL}{reverse(name, args=values)}"
