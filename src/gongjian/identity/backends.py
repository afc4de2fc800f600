"""The password check behind Django's authenticate(); what somebody may do comes from assignments, not from here."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from gongjian.identity.models import User
from gongjian.identity.rules import fold_name


class AssignmentBackend(BaseBackend):
    """Staff sign in with user name or work address; residents and programs have no password."""

    def authenticate(
        self,
        request: HttpRequest | None,  # noqa: ARG002 - Django hands it in
        username: str | None = None,
        password: str | None = None,
        **_kwargs: Any,
    ) -> User | None:
        if not username or password is None:
            return None
        folded = fold_name(username)
        column = "email" if "@" in folded else "username"
        user = User.objects.filter(**{column: folded}, kind=User.Kind.STAFF, is_active=True).first()
        if user is None:
            User().set_password(password)  # as slow as a wrong password: the time taken does not tell who exists
            return None
        return user if user.check_password(password) else None

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()
