"""Who calls the API."""

from django.http import HttpRequest
from ninja.security import APIKeyHeader

from gongjian.httpapi.limits import allow
from gongjian.httpapi.problems import Problem
from gongjian.identity.actor import Actor
from gongjian.identity.queries import program_key
from gongjian.workdays.clock import now

PARAMETER = "api_key"
BUCKET = "api-key"


class ApiKeyAuth(APIKeyHeader):
    """A program's key in the header X-Api-Key, or in the parameter api_key of the address or the form.

    Puts the program on `request.actor`. A key that comes too often gets 429.
    """

    param_name = "X-Api-Key"

    def _get_key(self, request: HttpRequest) -> str | None:
        return key_of(request) or None

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """Return the program behind the key, or None, which ninja answers with 401."""
        at = now()
        found = program_key(key, at=at) if key else None
        if found is None:
            return None
        if not allow(BUCKET, str(found.key_id), found.per_minute, at):
            raise Problem(429, "too-many-requests", headers={"Retry-After": str(60 // found.per_minute + 1)})
        request.actor = found.actor  # type: ignore[attr-defined]
        return found.actor


def key_of(request: HttpRequest) -> str:
    """Return the key a request carries, or an empty text."""
    key = request.headers.get(ApiKeyAuth.param_name) or request.GET.get(PARAMETER)
    if not key and request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        key = request.POST.get(PARAMETER)
    return key or ""
