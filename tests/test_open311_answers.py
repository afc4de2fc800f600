"""What Open311 answers, call by call in both formats: a program that can read these can read us."""

import json
import re
from xml.etree import ElementTree as ET

import pytest

from gongjian.casework.models import Case
from gongjian.domains.hotline.queries.open311 import forget_offer
from gongjian.domains.hotline.tests.open311 import KEY, V2, get, make_key, number_of, post
from gongjian.testing.cases import bring_to
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db
# What differs from run to run.
VARYING = (
    (re.compile(r"YT-\d{4}-\d{5,10}"), "YT-2611-00001"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "0123456789abcdef0123456789abcdef"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00"), "2026-11-23T09:00:00+08:00"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "2026-11-23 09:00"),
    (re.compile(r'(?<="update_id": ")\d+|(?<=<update_id>)\d+'), "1"),
    (re.compile(r"http://127\.0\.0\.1(?::\d+)?"), "https://12349.example.gov.cn"),
)
MOST = 2  # items of a list


def shown(response):
    """Return an answer as its status, its type and its body, long lists cut."""
    text = response.content.decode()
    if response["Content-Type"].startswith("application/json"):
        tree = json.loads(text)
        body = json.dumps(tree[:MOST] if isinstance(tree, list) else tree, ensure_ascii=False, indent=1)
    else:
        root = ET.fromstring(text)
        for child in (
            list(root)[MOST:] if root.tag in {"services", "service_requests", "service_request_updates"} else []
        ):
            root.remove(child)
        ET.indent(root, " ")
        body = text.partition("\n")[0] + "\n" + ET.tostring(root, encoding="unicode")
    told = f"{response.status_code} {response['Content-Type']}\n{body}"
    for pattern, plain in VARYING:
        told = pattern.sub(plain, told)
    return told


def test_answers_are_golden(district, client, golden, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())
    forget_offer()
    make_key()
    number = number_of(post(client, body={"media_url": "https://example.org/a.jpg", "account_id": "7"}))
    case = bring_to(Case.objects.get(number=number), "closed")
    secret = post(client, body={"service_code": "street-building", "attribute[FAULT]": None}).json()[0]["token"]
    lines = []
    for form in ("json", "xml"):
        calls = [
            ("GET discovery", get(client, f"discovery.{form}")),
            ("GET services", get(client, f"services.{form}")),
            ("GET services/street-lights", get(client, f"services/street-lights.{form}")),
            ("GET services/toilets", get(client, f"services/toilets.{form}")),
            ("POST requests", post(client, f"requests.{form}", {"account_id": "7"})),
            ("POST requests, looked at first", _token(client, form)),
            ("GET tokens/…", get(client, f"tokens/{secret}.{form}")),
            ("GET requests/…", get(client, f"requests/{case.number}.{form}")),
            ("GET requests/…?extensions=true, own key", _own(client, case.number, form)),
            ("GET requests?status=closed", get(client, f"requests.{form}", status="closed")),
            ("GET requests?service_code=toilets", get(client, f"requests.{form}", service_code="toilets")),
            ("GET servicerequestupdates", get(client, f"servicerequestupdates.{form}", service_request_id=case.number)),
            ("POST servicerequestupdates", _update(client, case.number, form)),
            ("GET services/gone", get(client, f"services/gone.{form}")),
            ("POST requests without a key", post(client, f"requests.{form}", key="")),
            ("POST requests, two mistakes", post(client, f"requests.{form}", {"lat": "x", "media_url": "y"})),
        ]
        lines += [f"=== {name}.{form}\n{shown(response)}\n" for name, response in calls]
    golden("open311.txt", "\n".join(lines))


def _token(client, form):
    return post(client, f"requests.{form}", {"service_code": "street-building", "attribute[FAULT]": None})


def _own(client, number, form):
    return get(client, f"requests/{number}.{form}", V2, extensions="true", api_key=KEY)


def _update(client, number, form):
    body = {"service_request_id": number, "description": "还是不亮", "status": "REOPEN", "update_id": f"u-{form}"}
    return post(client, f"servicerequestupdates.{form}", body)
