"""A program with its key, and how it calls."""

import hashlib
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from django.test import Client

from gongjian.domains.hotline.access import HotlineRight, ProgramRight
from gongjian.identity.models import ApiKey, Unit, User
from gongjian.testing.clock import MONDAY_MORNING

V2 = "/open311/v2"
TEST = "/open311/test/v2"
KEY = "gj_test-open311-key"
LIGHT = {
    "service_code": "street-lights",
    "lat": "22.5571",
    "long": "114.2401",
    "address_string": "海景二路 128 号门口",
    "description": "门口的路灯连续三晚不亮，老人出门看不清台阶。",
    "attribute[FAULT]": "out",
}
FORM = "application/x-www-form-urlencoded; charset=utf-8"


def make_key(plain: str = KEY, username: str = "city-app", unit: str = "", rights: Any = None, **over: Any) -> ApiKey:
    user, _ = User.objects.get_or_create(
        username=username, defaults={"kind": User.Kind.PROGRAM, "name": username, "created_at": MONDAY_MORNING}
    )
    facts = {
        "prefix": plain[:10],
        "name": username,
        "rights": rights or [str(ProgramRight.OPEN311_REPORT)],
        "created_at": MONDAY_MORNING,
        "per_minute": 1_000,
        "unit": Unit.objects.get(code=unit) if unit else None,
    }
    return ApiKey.objects.create(**{**facts, **over}, hash=hashlib.sha256(plain.encode()).digest(), user=user)


def reading_all() -> list[str]:
    return [str(ProgramRight.OPEN311_REPORT), str(HotlineRight.CASE_READ_ALL)]


def post(
    client: Client, path: str = "requests.json", body: Any = None, *, key: str = KEY, base: str = V2, **extra: Any
):
    given = {**LIGHT, **(body or {})} if path.startswith("requests") else dict(body or {})
    given = {name: value for name, value in given.items() if value is not None}
    if key:
        given["api_key"] = key
    return client.post(f"{base}/{path}", urlencode(given, doseq=True), content_type=FORM, **extra)


def get(client: Client, path: str, base: str = V2, **params: Any):
    return client.get(f"{base}/{path}", params)


def number_of(response: Any) -> str:
    assert response.status_code in {200, 201}, response.content.decode()
    return response.json()[0]["service_request_id"]


def xml(response: Any) -> ET.Element:
    assert response["Content-Type"] == "text/xml; charset=utf-8"
    assert response.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    return ET.fromstring(response.content)


def refused(response: Any, status: int = 400) -> str:
    assert response.status_code == status, response.content.decode()
    errors = response.json()
    assert all(set(error) == {"code", "description"} for error in errors)
    assert {error["code"] for error in errors} == {status}
    return "\n".join(error["description"] for error in errors)
