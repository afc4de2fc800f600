"""Settings of the test run: fast hashing, plain static names, files in a throw-away folder."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("GONGJIAN_SECRET", "00" * 32)
os.environ.setdefault("GONGJIAN_HOME", tempfile.mkdtemp(prefix="gongjian-test-"))

from gongjian.project.settings import *  # noqa: F403
from gongjian.project.settings import DATABASES, HOME, STORAGES

TESTING = True
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
Path(HOME / "static").mkdir(parents=True, exist_ok=True)
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("GONGJIAN_TEST_DB", "test_gongjian")}
