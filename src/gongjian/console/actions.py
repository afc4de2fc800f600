"""Signing in by phone: identity knows the code, notify sends it, parties knows the person."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from gongjian.identity.actions import CodeState, code_index, link_person, open_session, resident_of_phone, try_code
from gongjian.identity.models import User
from gongjian.notify import codes
from gongjian.notify.recipients import ToPhone
from gongjian.parties.actions import register_person
from gongjian.web.site import site


def send_code(*, phone: str, language: str, at: datetime) -> str:
    """Send a sign-in code to a phone (E.164) and return it, for demonstrations to show. Raises TooSoon."""
    return codes.send_code(
        recipient=ToPhone(phone=phone, language=language),
        index=code_index(phone),
        template="console/sign_in_code",
        context={"name_zh": site("zh").name, "name_en": site("en").name},
        at=at,
    )


@sensitive_variables("code")
def sign_in_by_phone(
    *, request: HttpRequest, phone: str, code: str, language: str, at: datetime
) -> tuple[CodeState, User | None]:
    """Open a session for the resident of this phone if the code is right; the first time opens the account.

    A right code is spent even if the account is closed. The try is counted whatever happens after it.
    """
    state = try_code(index=code_index(phone), code=code, at=at)
    if state is not CodeState.RIGHT:
        return state, None
    with transaction.atomic():
        user = resident_of_phone(phone=phone, language=language, at=at)
        if not user.is_active:
            return CodeState.SPENT, None
        if user.person_id is None:
            link_person(user_id=user.pk, person_id=register_person(user=user, name="", at=at).pk)
        open_session(request=request, user=user, at=at)
    return state, user
