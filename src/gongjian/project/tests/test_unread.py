"""What people read when what they sent was too large, too slow or too much at once."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("district")]
FAULTS = {"too-large": 413, "too-slow": 408, "crowded": 503}
WORDS = {
    ("too-large", "zh"): "照片和附件加在一起，一次最多 64 MB",
    ("too-slow", "zh"): "什么都没有提交",
    ("crowded", "zh"): "现在用的人很多",
    ("too-large", "en"): "at most 64 MB",
    ("too-slow", "en"): "nothing was submitted",
    ("crowded", "en"): "Many people are here right now",
}
PAGES = ["hotline:report", "hotline:track", "console:sign_in"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("fault", "language"), WORDS)
def test_a_body_that_was_not_read_is_told_in_the_frame_and_language_of_the_page(client, name, fault, language):
    url = reverse(name)
    headers = {"Accept-Language": language, "Referer": f"http://testserver{url}?a=1"}
    response = client.post(url, b"", content_type="multipart/form-data", headers=headers, **{"gongjian.body": fault})
    shown = response.content.decode()
    assert response.status_code == FAULTS[fault]
    assert WORDS[fault, language] in shown
    assert 'href="tel:12349"' in shown
    assert f'href="{url}"' in shown  # back to the page it came from
    assert ("Retry-After" in response) == (fault == "crowded")


def test_nobody_is_led_to_a_page_of_somebody_else(client):
    headers = {"Referer": "https://elsewhere.example/report"}
    response = client.post("/track", b"", content_type="text/plain", headers=headers, **{"gongjian.body": "too-large"})
    assert "elsewhere" not in response.content.decode()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_phone_is_told_without_a_page(client, fault):
    response = client.post(
        reverse("hotline:report_send"), b"", content_type="multipart/form-data",
        headers={"Accept": "application/json"}, **{"gongjian.body": fault},
    )  # fmt: skip
    assert response.status_code == FAULTS[fault]
    assert response.json()["words"]


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        ({"a": "x" * 1_100_000}, 413, "一次最多"),
        ({f"a{n}": "" for n in range(600)}, 400, "分几次交"),
        ({f"a{n}": SimpleUploadedFile("a.jpg", b"x") for n in range(30)}, 400, "分几次交"),
        ({"a": [SimpleUploadedFile("a.jpg", b"x") for _ in range(30)]}, 400, "分几次交"),
    ],
    ids=["a field of a megabyte", "six hundred fields", "thirty files", "thirty files of one name"],
)
@pytest.mark.parametrize("name", PAGES)
def test_more_than_a_form_has_is_told_in_words(client, name, data, status, words):
    for value in data.values():
        for file in value if isinstance(value, list) else [value]:
            if not isinstance(file, str):
                file.seek(0)
    response = client.post(reverse(name), data)
    assert response.status_code == status
    assert words in response.content.decode()
