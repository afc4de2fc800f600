"""A keyed digest by which a sealed value can be found again without opening it."""

import hashlib
import hmac

from django.conf import settings

BYTES = 16


def blind_index(value: str, purpose: str) -> bytes:
    """Return 16 bytes that are equal for equal values of one purpose and tell nothing without the key.

    The caller normalises the value first (digits of a phone number, lower case of an e-mail). Purposes keep apart what
    must not be joined: the same phone number under "contact" and "session" gives different bytes. Raises ValueError for
    an empty value, because all the unknown ones would be found together.
    """
    if not value or not purpose or "\0" in purpose:
        raise ValueError("A blind index needs a value and a purpose.")
    message = purpose.encode() + b"\0" + value.encode()
    return hmac.new(settings.BLIND_INDEX_KEY, message, hashlib.sha256).digest()[:BYTES]
