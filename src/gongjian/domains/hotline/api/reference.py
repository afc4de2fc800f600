"""What codes of the hotline mean; open to everybody, as the pages are."""

from typing import Any, Final

from django.http import HttpRequest
from django.utils import translation

from gongjian.casework.kinds import PREVIOUS, STAYS, CaseKind, Move, State
from gongjian.domains.hotline.api.routes import router
from gongjian.domains.hotline.api.showing import unit_code
from gongjian.domains.hotline.queries import catalogue
from gongjian.domains.hotline.schemas import KindOut, TopicOut
from gongjian.domains.hotline.workflow import KINDS
from gongjian.httpapi.auth import limited_by_address
from gongjian.workdays.clock import now

LOOKS_A_MINUTE: Final = 60
OPEN: Final[dict[str, Any]] = {"tags": ["reference"], "auth": None}


@router.get("/topics", response=list[TopicOut], summary="List topics", operation_id="listTopics", **OPEN)
def list_topics(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what a matter may be about: two levels, parents before children, with the unit the catalogue names."""
    at = now()
    limited_by_address(request, "api-reference", LOOKS_A_MINUTE, at)
    topics = catalogue(at).topics
    ordered = sorted(topics.values(), key=lambda t: (t.parent_id is not None, t.order))
    return [
        {
            "code": topic.code,
            "parent": parent.code if (parent := topics.get(topic.parent_id or 0)) else None,
            "name_zh": topic.name_zh,
            "name_en": topic.name_en,
            "unit": unit_code(topic.lead_unit_id),
        }
        for topic in ordered
    ]


@router.get("/kinds", response=list[KindOut], summary="List kinds", operation_id="listKinds", by_alias=True, **OPEN)
def list_kinds(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the kinds of case with their states and the moves that lead from one to the next."""
    limited_by_address(request, "api-reference", LOOKS_A_MINUTE, now())
    return [_kind(kind) for kind in KINDS]


def _kind(kind: CaseKind) -> dict[str, Any]:
    return {
        "key": kind.key.partition(".")[2],
        **_named(kind.label),
        "states": [_state(one) for one in kind.states],
        "moves": [_move(one) for one in kind.moves],
    }


def _state(one: State) -> dict[str, Any]:
    told = {"resident_zh": _in("zh-hans", one.public), "resident_en": _in("en", one.public)}
    return {"name": one.name, "stage": one.stage.value, "open": one.open, **_named(one.label), **told}


def _move(one: Move) -> dict[str, Any]:
    return {
        "name": one.name,
        "from": sorted(one.sources),
        "to": None if one.target in {STAYS, PREVIOUS} else one.target,
        "by": sorted(by.value for by in one.by),
        "right": str(one.right) if one.right else None,
        "public": one.public,
        **_named(one.label),
    }


def _named(words: object) -> dict[str, str]:
    return {"name_zh": _in("zh-hans", words), "name_en": _in("en", words)}


def _in(language: str, words: object) -> str:
    with translation.override(language):
        return str(words)
