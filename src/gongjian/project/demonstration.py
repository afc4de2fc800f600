"""The demonstration district, loaded into an empty database in demonstration mode."""

from datetime import datetime
from importlib.util import find_spec
from pkgutil import resolve_name

from django.conf import settings

from gongjian.casework.models import Case
from gongjian.project.terminal import step


def load_if_empty(*, at: datetime) -> bool:
    """Load the demonstration district unless this is a real installation or a case exists; return whether it was."""
    if not settings.DEMONSTRATION or Case.objects.exists() or find_spec("gongjian.demo.actions") is None:
        return False
    with step("载入演示数据，约一分钟", "Loading the demonstration district, about a minute"):
        resolve_name("gongjian.demo.actions:load_demonstration")(at=at)
    return True
