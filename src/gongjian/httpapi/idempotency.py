"""A request with an Idempotency-Key acts once, however often it is sent.

Key, act and answer stand in one transaction: after a crash none of them is there and the caller may simply send again.
Only answers that changed something are kept, for 24 hours; after a refusal nothing has happened, and the next try with
the same key may say something else.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from gongjian.httpapi import rules
from gongjian.httpapi.auth import ApiKeyAuth, key_of, known
from gongjian.httpapi.models import Answer
from gongjian.httpapi.problems import FieldError, Problem, problem_response
from gongjian.workdays.clock import now

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
REFUSED_FROM = 400

type Run = Callable[..., HttpResponse]


def idempotent(run: Run) -> Run:
    """Let an operation act once for each key of a caller: put `@decorate_view(idempotent)` below its route.

    A second request while the first still runs gets 409, one with another body 422, any later one the first answer.
    """

    @wraps(run)
    def guarded(request: HttpRequest, **values: Any) -> HttpResponse:
        wanted = request.headers.get(HEADER)
        if wanted is None:
            return run(request, **values)
        try:
            if key := key_of(request):
                known(request, key)  # counted here: a refused act takes back what its transaction wrote
            return _once(request, wanted, lambda: run(request, **values), now())
        except Problem as problem:
            return problem_response(request, problem)

    return guarded


def _once(request: HttpRequest, wanted: str, run: Callable[[], HttpResponse], at: datetime) -> HttpResponse:
    if not rules.is_idempotency_key(wanted):
        told = _("写 16 到 200 个英文字母、数字或符号，每件事一个新的，例如 UUID。")
        raise Problem(422, "invalid", errors=[FieldError(HEADER, told)])
    key, body = _digests(request, wanted)
    with transaction.atomic():
        if not _lock(key):
            told = _("同一个 Idempotency-Key 的请求还在处理。等一会儿再发一次。")
            raise Problem(409, "still-running", told, headers={"Retry-After": "1"})
        known = Answer.objects.filter(key=key, created_at__gt=at - rules.ANSWER_LIFE).first()
        if known is not None:
            return _again(request, known, body, run)
        response = run()
        if response.status_code >= REFUSED_FROM or response.streaming:
            transaction.set_rollback(True)
        else:
            _keep(key, body, response, at)
    return response


def _digests(request: HttpRequest, wanted: str) -> tuple[bytes, bytes]:
    """Return what tells requests apart, caller and route included, and what tells their bodies apart."""
    who = hashlib.sha256(key_of(request).encode()).digest()
    route = f"{request.method} {request.path}".encode()
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise Problem(413, "too-large") from error
    return (
        hashlib.sha256(b"\0".join((who, route, wanted.encode()))).digest(),
        hashlib.sha256(b"\0".join((_asked(request), body))).digest(),
    )


def _asked(request: HttpRequest) -> bytes:
    """Return what belongs to the content beside the body: the query, and the version that was read."""
    return f"{request.META.get('QUERY_STRING', '')}\0{request.headers.get('If-Match', '')}".encode()


def _lock(key: bytes) -> bool:
    """Take the key for this transaction without waiting; a waiting request would hold a thread of the server."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [int.from_bytes(key[:8], signed=True)])
        return bool(cursor.fetchone()[0])


def _again(request: HttpRequest, known: Answer, body: bytes, run: Callable[[], HttpResponse]) -> HttpResponse:
    """Give the kept answer, if the body is the same and the caller's key still good; a bad key is refused by `run`."""
    if bytes(known.body_digest) != body:
        told = _("这个 Idempotency-Key 已经用于另一个内容。请换一个新的。")
        raise Problem(422, "key-reused", told)
    if key_of(request) and not ApiKeyAuth()(request):
        return run()
    response = HttpResponse(known.content.open() if known.content else "", content_type=known.content_type)
    response.status_code = known.status
    if known.location:
        response["Location"] = known.location
    response[REPLAYED] = "true"
    return response


def _keep(key: bytes, body: bytes, response: HttpResponse, at: datetime) -> None:
    Answer.objects.update_or_create(
        key=key,
        defaults={
            "body_digest": body,
            "status": response.status_code,
            "content_type": response.get("Content-Type", ""),
            "location": response.get("Location", ""),
            "content": response.content.decode(),
            "created_at": at,
        },
    )
