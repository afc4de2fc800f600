"""Run inside Django against the loaded district: sessions, case numbers and topics for the load, as JSON."""

import json
import random
import sys

import django

django.setup()

from django.db import connection

from gongjian.casework.models import Case
from gongjian.domains.hotline.queries import catalogue
from gongjian.identity.models import User
from gongjian.identity.sessions import SessionStore
from gongjian.testing.cast import CAST
from gongjian.workdays.clock import now

ROLES = ("dispatcher", "supervisor", "leader")


def session_of(username: str) -> str:
    """Return the session key of somebody who has just signed in."""
    user = User.objects.get(username=username)
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "gongjian.identity.backends.AssignmentBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.create()
    session.save()
    return str(session.session_key)


def main() -> None:
    chance = random.Random(1)
    with connection.cursor() as cursor:
        cursor.execute(
            "select u.code, count(*) from casework_case c join identity_unit u on u.id = c.holder_unit_id"
            " where c.closed_at is null group by 1 order by 2 desc"
        )
        by_unit = cursor.fetchall()
        cursor.execute("select count(*) from casework_case")
        total = cursor.fetchone()[0]
    handlers = {m.unit: m.username for m in CAST if m.role == "handler"}
    unit, waiting = next((u, n) for u, n in by_unit if u in handlers)
    known = Case.objects.filter(restricted=False)  # nobody who asks here may know of the others
    recent = list(known.order_by("-id").values_list("number", flat=True)[:20_000])
    titled = known.filter(closed_at=None, topic__isnull=False).order_by("-id")
    sought = [(title[:3], topic) for title, topic in titled.values_list("title", "topic__name_zh")[:99]]
    doing = list(known.filter(holder_unit__code=unit, state="in_progress").values_list("number", "version")[:20_000])
    signable = list(known.filter(holder_unit__code=unit, state="dispatched").values_list("number", "version")[:20_000])
    json.dump(
        {
            "cases": total,
            "unit": unit,
            "waiting": waiting,
            "handler": session_of(handlers[unit]),
            **{role: session_of(next(m.username for m in CAST if m.role == role)) for role in ROLES},
            "details": chance.sample(recent, min(3_000, len(recent))),
            "doing": doing,
            "signable": signable,
            "topics": [t.code for t in catalogue(now()).leaves][:20],
            "sought": sought,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
