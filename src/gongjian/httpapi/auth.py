"""Who calls the API."""

import threading
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from ninja.security import APIKeyHeader

from gongjian.httpapi.actions.keys import note_use
from gongjian.httpapi.limits import Taken, take
from gongjian.httpapi.paging import KEY_PARAMETER as PARAMETER
from gongjian.httpapi.problems import Problem
from gongjian.identity.actor import Actor
from gongjian.identity.queries import ProgramKey, program_key
from gongjian.identity.requests import client_ip
from gongjian.workdays.clock import now

BUCKET = "api-key"
LONGEST_KEY = 200
USE_STEP = timedelta(minutes=1)


class ApiKeyAuth(APIKeyHeader):
    """A program's key in the header X-Api-Key, or in the parameter api_key of the address or the form.

    Puts the program on `request.actor`. A key that comes too often gets 429.
    """

    param_name = "X-Api-Key"

    def _get_key(self, request: HttpRequest) -> str | None:
        return key_of(request) or None

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """Return the program behind the key, or None, which ninja answers with 401."""
        found = known(request, key) if key else None
        return found.actor if found else None


def known(request: HttpRequest, key: str) -> ProgramKey | None:
    """Return the program behind a key and count its call; asked again in the same request, the same answer.

    Raises Problem 429 where the key comes too often.
    """
    held = getattr(request, "_program", None)
    if held is not None and held[0] == key:
        return held[1]  # type: ignore[no-any-return]
    at = now()
    found = program_key(key, at=at) if len(key) <= LONGEST_KEY and "\0" not in key else None
    if found is not None:
        limited(request, BUCKET, str(found.key_id), found.per_minute, at)
        _used(found.key_id, at)
        request.actor = found.actor  # type: ignore[attr-defined]
    request._program = (key, found)  # type: ignore[attr-defined] # noqa: SLF001 - ours, of this request
    return found


def caller(request: HttpRequest) -> Actor | None:
    """Return the program where an operation is open to everybody; None for a call without a key.

    Raises Problem 401 for a key that is not good: whoever shows one means to be known.
    """
    key = key_of(request)
    if not key:
        return None
    found = known(request, key)
    if found is None:
        raise Problem(401, "unauthorized")
    return found.actor


def limited(request: HttpRequest, bucket: str, key: str, per_minute: int, at: datetime, **window: Any) -> None:
    """Count one call; the answer will tell how the allowance stands. Raises Problem 429 where it is used up."""
    taken = take(bucket, key, per_minute, at, **window)
    request._allowance = taken  # type: ignore[attr-defined] # noqa: SLF001 - ours, of this request
    if not taken.allowed:
        raise Problem(429, "too-many-requests", headers=taken.headers)


def limited_by_address(request: HttpRequest, bucket: str, per_minute: int, at: datetime) -> None:
    """Count one call of a network address. Raises Problem 429."""
    limited(request, bucket, client_ip(request), per_minute, at)


def allowance(request: HttpRequest) -> Taken | None:
    """Return how the allowance of this request's caller stands, if one was counted."""
    return getattr(request, "_allowance", None)


def key_of(request: HttpRequest) -> str:
    """Return the key a request carries, or an empty text."""
    key = request.headers.get(ApiKeyAuth.param_name) or request.GET.get(PARAMETER)
    if not key and request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        key = request.POST.get(PARAMETER)
    return key or ""


_written: dict[int, datetime] = {}
_lock = threading.Lock()


def _used(key_id: int, at: datetime) -> None:
    """Write down that a key was used: once a minute for each process, so that reading costs no writing."""
    with _lock:
        last = _written.get(key_id)
        if last is not None and timedelta(0) <= at - last < USE_STEP:
            return
        _written[key_id] = at
    note_use(key_id=key_id, at=at)
