"""Keys of programs for tests, and requests with them."""

import hashlib
import json
from typing import Any, Final

from django.test import Client

from gongjian.domains.hotline.access import HotlineRight
from gongjian.httpapi.access import HttpApiRight
from gongjian.identity.models import ApiKey, Unit, User
from gongjian.testing.clock import MONDAY_MORNING

R = HotlineRight
UNIT_RIGHTS: Final = (
    R.CASE_READ_UNIT, R.CASE_SIGN, R.CASE_HANDLE, R.CASE_SUBMIT, R.CASE_RETURN, R.CASE_EXTEND,
    HttpApiRight.WEBHOOKS_OWN,
)  # fmt: skip
DISTRICT_RIGHTS: Final = (R.CASE_READ_ALL, R.CASE_INTAKE, HttpApiRight.WEBHOOKS_OWN)


def make_key(
    plain: str = "unit-key-of-the-bureau", *, unit: str = "", rights: tuple[str, ...] = UNIT_RIGHTS, **over: Any
) -> ApiKey:
    """Give a program a key with this plain text; `unit` is a code, "" none."""
    user, _made = User.objects.get_or_create(
        username=f"p-{hashlib.sha256(plain.encode()).hexdigest()[:8]}",
        defaults={"kind": User.Kind.PROGRAM, "name": plain[:40], "created_at": MONDAY_MORNING},
    )
    facts: dict[str, Any] = {
        "prefix": plain[:4],
        "name": plain[:60],
        "rights": sorted(str(right) for right in rights),
        "unit": Unit.objects.get(code=unit) if unit else None,
        "created_at": MONDAY_MORNING,
        "per_minute": 6_000,
    }
    return ApiKey.objects.create(**{**facts, **over}, hash=hashlib.sha256(plain.encode()).digest(), user=user)


class Program:
    """A program that calls the API with one key."""

    def __init__(self, key: str = "unit-key-of-the-bureau") -> None:
        self.client, self.key = Client(), key

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers={"X-Api-Key": self.key, **headers})

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(
            f"/api/v1{path}",
            json.dumps({} if body is None else body),
            content_type="application/json",
            headers={"X-Api-Key": self.key, **headers},
        )
