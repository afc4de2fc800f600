"""Forms of programs that nobody means well with: refused in their format, in milliseconds, with nothing kept."""

from time import process_time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from gongjian.casework.models import Case
from gongjian.documents.models import Document
from gongjian.domains.hotline.tests.open311 import FORM, KEY, LIGHT, V2, make_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("district")]


def many_files(number):
    return {
        **LIGHT,
        "api_key": KEY,
        **{f"media{n}": SimpleUploadedFile("a.jpg", b"\xff\xd8\xff") for n in range(number)},
    }


def long_head():
    return encode_multipart(BOUNDARY, {"api_key": KEY}).replace(
        b"Content-Disposition", b"X: " + b"a" * 5_000 + b"\r\nC"
    )


REFUSED = {
    "a form of ten thousand parameters": (b"&".join(b"a%d=1" % n for n in range(10_000)), FORM, 400),
    "a form of 400 parameters": (f"api_key={KEY}&".encode() + b"&".join(b"a%d=1" % n for n in range(400)), FORM, 400),
    "a description of 200 KB": (f"api_key={KEY}&description=".encode() + b"a" * 200_000, FORM, 413),
    "one name of 100 KB": (f"api_key={KEY}&".encode() + b"a" * 100_000 + b"=1", FORM, 400),
    "percent signs without end": (b"a=" + b"%" * 100_000, FORM, 403),
    "a hundred files": (encode_multipart(BOUNDARY, many_files(100)), MULTIPART_CONTENT, 400),
    "four files": (encode_multipart(BOUNDARY, many_files(4)), MULTIPART_CONTENT, 400),
    "ten thousand empty parts": (b"--x\r\n\r\n\r\n" * 10_000 + b"--x--", "multipart/form-data; boundary=x", 400),
    "a part without an end": (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n", "multipart/form-data; boundary=x", 403),
    "a head of a part of 5 KB": (long_head(), MULTIPART_CONTENT, 400),
    "no boundary": (b"--x\r\n", "multipart/form-data", 400),
    "another type": (b"<a/>", "text/xml", 400),
}  # fmt: skip


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize(("body", "content_type", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_report_is_refused(client, body, content_type, status, form):
    make_key()
    began = process_time()
    response = client.generic("POST", f"{V2}/requests.{form}", body, content_type=content_type)
    assert process_time() - began < 4
    assert response.status_code == status
    assert response["Content-Type"].startswith("application/json" if form == "json" else "text/xml")
    assert len(response.content) < 4_000
    assert not Case.objects.exists()
    assert not Document.objects.exists()


@pytest.mark.parametrize("path", ["requests.json", "requests.xml", "servicerequestupdates.json"])
@pytest.mark.parametrize(("fault", "status"), [("too-large", 413), ("too-slow", 408), ("crowded", 503)])
def test_what_the_server_did_not_read_is_told_in_the_format_of_the_call(client, path, fault, status):
    response = client.post(f"{V2}/{path}", b"", content_type=FORM, **{"gongjian.body": fault})
    assert response.status_code == status
    assert response["Content-Type"].startswith("text/xml" if path.endswith("xml") else "application/json")
    assert ("Retry-After" in response) == (status == 503)
