"""The mark in a notice by which the owner of an address proves that it is theirs.

It reaches nobody but the address, so whoever follows it reads there. It opens no case.
"""

import hmac
from typing import Final

from gongjian.sealing.index import blind_index

PURPOSE: Final = "confirm-contact"
DIGITS: Final = 20  # of 32: 80 bits


def mark_of(contact_id: int) -> str:
    """Return the mark of a contact, fit for an address."""
    return f"{contact_id}-{blind_index(str(contact_id), PURPOSE).hex()[:DIGITS]}"


def contact_of(mark: str) -> int | None:
    """Return the contact a mark was made for, None for what is no mark of ours."""
    number = mark.partition("-")[0]
    if not (number.isascii() and number.isdigit() and len(number) < DIGITS):
        return None
    contact_id = int(number)
    return contact_id if hmac.compare_digest(mark.encode(), mark_of(contact_id).encode()) else None
