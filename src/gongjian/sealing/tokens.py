"""Codes that people read aloud, copy from paper and type."""

import re
import secrets

from gongjian.text import as_code

# Without 0 O 1 I L, which are taken for one another; 31 signs, 10 of them make 49 bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
RECEIPT = 10
_GAPS = re.compile(r"[\s-]")
_SIGN = f"[{ALPHABET}]"
_NAMED = re.compile(rf"(?:查询码|RECEIPT CODE|RECEIPT|CODE)\W*({_SIGN}(?:[\s-]?{_SIGN}){{{RECEIPT - 1}}})(?![A-Z0-9])")
_HALF = f"{_SIGN}{{{RECEIPT // 2}}}"
_ALONE = re.compile(rf"(?<![A-Z0-9])({_HALF}[\s-]?{_HALF})(?![A-Z0-9])")


def receipt_code() -> str:
    """Return a new receipt code of 10 signs; it must be unguessable, its uniqueness is the column's business."""
    return "".join(secrets.choice(ALPHABET) for _ in range(RECEIPT))


def read_receipt_code(text: str) -> str | None:
    """Return the code somebody typed or pasted; None if there is none.

    Small letters, full width, blanks and dashes of all kinds are accepted, its name before it and words around it too.
    Among words without that name only a code with a digit is told from a word.
    """
    folded = as_code(text)
    code = _GAPS.sub("", folded)
    if len(code) == RECEIPT and all(sign in ALPHABET for sign in code):
        return code
    named = _NAMED.search(folded)
    if named:
        return _GAPS.sub("", named[1])
    found = {_GAPS.sub("", one) for one in _ALONE.findall(folded)}
    likely = [one for one in found if not one.isalpha()]
    return likely[0] if len(likely) == 1 else None
