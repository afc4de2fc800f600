import os
from datetime import timedelta

import pytest

from gongjian.audit.models import AuditEntry
from gongjian.documents import storage
from gongjian.documents.actions import Refused, claim, discard, erase, keep, new_claim_token
from gongjian.documents.downloads import file_response
from gongjian.documents.models import Document
from gongjian.documents.queries import of_draft
from gongjian.documents.sweeps import sweep_orphans, sweep_unclaimed
from gongjian.documents.tests import make
from gongjian.documents.tests.conftest import AT, files_in, hand_in
from gongjian.identity.actor import SYSTEM

pytestmark = pytest.mark.django_db


def age(media, hours):
    for path in files_in(media):
        moment = (AT - timedelta(hours=hours)).timestamp()
        os.utime(path, (moment, moment))


def test_a_draft_keeps_its_files_until_its_case_claims_them():
    token, other = new_claim_token(), new_claim_token()
    first, second = hand_in(make.jpeg(), claim_token=token), hand_in(make.pdf(), claim_token=token)
    foreign = hand_in(make.pdf(), claim_token=other)
    assert list(of_draft(token)) == [first, second]
    assert list(of_draft("")) == []
    with pytest.raises(Refused):
        claim(document_ids=[first.pk, foreign.pk], claim_token=token)
    assert list(of_draft(token)) == [first, second]
    assert claim(document_ids=[second.pk, first.pk], claim_token=token) == [first, second]
    assert list(of_draft(token)) == []
    with pytest.raises(Refused):
        claim(document_ids=[first.pk], claim_token=token)
    with pytest.raises(Refused):
        claim(document_ids=[first.pk], claim_token="")


def test_a_visitor_takes_a_file_out_again():
    token = new_claim_token()
    document = hand_in(make.pdf(), claim_token=token)
    assert not discard(document_id=document.pk, claim_token=new_claim_token())
    assert not discard(document_id=hand_in(make.pdf()).pk, claim_token="")
    assert discard(document_id=document.pk, claim_token=token)


def test_what_nobody_claims_goes_after_a_day(media):
    token = new_claim_token()
    hand_in(make.jpeg(), claim_token=token)
    hand_in(make.pdf())
    assert sweep_unclaimed(at=AT + timedelta(hours=23)) == 0
    assert sweep_unclaimed(at=AT + timedelta(hours=25)) == 1
    assert Document.objects.count() == 1
    age(media, 23)
    assert sweep_orphans(at=AT) == 0
    age(media, 25)
    assert sweep_orphans(at=AT) == 1
    assert len(files_in(media)) == 1  # the photo went with its small picture


def test_a_file_that_comes_again_is_not_an_orphan(media):
    token = new_claim_token()
    hand_in(make.pdf(), claim_token=token)
    age(media, 25)
    sweep_unclaimed(at=AT + timedelta(hours=25))
    sha256 = next(storage.stored_before(AT.timestamp()))
    storage.put(make.pdf())  # somebody hands the same file in; the row is not there yet
    assert not storage.remove(sha256, older_than=(AT - timedelta(hours=24)).timestamp())
    assert len(files_in(media)) == 1


def test_half_a_file_never_stands_at_its_place(media):
    class Torn:
        def seek(self, _):
            pass

        def read(self, _):
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        storage.put(Torn())
    assert files_in(media) == []
    (media / "incoming" / "left-by-a-crash").write_bytes(b"half")
    age(media, 23)
    assert sweep_orphans(at=AT) == 0
    age(media, 25)
    assert sweep_orphans(at=AT) == 1
    assert files_in(media) == []


def content_of(response):
    content = b"".join(response.streaming_content)
    response.close()
    return content


def test_an_erased_document_has_neither_name_nor_file(media):
    document, shared, twin = hand_in(make.jpeg()), hand_in(make.pdf()), hand_in(make.pdf())
    assert erase(document_ids=[document.pk, shared.pk], actor=SYSTEM, at=AT) == 2
    assert erase(document_ids=[document.pk], actor=SYSTEM, at=AT) == 0
    document.refresh_from_db()
    assert (document.title, document.sha256, document.erased_at) == ("", "", AT)
    age(media, 25)
    assert sweep_orphans(at=AT) == 1
    assert storage.path_of(twin.sha256).exists()
    assert AuditEntry.objects.filter(action="documents.document.erase").count() == 2
    with pytest.raises(FileNotFoundError):
        file_response(document)


def test_a_download_cannot_act_in_the_browser():
    document = hand_in(make.pdf(), "合同 (最终).pdf")
    response = file_response(document, inline=True)
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%E5%90%88%E5%90%8C")
    assert response["Cache-Control"] == "private, no-store"
    assert content_of(response) == make.pdf()


def test_a_photo_may_be_shown_in_place_and_small():
    document = hand_in(make.jpeg())
    shown, kept = file_response(document, inline=True, thumb=True), file_response(document)
    assert shown["Content-Disposition"].startswith("inline")
    assert kept["Content-Disposition"].startswith("attachment")
    assert content_of(kept) == storage.path_of(document.sha256).read_bytes()
    assert content_of(shown) == storage.path_of(document.sha256, thumb=True).read_bytes()


def test_our_own_letter_may_be_shown_in_place():
    document = keep(content=make.pdf(), name="答复", actor=SYSTEM, at=AT)
    assert (document.title, document.kind, document.retention) == ("答复.pdf", "letter", "letter")
    response = file_response(document, inline=True)
    assert response["Content-Disposition"].startswith("inline")
    assert "sandbox" not in response["Content-Security-Policy"]
    assert content_of(response) == make.pdf()
