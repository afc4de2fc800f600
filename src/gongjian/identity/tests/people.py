"""A few people for the tests of this room and the console's."""

from datetime import UTC, datetime

from gongjian.identity.actions import assign, create_user
from gongjian.identity.actions.reference import load_reference
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import Unit
from gongjian.identity.reference import forget

AT = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
PASSWORD = "lantern-harbour-9"


def load():
    """Make sure of units and roles; the memory of the process may be of another test's rows."""
    forget()
    if not Unit.objects.exists():
        load_reference(at=AT)


def staff(username="yt-mzj-0417", *, unit="mzj", role="handler", password="", name="罗晓棠", at=AT, **over):
    user = create_user(username=username, name=name, password=password, actor=SYSTEM, at=at, **over)
    if role:
        assign(user=user, unit=Unit.objects.get(code=unit), role=role, actor=SYSTEM, at=at)
    return user
