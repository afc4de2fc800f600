"""What a program may choose from: discovery, the services, one service with its questions, and tokens."""

from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _

from gongjian.domains.hotline.api.open311.door import Ask, Refusal, door
from gongjian.domains.hotline.api.open311.wire import CONTENT_TYPES, Tree, answer
from gongjian.domains.hotline.queries.open311 import Question, Service, number_of_token, number_of_trial, offer
from gongjian.workdays.rules import local_minute

SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
FORMATS: Final = tuple(kind.partition(";")[0] for kind in CONTENT_TYPES.values())
FIRST_EDITION: Final = "2026-11-23 00:00"
LONGEST_TOKEN: Final = 32
BRIEFLY: Final = "public, max-age=60"


@door("GET")
def discovery(ask: Ask) -> HttpResponse:
    """Tell where the two addresses are, since when, and whom to ask for a key."""
    changed = offer(ask.at).changed_at
    edition = local_minute(changed) if changed else FIRST_EDITION
    facts = {"line": settings.HOTLINE_NUMBER, "url": settings.PUBLIC_URL}
    body: dict[str, Tree] = {
        "changeset": edition,
        "contact": _("有问题请打 %(line)s，或看 %(url)s/open311/ 的说明。") % facts,
        "key_service": _("密钥由平台管理员发放，办法见 %(url)s/open311/。") % facts,
        "endpoints": [_endpoint(kind, place, edition) for kind, place in (("production", ""), ("test", "/test"))],
    }
    return _briefly(answer("discovery", body, ask.form))


def _endpoint(kind: str, place: str, edition: str) -> Tree:
    return {
        "specification": SPECIFICATION,
        "url": f"{settings.PUBLIC_URL}/open311{place}/v2",
        "changeset": edition,
        "type": kind,
        "formats": list(FORMATS),
    }


@door("GET")
def services(ask: Ask) -> HttpResponse:
    """List every topic a program may report on, in the order of the catalogue."""
    found = sorted(offer(ask.at).by_code.values(), key=lambda s: (s.group.order if s.group else 0, s.topic.order))
    return _briefly(answer("services", [_service(ask, service) for service in found], ask.form))


def _service(ask: Ask, service: Service) -> Tree:
    topic, group = service.topic, service.group
    reason = ask.pick(topic.reason_zh, topic.reason_en)
    other = topic.name_zh if ask.english else topic.name_en
    return {
        "service_code": topic.code,
        "service_name": ask.pick(topic.name_zh, topic.name_en),
        "description": ask.pick(service.description_zh, service.description_en) or reason,
        "metadata": bool(service.questions),
        "type": "batch" if service.looked_at_first else "realtime",
        "keywords": ", ".join(part for part in (other, service.keywords) if part),
        "group": ask.pick(group.name_zh, group.name_en) if group else None,
    }


@door("GET")
def definition(ask: Ask, code: str) -> HttpResponse:
    """Tell the questions of one service."""
    service = offer(ask.at).for_new(code)
    if service is None:
        raise Refusal(HTTPStatus.NOT_FOUND, _("service_code：没有这个类别。"))
    body: dict[str, Tree] = {
        "service_code": service.topic.code,
        "attributes": [_attribute(ask, question, place) for place, question in enumerate(service.questions, 1)],
    }
    return _briefly(answer("service_definition", body, ask.form))


def _attribute(ask: Ask, question: Question, place: int) -> Tree:
    found: dict[str, Any] = {
        "variable": question.variable,
        "code": question.code,
        "datatype": question.datatype,
        "required": question.required,
        "datatype_description": ask.pick(question.hint_zh, question.hint_en),
        "order": place,
        "description": ask.pick(question.ask_zh, question.ask_en),
    }
    if question.values:
        found["values"] = [{"key": v.key, "name": ask.pick(v.name_zh, v.name_en)} for v in question.values]
    return found


@door("GET")
def token(ask: Ask, token: str) -> HttpResponse:
    """Tell the number of the case a token stands for; empty while nobody has looked at the report."""
    number = None if len(token) > LONGEST_TOKEN or not token.isalnum() else _number(ask, token)
    if number is None:
        raise Refusal(HTTPStatus.NOT_FOUND, _("token：没有这个凭据。"))
    return answer("service_requests", [{"service_request_id": number, "token": token}], ask.form)


def _number(ask: Ask, token: str) -> str | None:
    return number_of_trial(token) if ask.trial else number_of_token(token, at=ask.at)


@door("GET", "POST")
def nothing(ask: Ask, rest: str = "") -> HttpResponse:  # noqa: ARG001 - whatever was asked for
    """Say that there is nothing here, in the format of the standard."""
    raise Refusal(HTTPStatus.NOT_FOUND, _("没有这个地址。能用的都在 %s/open311/ 的说明里。") % settings.PUBLIC_URL)


def _briefly(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = BRIEFLY
    return response
