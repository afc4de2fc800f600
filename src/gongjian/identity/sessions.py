"""Django's session engine on our table: one query to load, listed by user, ended by deleting the row."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

from django.contrib.sessions.backends import db
from django.db import connection, transaction

from gongjian.identity.models import Session
from gongjian.workdays.clock import now

# Every request of somebody signed in begins with this.
LOAD = (
    "select session_data, created, seen, expire_date from identity_session where session_key = %s and expire_date > %s"
)
USER_KEY = "_auth_user_id"  # Django's name for the signed-in user
IP_KEY = "ip"
AGENT_KEY = "agent"


def row_key(session_key: str) -> str:
    """Return the digest under which a session is stored; who reads the table cannot take over a session."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


class SessionStore(db.SessionStore):
    """The columns user, ip and agent repeat what stands in the signed data, so that sessions can be listed."""

    created: datetime | None = None
    seen: datetime | None = None
    ends: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute(LOAD, [row_key(self.session_key or ""), now()])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        data, self.created, self.seen, self.ends = row
        return self.decode(data)

    @property
    def seconds_left(self) -> int:
        """How long until this session ends by itself; 0 for one that is not stored."""
        self._get_session()  # type: ignore[attr-defined] # loads once
        return max(0, int((self.ends - now()).total_seconds())) if self.ends else 0

    def change[T](self, how: Callable[[Self], T]) -> T:
        """Let `how` change the session as it stands now, under the lock of its row, and return what that returns.

        A session is written whole: what two tabs write at the same time would undo one another. What `how` raises
        passes through, and neither the session nor anything else it wrote is changed. A session that was ended
        meanwhile is not brought back: `how` gets a new one.
        """
        self._get_session()  # type: ignore[attr-defined] # not in the stubs
        if self.session_key is None:  # a first visit: the middleware stores it with its cookie
            return how(self)
        with transaction.atomic():
            row = Session.objects.select_for_update().filter(pk=row_key(self.session_key)).first()
            if row is None:
                self._session_key, self._session_cache = None, {}
                return how(self)
            self._session_cache = self.decode(row.session_data)
            done = how(self)
            self.save()
        self.modified = False
        return done

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(pk=row_key(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            Session.objects.filter(pk=row_key(key)).delete()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        at = now()
        user_id = data.get(USER_KEY)
        self.ends = self.get_expiry_date(modification=at)
        return Session(
            session_key=row_key(self._get_or_create_session_key()),  # type: ignore[attr-defined] # not in the stubs
            session_data=self.encode(data),
            expire_date=self.ends,
            user_id=int(user_id) if user_id else None,
            ip=data.get(IP_KEY) or None,
            agent=data.get(AGENT_KEY, ""),
            created=self.created or at,
            seen=at,
        )
