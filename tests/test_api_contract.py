"""The API keeps to its description under a few hundred calls that somebody made up.

`python -m tests.fuzz_api --examples 20000` makes up as many as one has patience for.
"""

import itertools
import os
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import ClientHandler
from hypothesis import HealthCheck, settings

from gongjian.casework.models import CaseDocument, CaseEvent
from gongjian.documents.actions import store
from gongjian.documents.tests.make import jpeg
from gongjian.httpapi.actions.webhooks import subscribe
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import Unit
from gongjian.testing.cases import make_request
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING, later
from gongjian.testing.programs import DISTRICT_RIGHTS, UNIT_RIGHTS, make_key
from tests.test_api_description import description

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed: make install")
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi import checks  # noqa: E402

KEY = "fuzzing-key-of-the-district"
EXAMPLES = int(os.environ.get("GONGJIAN_FUZZ", "330"))
FAR_MORE = 1_000_000  # calls a minute: the allowance has tests of its own
addresses = itertools.count(1)
numbers: list[str] = []
application = ClientHandler(enforce_csrf_checks=False)  # leaves the connection of the test alone


def from_everywhere(environ, start_response):
    """Let each call come from an address of its own: those without a key are limited by it."""
    number = next(addresses)
    environ["REMOTE_ADDR"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    response = application(environ)
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [b"".join(response)]


SCHEMA = schemathesis.openapi.from_dict(description())
SCHEMA.app = from_everywhere
SCHEMA.config.generation.with_security_parameters = False  # every call brings the key: none is wrong for want of it
OPERATIONS = sum(1 for _ in SCHEMA.get_all_operations())
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


@pytest.fixture
def district_at_work(district, monkeypatch, settings):
    """A case in every state, with a document, and a key that may do everything a program may."""
    monkeypatch.setenv("GONGJIAN_CLOCK", later(MONDAY_MORNING, hours=1).isoformat())
    settings.WEBHOOKS_INSIDE = True
    cases = [make_request(state=state) for state in ("dispatched", "signed", "in_progress", "submitted", "closed")]
    photo = store(upload=SimpleUploadedFile("a.jpg", jpeg()), kind="photo", actor=SYSTEM, at=MONDAY_MORNING)
    for case in cases:
        event = CaseEvent.objects.filter(case=case).first()
        CaseDocument.objects.create(case=case, document=photo, event=event, public=True)
    holder = next(case.holder_unit for case in cases if case.state == "dispatched")
    key = make_key(KEY, unit=Unit.objects.get(pk=holder.pk).code, rights=(*DISTRICT_RIGHTS, *UNIT_RIGHTS))
    type(key).objects.update(per_minute=FAR_MORE)
    subscribe(
        key_id=key.pk, name="x", url="http://127.0.0.1:9/", kinds=[], moves=[], position=0,
        actor=actor("du.siyuan"), at=MONDAY_MORNING,
    )  # fmt: skip
    numbers[:] = [case.number for case in cases]


@SCHEMA.parametrize()
@settings(
    max_examples=max(EXAMPLES // OPERATIONS, 1),
    suppress_health_check=list(HealthCheck),
    deadline=None,
    database=None,
    derandomize="GONGJIAN_FUZZ" not in os.environ,
)
def test_nothing_made_up_breaks_it(case, district_at_work):
    number = (case.path_parameters or {}).get("number")
    if isinstance(number, str) and re.fullmatch(r"[A-Za-z0-9-]{1,20}", number):
        case.path_parameters["number"] = numbers[len(number) * 7 % len(numbers)]
    case.call_and_validate(headers={"X-Api-Key": KEY}, checks=CHECKS)
