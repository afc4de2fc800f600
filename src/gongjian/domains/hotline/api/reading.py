"""Cases in the reach of a key: lists, one case, its documents, and the stream of what happened."""

from collections.abc import Iterable
from typing import Annotated, Any, Final

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from ninja import Path, Query

from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case
from gongjian.casework.queries import clocks, documents
from gongjian.documents.downloads import file_response
from gongjian.domains.hotline.access import HotlineRight, sees_inside
from gongjian.domains.hotline.api import showing
from gongjian.domains.hotline.api.routes import router
from gongjian.domains.hotline.queries import catalogue, history
from gongjian.domains.hotline.queries.programs import (
    EVENTS_TABLE,
    Wanted,
    case_of,
    document_of,
    happened,
    listed,
    updates,
)
from gongjian.domains.hotline.schemas import CaseQuery, CaseRecord, CaseRow, DocumentOut, EventPage, EventQuery
from gongjian.domains.hotline.workflow import COMPLAINT
from gongjian.httpapi.fields import BIGGEST
from gongjian.httpapi.paging import Page, decode_number, only_known, page_of
from gongjian.httpapi.problems import FieldError, Problem
from gongjian.httpapi.settled import settled
from gongjian.identity.queries import units
from gongjian.identity.requests import ActorRequest
from gongjian.identity.rights import Forbidden
from gongjian.places.queries import communities
from gongjian.workdays.clock import now

Number = Annotated[str, Path(max_length=20, pattern=r"^[A-Za-z0-9-]+$", examples=["YT-2611-00042"])]
DocumentId = Annotated[int, Path(ge=1, le=BIGGEST)]
PATIENCE: Final = 0.2  # seconds that a call for events waits for writers in hand


@router.get("/cases", response=Page[CaseRow], summary="List cases", operation_id="listCases", tags=["cases"])
def list_cases(request: ActorRequest, query: Query[CaseQuery]) -> dict[str, Any]:
    """Return the cases in the reach of the key, newest first.

    A key of a unit reaches the cases this unit holds or helps with, a key of the district all of them. Page by `next`;
    a page is never empty while there are more.
    """
    at = now()
    may_read(request)
    only_known(request, CaseQuery)
    wanted = _wanted(query)
    found = listed(actor=request.actor, wanted=wanted, before=decode_number(query.cursor), size=query.limit)
    cases, following = page_of(found, query.limit, lambda case: [case.pk])
    return {"items": showing.rows(cases, updates(c.pk for c in cases), at), "next": following}


@router.get(
    "/cases/{number}/record",
    response=CaseRecord,
    summary="Read one case",
    operation_id="readCase",
    tags=["cases"],
    url_name="hotline_record",
)
def read_case(request: ActorRequest, response: HttpResponse, number: Number) -> dict[str, Any]:
    """Return one case with its clocks, documents and timeline. The ETag is its version, for If-Match of an act."""
    case = reached(request, number)
    response["ETag"] = f'"{case.version}"'
    return showing.record(
        request,
        case=case,
        said=history(case.pk),
        clocks=clocks(case.pk),
        files=documents(case.pk, public_only=False),
        actor=request.actor,
        at=now(),
    )


@router.get(
    "/cases/{number}/documents",
    response=list[DocumentOut],
    summary="List the documents of a case",
    operation_id="listDocuments",
    tags=["cases"],
)
def list_documents(request: ActorRequest, number: Number) -> list[dict[str, Any]]:
    """Return the documents in the reach of the key: those the resident sees, for the holding unit also the others."""
    case = reached(request, number)
    inside = sees_inside(request.actor, holder_unit_id=case.holder_unit_id)
    return [showing.document(one, case.number) for one in documents(case.pk, public_only=not inside)]


@router.get(
    "/cases/{number}/documents/{document_id}",
    summary="Download a document",
    operation_id="downloadDocument",
    tags=["cases"],
    url_name="hotline_document",
    response={200: None},
    openapi_extra={
        "responses": {
            200: {
                "description": "The file.",
                "content": {"*/*": {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}},
            }
        }
    },
)
def download(request: ActorRequest, number: Number, document_id: DocumentId) -> HttpResponseBase:
    """Return a file. Its name tells the case and the document, never a person."""
    case = reached(request, number)
    inside = sees_inside(request.actor, holder_unit_id=case.holder_unit_id)
    found = document_of(case_id=case.pk, document_id=document_id, inside=inside)
    if found is None:
        raise Problem(404, "not-found")
    try:
        answer = file_response(found.document)
    except FileNotFoundError as error:
        raise Problem(404, "not-found") from error
    suffix = found.document.mime.rpartition("/")[2].partition("+")[0].rpartition(".")[2][:20]
    name = f"{case.number}-{document_id}.{suffix}"
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return answer


@router.get("/events", response=EventPage, summary="What happened", operation_id="listEvents", tags=["events"])
def list_events(request: ActorRequest, query: Query[EventQuery]) -> dict[str, Any]:
    """Return events in the reach of the key in the order they were written, oldest first.

    Keep `next` and send it as `after`. No event is ever left out: one that is still being written holds back those
    behind it. Records loaded from files do not appear here. Webhooks tell the same without asking.
    """
    may_read(request)
    only_known(request, EventQuery)
    upto = settled(EVENTS_TABLE, patience=PATIENCE)
    stretch = happened(actor=request.actor, after=query.after, upto=max(upto, query.after), size=query.limit)
    return {
        "items": [showing.event(one) for one in stretch.events],
        "next": stretch.looked_to,
        "more": stretch.looked_to < upto,
    }


def may_read(request: ActorRequest) -> None:
    """Let keys pass that may read cases. Raises `Forbidden`."""
    actor = request.actor
    if not (actor.can(HotlineRight.CASE_READ_ALL) or actor.can(HotlineRight.CASE_READ_UNIT)):
        raise Forbidden(HotlineRight.CASE_READ_UNIT)


def reached(request: ActorRequest, number: str) -> Case:
    """Return a case in the reach of the key; every other number gets the same 404. Raises `Forbidden`, Problem."""
    may_read(request)
    case = case_of(actor=request.actor, number=number)
    if case is None:
        raise Problem(404, "not-found")
    return case


def _wanted(query: CaseQuery) -> Wanted:
    at = now()
    states = set(_codes("status", query.status, COMPLAINT.state_of))
    if query.stage:
        staged = {s.name for s in COMPLAINT.states if s.stage.value in query.stage}
        states = states & staged if query.status else staged
        states = states or {"-"}  # nothing is in a state of another stage
    topics = {t.code: t.id for t in catalogue(at).topics.values()}
    places = {c.code: c.id for c in communities()}
    book = {u.code: u.id for u in units()}
    return Wanted(
        text=query.q,
        states=tuple(sorted(states)),
        kinds=tuple(kind_of(f"hotline.{name}").key for name in query.kind),
        topics=tuple(topics[code] for code in _codes("topic", query.topic, topics)),
        units=tuple(book[code] for code in _codes("unit", query.unit, book)),
        communities=tuple(places[code] for code in _codes("community", query.community, places)),
        opened_from=query.opened_from,
        opened_before=query.opened_before,
        updated_from=query.updated_from,
        updated_before=query.updated_before,
    )


def _codes(field: str, given: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the codes asked for; a code that does not exist is an error of the caller, not an empty list."""
    wanted, there = list(given), set(known)
    for code in wanted:
        if code not in there:
            raise Problem(422, "invalid", errors=[FieldError(field, _("没有这个代码，见参考表。"))])
    return wanted
