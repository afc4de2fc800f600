"""A code to the phone of a matter, for whoever has lost the receipt code: bound to the session that asked for it."""

from datetime import datetime
from typing import Final

from django.views.decorators.debug import sensitive_variables

from gongjian.domains.hotline.queries import Tracked
from gongjian.identity.actions import CodeState, try_code
from gongjian.notify import codes
from gongjian.notify.gateways import sms_leaves
from gongjian.notify.models import Channel
from gongjian.notify.recipients import ToContact

TEMPLATE: Final = "hotline/proof_code"


def takes_code(own: Tracked) -> bool:
    """Whether a text message can bring a code to the phone of this matter: never to one that the asker names."""
    contact = own.party.contact
    return (
        sms_leaves()
        and contact is not None
        and contact.phone_index is not None
        and contact.notify_by == Channel.SMS
        and contact.erased_at is None
    )


def send_proof_code(*, own: Tracked, session: str, at: datetime) -> None:
    """Send a code that this session alone can use, for this matter alone. Raises TooSoon."""
    contact = own.party.contact
    if contact is None or contact.phone_index is None:
        raise ValueError(own.case.number)
    codes.send_code(
        recipient=ToContact(contact.pk),
        index=bytes(contact.phone_index),
        template=TEMPLATE,
        context={"number": own.case.number},
        bound=_bound(own, session),
        at=at,
    )


@sensitive_variables("code")
def try_proof_code(*, own: Tracked, session: str, code: str, at: datetime) -> CodeState:
    """Spend one try of the code of this session and matter."""
    contact = own.party.contact
    if contact is None or contact.phone_index is None:
        return CodeState.SPENT
    return try_code(index=bytes(contact.phone_index), code=code, bound=_bound(own, session), at=at)


def _bound(own: Tracked, session: str) -> str:
    return f":{session}:{own.party.pk}"
