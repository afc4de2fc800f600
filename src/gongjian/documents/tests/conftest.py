from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gongjian.documents.actions import store
from gongjian.identity.actor import ANONYMOUS

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def files_in(media):
    return sorted(p for p in media.rglob("*") if p.is_file() and p.name != ".lock")


def hand_in(content, name="a.bin", kind="attachment", **over):
    upload = SimpleUploadedFile(name, content, content_type="application/x-claimed")
    return store(upload=upload, kind=kind, actor=ANONYMOUS, at=AT, **over)
