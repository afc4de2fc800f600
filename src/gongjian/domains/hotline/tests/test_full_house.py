"""Too many pictures at once: nobody's words are lost, programs and phones are told when to come again."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from gongjian.casework.models import Case, CaseEvent
from gongjian.documents import engine
from gongjian.documents.models import Document
from gongjian.documents.tests.make import jpeg
from gongjian.domains.hotline.tests import open311, test_report
from gongjian.domains.hotline.tests.staff_pages import HANDLER, at_desk
from gongjian.domains.hotline.tests.test_phone import FIELDS
from gongjian.testing.cases import make_request
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("district", "_full")]


@pytest.fixture
def _full(monkeypatch, settings, tmp_path):
    """Every seat is taken, and nobody waits long."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())
    monkeypatch.setattr(engine, "WAIT_S", 0.0)
    with engine.seat(quick=True), engine.seat(quick=True):
        yield


def photo():
    return SimpleUploadedFile("灯.jpg", jpeg(), "image/jpeg")


def test_a_resident_keeps_the_words_and_reads_what_to_do(client):
    test_report.post(client, "", test_report.WHAT)
    test_report.post(client, "where", test_report.WHERE)
    response = test_report.post(client, "describe", test_report.DESCRIBE | {"photos": [photo()]})
    page = response.content.decode()
    assert response.status_code == 422
    assert test_report.DESCRIBE["description"] in page
    assert "过十几秒再交一次" in page
    assert not Document.objects.exists()


def test_a_handler_reads_it_at_the_file():
    case = make_request(state="in_progress")
    response = at_desk(HANDLER).post(reverse("hotline:evidence", args=[case.number]), {"files": [photo()]})
    assert response.status_code == 422
    assert "过十几秒再交一次" in response.content.decode()


def test_a_phone_comes_again_by_itself():
    response = Client().post(
        reverse("hotline:report_send"), {**FIELDS, "photos": [photo()]}, headers={"idempotency-key": uuid4().hex}
    )
    assert (response.status_code, int(response["Retry-After"]) > 0) == (503, True)
    assert not Case.objects.exists()


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_program_of_open311_is_told_when_to_come_again(client, form):
    open311.make_key()
    sent = {**open311.LIGHT, "api_key": open311.KEY, "media": photo()}
    response = client.post(f"{open311.V2}/requests.{form}", sent)
    assert (response.status_code, int(response["Retry-After"]) > 0) == (503, True)
    assert not CaseEvent.objects.exists()
