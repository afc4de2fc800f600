"""Answers that say what went wrong, after RFC 9457, in the caller's language."""

import json
import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.functional import Promise, lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from gongjian.documents.gate import RETRY_S, Busy, Refused
from gongjian.parties.refusals import InvalidParty

logger = logging.getLogger(__name__)

type Words = str | Promise

CONTENT_TYPE = "application/problem+json"
TYPE = "urn:gongjian:problem:{}"

TITLES: dict[int, Words] = {
    HTTPStatus.BAD_REQUEST: _("请求的写法不对"),
    HTTPStatus.UNAUTHORIZED: _("没有有效的密钥"),
    HTTPStatus.FORBIDDEN: _("这个密钥无权做这件事"),
    HTTPStatus.NOT_FOUND: _("没有这个地址或编号"),
    HTTPStatus.METHOD_NOT_ALLOWED: _("这个地址不这样用"),
    HTTPStatus.CONFLICT: _("与现在的情况冲突"),
    HTTPStatus.PRECONDITION_FAILED: _("读过以后又变了"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("请求太大"),
    HTTPStatus.REQUEST_TIMEOUT: _("请求没有传完"),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: _("内容的格式不对"),
    HTTPStatus.SERVICE_UNAVAILABLE: _("现在太忙"),
    HTTPStatus.UNPROCESSABLE_ENTITY: _("有几项要改"),
    HTTPStatus.TOO_MANY_REQUESTS: _("请求太频繁"),
    HTTPStatus.INTERNAL_SERVER_ERROR: _("我们这边出错了"),
}
DETAILS: dict[int, Words] = {
    HTTPStatus.UNAUTHORIZED: _("在 X-Api-Key 请求头或 api_key 参数里写上有效的密钥。"),
    HTTPStatus.FORBIDDEN: _("请向平台管理员申请这项权限。"),
    HTTPStatus.NOT_FOUND: _("核对地址和编号。无权查看的内容也这样回答。"),
    HTTPStatus.METHOD_NOT_ALLOWED: _("可以用的方法见 Allow。"),
    HTTPStatus.TOO_MANY_REQUESTS: _("等一会儿再试，间隔见 Retry-After。"),
}

# Remedies by the kind of mistake pydantic finds; braces take its facts.
REMEDIES: dict[str, Words] = {
    "missing": _("缺少这一项。"),
    "string_type": _("应为文字。"),
    "string_too_short": _("至少 {min_length} 个字。"),
    "string_too_long": _("最多 {max_length} 个字。"),
    "string_pattern_mismatch": _("格式不对，应符合 {pattern}。"),
    "int_type": _("应为整数。"),
    "int_parsing": _("应为整数。"),
    "int_from_float": _("应为整数。"),
    "float_type": _("应为数字。"),
    "float_parsing": _("应为数字。"),
    "bool_type": _("应为 true 或 false。"),
    "bool_parsing": _("应为 true 或 false。"),
    "date_from_datetime_parsing": _("应为日期，例如 2026-11-23。"),
    "date_parsing": _("应为日期，例如 2026-11-23。"),
    "datetime_type": _("应为时间，例如 2026-11-23T09:00:00+08:00。"),
    "datetime_parsing": _("应为时间，例如 2026-11-23T09:00:00+08:00。"),
    "datetime_from_date_parsing": _("应为时间，例如 2026-11-23T09:00:00+08:00。"),
    "timezone_aware": _("时间要带时区，例如 +08:00。"),
    "enum": _("只能是 {expected}。"),
    "literal_error": _("只能是 {expected}。"),
    "list_type": _("应为列表。"),
    "too_long": _("最多 {max_length} 项。"),
    "too_short": _("至少 {min_length} 项。"),
    "dict_type": _("应为对象。"),
    "model_attributes_type": _("应为对象。"),
    "greater_than": _("应大于 {gt}。"),
    "greater_than_equal": _("不小于 {ge}。"),
    "less_than": _("应小于 {lt}。"),
    "less_than_equal": _("不大于 {le}。"),
    "finite_number": _("应为有限的数字。"),
    "extra_forbidden": _("没有这一项，请去掉。"),
    "json_invalid": _("不是有效的 JSON。"),
}
OTHER = _("这一项的值不对。")
MOST_NAMED = 20  # of the things that are wrong
LONGEST_NAME = 60  # of a field, as the caller called it
CALLER_PLACES = frozenset({"query", "path", "header", "form", "cookie", "file"})


@dataclass(frozen=True, slots=True)
class FieldError:
    field: str  # "address.road"
    message: Words


class Problem(Exception):
    """An answer other than the one asked for; becomes problem details."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: Words = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, kind)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}


def install(api: NinjaAPI) -> None:
    """Make an API answer every failure with problem details."""
    api.add_exception_handler(Problem, _problem)
    api.add_exception_handler(ValidationError, _validation)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(Http404, _not_found)
    api.add_exception_handler(PermissionDenied, _forbidden)
    api.add_exception_handler(SuspiciousOperation, _suspicious)
    api.add_exception_handler(InvalidParty, _invalid)
    api.add_exception_handler(Refused, _invalid)
    api.add_exception_handler(Busy, _busy)
    api.add_exception_handler(Exception, _unforeseen)


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return the problem as `application/problem+json` in the language the caller asked for."""
    language = language_of(request)
    with translation.override(language):
        body: dict[str, Any] = {
            "type": TYPE.format(problem.kind),
            "title": str(TITLES.get(problem.status, HTTPStatus(problem.status).phrase)),
            "status": problem.status,
        }
        detail = str(problem.detail or DETAILS.get(problem.status, ""))
        if detail:
            body["detail"] = detail
        if problem.errors:
            body["errors"] = [{"field": e.field, "message": str(e.message)} for e in problem.errors]
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False), content_type=CONTENT_TYPE, status=problem.status, headers=problem.headers
    )
    response["Content-Language"] = language
    response["Vary"] = "Accept-Language"
    response["Cache-Control"] = "no-store"
    return response


def language_of(request: HttpRequest) -> str:
    """Return "en" or "zh-hans", whichever Accept-Language names first; Chinese without a wish."""
    wishes = []
    for place, part in enumerate(request.headers.get("Accept-Language", "").lower().split(",")[:20]):
        tag, _sep, rest = part.strip().partition(";")
        language = {"en": "en", "zh": "zh-hans"}.get(tag[:2])
        if language:
            wishes.append((-_weight(rest), place, language))
    return min(wishes)[2] if wishes else "zh-hans"


def _weight(text: str) -> float:
    number = text.strip().removeprefix("q=").strip()
    try:
        return float(number) if number else 1.0
    except ValueError:
        return 0.0


def _problem(request: HttpRequest, error: Any) -> HttpResponse:
    return problem_response(request, error)


def _validation(request: HttpRequest, error: Any) -> HttpResponse:
    left_out = len(error.errors) - MOST_NAMED
    detail = format_lazy(_("还有 {n} 处没有列出来。"), n=left_out) if left_out > 0 else ""
    named = list(field_errors(error.errors[:MOST_NAMED]))
    return problem_response(request, Problem(422, "invalid", detail, errors=named))


def _suspicious(request: HttpRequest, error: Any) -> HttpResponse:
    if isinstance(error, RequestDataTooBig):
        return problem_response(request, Problem(413, "too-large"))
    return problem_response(request, Problem(400, "bad-request"))


def _http_error(request: HttpRequest, error: Any) -> HttpResponse:
    if isinstance(error.__cause__, Problem):  # of our reader of bodies
        return problem_response(request, error.__cause__)
    kinds: dict[int, str] = {400: "bad-request", 401: "unauthorized", 403: "forbidden", 429: "too-many-requests"}
    return problem_response(request, Problem(error.status_code, kinds.get(error.status_code, "http")))


def _not_found(request: HttpRequest, _error: Any) -> HttpResponse:
    return problem_response(request, Problem(404, "not-found"))


def _forbidden(request: HttpRequest, _error: Any) -> HttpResponse:
    return problem_response(request, Problem(403, "forbidden"))


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    return problem_response(request, Problem(422, "invalid", errors=[FieldError(error.field, error.message)]))


def _busy(request: HttpRequest, error: Any) -> HttpResponse:
    headers = {"Retry-After": str(RETRY_S)}
    return problem_response(request, Problem(503, "busy", error.message, headers=headers))


def _unforeseen(request: HttpRequest, error: Any) -> HttpResponse:
    """Log the fault under a reference and tell the caller that reference, nothing else."""
    reference = f"E-{secrets.token_hex(4).upper()}"
    logger.error("%s %s %s", reference, request.method, request.path, exc_info=error)
    detail = format_lazy(_("请稍后再试；再出错时告诉我们编号 {reference}。"), reference=reference)
    return problem_response(request, Problem(500, "fault", detail))


def field_errors(errors: Iterable[Mapping[str, Any]]) -> Iterable[FieldError]:
    """Turn pydantic's findings into fields and remedies, in words a caller can act on."""
    for error in errors:
        yield FieldError(_path(error.get("loc", ())), _remedy_lazy(str(error.get("type", "")), error.get("ctx") or {}))


def _remedy(kind: str, facts: Mapping[str, Any]) -> str:
    """Return the words for one finding; our own checks word their refusal themselves."""
    if facts.get("field_type") == "Value":  # pydantic's word for a text that was read by a rule of ours first
        kind = f"string_{kind}"
    if kind == "value_error":
        return str(facts.get("error") or OTHER)
    try:
        return str(REMEDIES.get(kind, OTHER)).format(**facts)
    except KeyError:
        return str(OTHER)


_remedy_lazy = lazy(_remedy, str)


def _path(location: Sequence[Any]) -> str:
    """Return where the value stands for the caller: without the place, and for a body without our parameter's name."""
    parts = [str(part)[:LONGEST_NAME] for part in location]
    if parts[:1] == ["body"]:
        return ".".join(parts[2:]) or "body"
    if parts[:2] == ["query", "query"]:  # inside a list: ninja names our parameter, too
        return ".".join(parts[2:])
    return ".".join(parts[1:] if parts and parts[0] in CALLER_PLACES else parts)
