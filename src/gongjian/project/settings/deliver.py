"""Settings of `gongjian deliver`: the floors up to the interface for programs, and nothing above them.

Pages, casework and domains are not loaded: half the memory of the other worker.
"""

from gongjian.project.settings import *  # noqa: F403
from gongjian.project.settings import INSTALLED_APPS as ALL

TOP = "gongjian.httpapi"
NEEDED = {
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
}
INSTALLED_APPS = [app for app in ALL[: ALL.index(TOP) + 1] if app in NEEDED or app.startswith("gongjian.")]
