"""Codes that people read aloud, copy from paper and type."""

import secrets
import unicodedata

# Without 0 O 1 I L, which are taken for one another; 31 signs, 10 of them make 49 bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
RECEIPT = 10


def receipt_code() -> str:
    """Return a new receipt code of 10 signs; it must be unguessable, its uniqueness is the column's business."""
    return "".join(secrets.choice(ALPHABET) for _ in range(RECEIPT))


def read_receipt_code(text: str) -> str | None:
    """Return the code somebody typed: small letters, full width, spaces and hyphens accepted; None if it is none."""
    folded = unicodedata.normalize("NFKC", text).upper()
    code = "".join(sign for sign in folded if not sign.isspace() and sign not in "-–—")
    return code if len(code) == RECEIPT and all(sign in ALPHABET for sign in code) else None
