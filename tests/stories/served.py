"""Settings of a web server that runs beside the tests, on their database."""

import os
from pathlib import Path

from gongjian.project.settings.test import *  # noqa: F403
from gongjian.project.settings.test import DATABASES

HOME = Path(os.environ["GONGJIAN_HOME"])
MEDIA_ROOT = HOME / "documents"
DATABASES["default"]["NAME"] = os.environ["SERVED_DATABASE"]
