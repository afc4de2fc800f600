"""The one way in for every call: whose program it is, in which language and format, and how a failure is told."""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import update_wrapper
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation, TooManyFilesSent
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpResponse, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from gongjian.casework.errors import RefusedError
from gongjian.documents.gate import RETRY_S, Busy, Refused
from gongjian.documents.limits import unfit_words
from gongjian.domains.hotline.api.open311.wire import refusal
from gongjian.httpapi.auth import ApiKeyAuth, key_of
from gongjian.httpapi.bodies import KB, STATUS, Fault, fault_of
from gongjian.httpapi.limits import allow
from gongjian.httpapi.problems import Problem, language_of
from gongjian.identity.actor import ANONYMOUS, Actor
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest, client_ip
from gongjian.identity.rights import Forbidden
from gongjian.parties.refusals import InvalidParty
from gongjian.places.queries import ground
from gongjian.text import Unfit, checked, clean
from gongjian.workdays.clock import now

logger = logging.getLogger(__name__)

READS_A_MINUTE: Final = 240  # of one network address without a key
BUSY_S: Final = "10"
BUCKET: Final = "open311"
LANGUAGES: Final = {"en": "en", "zh": "zh-hans"}
# What our actions call a field, and what the standard calls it.
FIELDS: Final = {"topic": "service_code", "place": "lat", "text": "description", "name": "first_name"}
BROKEN: Final = "\ufffd"  # what bytes become that are no UTF-8
FORM: Final = "application/x-www-form-urlencoded"
BODIES: Final = frozenset({FORM, "multipart/form-data"})
FORM_LONGEST: Final = 128 * KB  # a description of 4,000 Chinese characters has 36 KB in a form
MOST_PARAMS: Final = 200
CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "X-Api-Key, Idempotency-Key, Accept-Language, Content-Type",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Expose-Headers": "Link, Retry-After",
}

type View = Callable[..., HttpResponse]


class Refusal(Exception):
    """A call that cannot be answered as asked: the code of HTTP, and a sentence for each thing that is wrong."""

    def __init__(self, status: int, *descriptions: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, *descriptions)
        self.status = status
        self.descriptions = descriptions
        self.headers = headers or {}


class Params:
    """Parameters of an address or a form; an empty one is as good as none."""

    def __init__(self, given: QueryDict) -> None:
        if len(given) > MOST_PARAMS:
            raise Refusal(HTTPStatus.BAD_REQUEST, _("最多 %s 项。") % MOST_PARAMS)
        self.given = QueryDict(mutable=True)
        for name, values in given.lists():
            label = clean(name)[:60]
            self.given.setlist(_fit(name, label), [_fit(value, label) for value in values])

    def text(self, name: str) -> str:
        """Return the last value that is not empty."""
        return next((v for v in reversed(self.given.getlist(name)) if v.strip()), "").strip()

    def listed(self, name: str) -> tuple[str, ...]:
        """Return the values of a list: the parameter may stand several times, each with several values and commas."""
        parts = [part.strip() for value in self.given.getlist(name) for part in value.split(",")]
        return tuple(dict.fromkeys(part for part in parts if part))

    def truth(self, name: str) -> bool:
        return self.text(name).lower() in {"true", "1", "yes"}


def _fit(text: str, label: str) -> str:
    """Return a text by the rule of text. Raises Refusal for what it has no place for."""
    if BROKEN in text:
        raise Refusal(HTTPStatus.BAD_REQUEST, _("%s：不是 UTF-8 文字。") % label.replace(BROKEN, "?"))
    try:
        return checked(text)
    except Unfit as unfit:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"{label}: {unfit_words(unfit)}") from unfit


@dataclass(frozen=True, slots=True)
class Ask:
    """One call."""

    request: ActorRequest
    form: str  # xml or json
    trial: bool  # at the test address
    params: Params
    actor: Actor
    at: datetime
    language: str

    @property
    def english(self) -> bool:
        return self.language == "en"

    def pick(self, zh: str, en: str) -> str:
        """Return the words in the language of the call."""
        return (en or zh) if self.english else (zh or en)


def door(*methods: str) -> Callable[[View], View]:
    """Make a view of a function `(ask, **values) -> HttpResponse`: anybody may call it, no cookie counts."""

    def decorate(view: View) -> View:
        def called(request: ActorRequest, /, *, form: str, trial: bool, **values: Any) -> HttpResponse:
            language = _language(request)
            with translation.override(language):
                response = _answered(request, view, methods, form, trial=trial, language=language, values=values)
            response["Content-Language"] = language
            response["Vary"] = "Accept-Language, X-Api-Key"
            response.headers.setdefault("Cache-Control", "no-store")
            for name, value in CORS.items():
                response[name] = value
            return response

        update_wrapper(called, view)
        return csrf_exempt(guarded(anonymous=True)(called))  # type: ignore[return-value] # guarded speaks of any answer

    return decorate


def _answered(
    request: ActorRequest,
    view: View,
    methods: tuple[str, ...],
    form: str,
    *,
    trial: bool,
    language: str,
    values: Mapping[str, Any],
) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"Allow": ", ".join(methods)})
    try:
        _method(request, methods)
        _readable(request)
        return view(_ask(request, form, trial=trial, language=language), **values)
    except Exception as error:  # noqa: BLE001 - a program gets every failure in its own format
        told = _refusal(error, request)
        response = refusal(told.status, told.descriptions, form)
        for name, value in told.headers.items():
            response[name] = value
        return response


def _method(request: ActorRequest, methods: tuple[str, ...]) -> None:
    if ("GET" if request.method == "HEAD" else request.method) not in methods:
        allowed = ", ".join(methods)
        words = _("这个地址只接受 %s。") % allowed
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, words, headers={"Allow": allowed})


def _readable(request: ActorRequest) -> None:
    """Refuse a request whose body the server did not read, or whose form is longer than a report's can be."""
    fault = fault_of(request)
    if fault is not None:
        headers = {"Retry-After": BUSY_S} if fault is Fault.CROWDED else {}
        raise Refusal(STATUS[fault], _("内容没有收下：太大，或没有在时限里传完。"), headers=headers)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.content_type == FORM and length.isdecimal() and int(length) > FORM_LONGEST:
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("表单最多 %s KB。") % (FORM_LONGEST // KB))


def _ask(request: ActorRequest, form: str, *, trial: bool, language: str) -> Ask:
    at = now()
    params = Params(_form(request) if request.method == "POST" else request.GET)
    actor = _caller(request, at)
    _jurisdiction(params.text("jurisdiction_id"))
    return Ask(request, form, trial, params, actor, at, language)


def _form(request: ActorRequest) -> QueryDict:
    """Return the form; what stands only in the address counts too, for some programs write everything there."""
    if request.content_type not in BODIES and not (request.GET and not request.body):
        raise Refusal(
            HTTPStatus.BAD_REQUEST, _("内容请用 application/x-www-form-urlencoded 或 multipart/form-data 发。")
        )
    given = request.GET.copy()
    for name, values in request.POST.lists():
        given.setlist(name, values)
    return given


def _caller(request: ActorRequest, at: datetime) -> Actor:
    key = key_of(request)
    if not key:
        if request.method == "POST":
            raise Refusal(HTTPStatus.FORBIDDEN, _("api_key：缺少密钥。在 api_key 参数或 X-Api-Key 请求头里写上。"))
        if not allow(BUCKET, client_ip(request), READS_A_MINUTE, at):
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests", headers={"Retry-After": "60"})
        return replace(ANONYMOUS, channel="api")
    actor = ApiKeyAuth().authenticate(request, key)
    if actor is None:
        raise Refusal(HTTPStatus.FORBIDDEN, _("api_key：没有这个密钥，或者它已经停用。"))
    return actor


def _jurisdiction(wanted: str) -> None:
    """Refuse the name of another district; ours is its code or this installation's host, and may be left out."""
    land = ground()["land"]
    ours = {urlsplit(settings.PUBLIC_URL).hostname or "", land["properties"]["code"] if land else ""}
    if wanted and wanted.lower() not in ours:
        raise Refusal(HTTPStatus.NOT_FOUND, _("jurisdiction_id：这里没有这个辖区，可以不写。"))


def _language(request: ActorRequest) -> str:
    """Return the language named by `locale`, a usual extension, or by Accept-Language."""
    return LANGUAGES.get(request.GET.get("locale", "")[:2].lower()) or language_of(request)


def _refusal(error: Exception, request: ActorRequest) -> Refusal:
    """Say what went wrong: the caller's mistakes at their field, ours under a number that stands in the log."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, Problem):
        return Refusal(error.status, _problem_words(error), headers=error.headers)
    if isinstance(error, Busy):
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, str(error.message), headers={"Retry-After": str(RETRY_S)})
    known = _mistake(error)
    if known is not None:
        return known
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("busy at %s: %s", request.path, error)
        told = _("现在太忙，或正在维护。等一会儿再试，间隔见 Retry-After。")
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, told, headers={"Retry-After": BUSY_S})
    number = f"E-{secrets.token_hex(4).upper()}"
    logger.error("%s %s %s", number, request.method, request.path, exc_info=error)
    words = _("我们这边出错了。请稍后再试；再出错时告诉我们编号 %s。") % number
    return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, words)


def _mistake(error: Exception) -> Refusal | None:
    if isinstance(error, RefusedError | InvalidParty | Refused):
        field = FIELDS.get(error.field, error.field)
        return Refusal(HTTPStatus.BAD_REQUEST, f"{field}: {error.message}" if field else str(error.message))
    if isinstance(error, Forbidden):
        return Refusal(HTTPStatus.FORBIDDEN, _("api_key：这个密钥无权做这件事。"))
    if type(error) is LookupError:
        return Refusal(HTTPStatus.NOT_FOUND, _("service_request_id：没有这一件。"))
    if _unreadable(error):
        return Refusal(HTTPStatus.BAD_REQUEST, _("内容读不出来：太大、项太多，或不是 UTF-8 的表单。"))
    return None


def _unreadable(error: Exception) -> bool:
    kinds = (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError, TooManyFilesSent, DataError)
    return isinstance(error, kinds)


def _problem_words(error: Problem) -> str:
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return _("请求太频繁。等一会儿再试，间隔见 Retry-After。")
    return str(error.detail) or _("api_key：这个密钥无权做这件事。")
