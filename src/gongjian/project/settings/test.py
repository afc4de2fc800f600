"""Settings of the test run: fast hashing, plain static names, files in a throw-away folder."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from gongjian.project.settings import *  # noqa: F403
from gongjian.project.settings import DATABASES, STORAGES

TESTING = True
HOME = Path(tempfile.mkdtemp(prefix="gongjian-test-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
MEDIA_ROOT = HOME / "documents"
STATIC_ROOT = HOME / "static"
STATIC_ROOT.mkdir()
SMS_FILE_PATH = HOME / "outbox" / "sms.log"
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("GONGJIAN_TEST_DB", "test_gongjian")}
