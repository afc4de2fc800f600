"""Evidence goes with the answer: to the reviewer at once, to the resident where it is meant for them, once approved."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from gongjian.casework.models import CaseDocument
from gongjian.documents.models import Document
from gongjian.domains.hotline.actions import handling, replying
from gongjian.domains.hotline.actions.evidence import MOST, add_evidence
from gongjian.domains.hotline.models import ReplyEvidence
from gongjian.domains.hotline.tests.staff_pages import (
    AT,
    CLERK,
    HANDLER,
    HEAD,
    OTHER_HANDLER,
    REVIEWER,
    at_desk,
    case_url,
    page,
)
from gongjian.portal.queries import document_for
from gongjian.testing.assertions import assert_forbidden, assert_refused
from gongjian.testing.cases import REPLY, again, make_request, party_of
from gongjian.testing.cast import actor

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch, settings, tmp_path):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())
    settings.MEDIA_ROOT = tmp_path


def photo(name="停工.jpg", colour="navy"):
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue())


def evidence(case):
    return reverse("hotline:evidence", args=[case.number])


def submit(case, by=HANDLER):
    return handling.submit_reply(case=again(case), text=REPLY, resolved="yes", actor=actor(by, at=AT), at=AT)


def test_files_go_to_the_reviewer_and_the_public_ones_to_the_resident_once_approved(client):
    case = make_request(state="in_progress")
    desk = at_desk(HANDLER)
    assert "照片每张最大 25 MB" in page(desk.get(evidence(case)))
    desk.post(evidence(case), {"files": [photo("给居民.jpg")], "public": "1"})
    desk.post(evidence(case), {"files": [photo("内部.jpg", "red")]})
    shown = page(desk.get(evidence(case)))
    assert "给居民.jpg" in shown
    assert "内部.jpg" in shown
    submit(case)
    attached = CaseDocument.objects.filter(case=case)
    assert [one.public for one in attached] == [False, False]
    reviewer = page(at_desk(REVIEWER).get(case_url(case)))
    assert "给居民.jpg" in reviewer
    assert "内部.jpg" in reviewer
    proved = [party_of(case)]
    from gongjian.identity.actor import ANONYMOUS

    assert all(document_for(d.document_id, actor=ANONYMOUS, proved_parties=proved) is None for d in attached)
    replying.approve(case=again(case), actor=actor(REVIEWER, at=AT), at=AT)
    public = CaseDocument.objects.get(case=case, public=True)
    assert public.document.title == "给居民.jpg"
    assert public.event.move == "approve"
    assert document_for(public.document_id, actor=ANONYMOUS, proved_parties=proved) is not None
    assert not ReplyEvidence.objects.filter(reply=None).exists()


def test_a_file_is_changed_dropped_and_shown_to_its_writer_alone():
    case, desk = make_request(state="in_progress"), at_desk(HANDLER)
    desk.post(evidence(case), {"files": [photo()]})
    one = ReplyEvidence.objects.get()
    file = reverse("hotline:evidence_file", args=[case.number, one.pk])
    answer = desk.get(file)
    assert answer["Content-Type"] == "image/jpeg"
    assert b"".join(answer.streaming_content)
    assert at_desk(HEAD).get(file).status_code == 404
    assert at_desk(HEAD).post(evidence(case), {"act": "drop", "file": one.pk}).status_code == 404
    desk.post(evidence(case), {"act": "show", "file": one.pk})
    assert ReplyEvidence.objects.get().public
    desk.post(evidence(case), {"act": "drop", "file": one.pk})
    assert not ReplyEvidence.objects.exists()
    assert not Document.objects.exists()
    assert desk.post(evidence(case), {"act": "drop", "file": one.pk}).status_code == 404
    assert at_desk(OTHER_HANDLER).get(evidence(case)).status_code == 404
    assert at_desk(CLERK).get(evidence(case)).status_code == 403


def test_bad_files_too_many_and_a_wrong_state_are_refused():
    case, desk = make_request(state="in_progress"), at_desk(HANDLER)
    bad = desk.post(evidence(case), {"files": [SimpleUploadedFile("a.exe", b"MZ" * 40), photo()]})
    assert bad.status_code == 422
    assert "a.exe" in page(bad)
    assert ReplyEvidence.objects.count() == 1  # the good one is kept
    assert desk.post(evidence(case), {}).status_code == 422
    who = actor(HANDLER, at=AT)
    for _ in range(MOST - 1):
        add_evidence(case=case, upload=photo(), public=False, actor=who, at=AT)
    with assert_refused("files"):
        add_evidence(case=case, upload=photo(), public=False, actor=who, at=AT)
    with assert_forbidden():
        add_evidence(case=case, upload=photo(), public=False, actor=actor(CLERK, at=AT), at=AT)
    submit(case)
    with assert_refused("files"):
        add_evidence(case=again(case), upload=photo(), public=False, actor=who, at=AT)


def test_an_answer_sent_back_may_bring_new_files():
    case, who = make_request(state="in_progress"), actor(HANDLER, at=AT)
    add_evidence(case=case, upload=photo("第一次.jpg"), public=True, actor=who, at=AT)
    submit(case)
    replying.send_back(case=again(case), remark="再拍一张。", actor=actor(REVIEWER, at=AT), at=AT)
    add_evidence(case=again(case), upload=photo("第二次.jpg", "green"), public=True, actor=who, at=AT)
    submit(case)
    replying.approve(case=again(case), actor=actor(REVIEWER, at=AT), at=AT)
    shown = CaseDocument.objects.filter(case=case, public=True)
    assert [d.document.title for d in shown] == ["第二次.jpg"]
