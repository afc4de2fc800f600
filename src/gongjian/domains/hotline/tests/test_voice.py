"""A voice message in place of typing: taken, played, heard on the case; limits said before a file is chosen."""

import io
import wave

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gongjian.casework.models import Case, CaseDocument
from gongjian.documents.limits import limits_words
from gongjian.documents.models import Document
from gongjian.domains.hotline.tests.staff_pages import AT, CALL_TAKER, at_desk, case_url, page

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch, settings, tmp_path):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())
    settings.MEDIA_ROOT = tmp_path


def sound(name="留言.wav"):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 8000)
    return SimpleUploadedFile(name, out.getvalue())


def to_describe(client):
    client.post(reverse("hotline:report"), {"words": "夜里施工噪声", "kind": "complaint"})
    client.post(reverse("hotline:report_where"), {"unknown": "on"})
    return reverse("hotline:report_describe")


def test_limits_are_said_before_a_file_is_chosen(client):
    shown = page(client.get(to_describe(client)))
    assert "每张最大 25 MB" in shown
    assert "最多 5 张" in shown
    assert "m4a、mp3、amr、wav，最大 20 MB" in shown
    assert limits_words(Document.Kind.ATTACHMENT, 9).count("MB") == 3


def test_a_voice_message_stands_for_the_words_and_is_played_on_the_case(client):
    describe = to_describe(client)
    sent = client.post(describe, {"description": "", "voice": sound()})
    assert sent.status_code == 302, page(sent)
    shown = page(client.get(describe))
    assert "<audio" in shown
    voice = Document.objects.get()
    heard = client.get(reverse("hotline:report_photo", args=[voice.pk]))
    assert heard["Content-Type"] == "audio/wav"
    assert b"".join(heard.streaming_content)
    client.post(describe, {"description": "", "voice": sound("另一段.wav")})  # in place of the first
    assert Document.objects.get().pk != voice.pk
    client.post(reverse("hotline:report_contact"), {"language": "zh-hans"})
    assert "<audio" in page(client.get(reverse("hotline:report_check")))
    client.post(reverse("hotline:report_check"), {})
    case = Case.objects.get()
    assert CaseDocument.objects.get(case=case).document.kind == Document.Kind.RECORDING
    desk = page(at_desk(CALL_TAKER).get(case_url(case)))
    assert "（语音留言，请听录音）" in desk
    assert "<audio" in desk


def test_what_is_no_sound_is_refused_with_what_would_do(client):
    answer = client.post(
        to_describe(client), {"description": "有声音", "voice": SimpleUploadedFile("a.mp3", b"no sound at all")}
    )
    assert answer.status_code in {200, 422}
    assert "可以交 m4a、mp3、amr 或 wav 格式的录音" in page(answer)
    assert not Document.objects.exists()
    nothing = client.post(reverse("hotline:report_describe"), {"description": ""})
    assert "还没写是什么事" in page(nothing)
