"""One-time codes to a phone: identity makes them, whoever asks says to whom and in which words they go."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from gongjian.identity.actions import issue_code
from gongjian.notify.actions import send
from gongjian.notify.models import Urgency
from gongjian.notify.recipients import Recipient


@transaction.atomic
def send_code(
    *, recipient: Recipient, index: bytes, template: str, context: Mapping[str, Any], at: datetime, bound: str = ""
) -> str:
    """Send a code to the phone of an index and return it, for demonstrations to show. Raises TooSoon.

    The words go at once, whatever the hour, and are wiped when they have left.
    """
    code = issue_code(index=index, at=at, bound=bound)
    send(
        recipient=recipient,
        template=template,
        context={**context, "code": code},
        link="",
        dedupe=f"code:{secrets.token_hex(8)}",
        at=at,
        urgency=Urgency.CODE,
    )
    return code
