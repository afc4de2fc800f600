"""The door for the gateway of text messages and the mail server: what they had taken and could not deliver."""

import json
from http import HTTPStatus
from typing import Any, Final

from django.http import JsonResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from gongjian.console.access import ConsoleRight
from gongjian.httpapi import grants
from gongjian.httpapi.auth import key_of, known
from gongjian.httpapi.problems import Problem
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.notify.actions import report_bounce

MOST: Final = 500  # receipts at once
LONGEST: Final = 200_000  # bytes

WORDS: Final = _("短信网关和邮件服务器报告哪些通知没有送到。看不到任何内容。")
grants.register([grants.Grant(ConsoleRight.RECEIPTS_WRITE, _("报告没有送达"), WORDS)])


@csrf_exempt  # a program with a key of its own has no cookie
@guarded(anonymous=True)
@require_POST
def receipts(request: ActorRequest) -> JsonResponse:
    """Note which messages never arrived: `{"receipts": [{"reference": "…", "detail": "空号"}]}`, by the key's right.

    Unknown references count for nothing: a gateway that also serves others may send all it has.
    """
    try:
        program = known(request, key_of(request))
    except Problem as problem:
        return _refused(problem.status, problem.kind)
    if program is None:
        return _refused(HTTPStatus.UNAUTHORIZED, "unauthorized")
    if not program.actor.can(ConsoleRight.RECEIPTS_WRITE):
        return _refused(HTTPStatus.FORBIDDEN, "forbidden")
    found = _read(request.body[: LONGEST + 1])
    if found is None:
        return _refused(HTTPStatus.BAD_REQUEST, "receipts: a list of objects with reference and detail")
    noted = sum(report_bounce(reference=reference, detail=detail) for reference, detail in found)
    return JsonResponse({"received": len(found), "noted": noted})


def _read(body: bytes) -> list[tuple[str, str]] | None:
    """Return reference and the gateway's words of each receipt; None for what is no such list."""
    try:
        said: Any = json.loads(body) if len(body) <= LONGEST else None
    except ValueError:
        return None
    given = said.get("receipts") if isinstance(said, dict) else None
    if not isinstance(given, list) or len(given) > MOST:
        return None
    found = []
    for one in given:
        reference = one.get("reference") if isinstance(one, dict) else None
        if not isinstance(reference, str) or not reference.strip() or "\0" in reference:
            return None
        found.append((reference.strip(), str(one.get("detail", "")).replace("\0", "")))
    return found


def _refused(status: int, words: str) -> JsonResponse:
    return JsonResponse({"error": words}, status=status)


routes: list[URLPattern] = [path("hooks/receipts/", receipts, name="receipts")]
