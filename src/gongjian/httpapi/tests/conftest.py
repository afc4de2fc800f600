import hashlib
from datetime import UTC, datetime

import pytest

from gongjian.identity.models import ApiKey, User

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KEY = "k" * 43


@pytest.fixture(autouse=True)
def toy_urls(settings):
    settings.ROOT_URLCONF = "gongjian.httpapi.tests.urls"


def make_key(plain=KEY, **over):
    user, _ = User.objects.get_or_create(
        username=f"program-{plain[:4]}", defaults={"kind": "program", "created_at": AT}
    )
    facts = {"prefix": plain[:4], "name": "区 App", "rights": ["hotline:case:read"], "created_at": AT}
    return ApiKey.objects.create(**{**facts, **over}, hash=hashlib.sha256(plain.encode()).digest(), user=user)


@pytest.fixture
def key(db):
    return make_key()
