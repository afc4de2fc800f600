"""Arithmetic of accounts: codes to a phone, names of accounts, addresses for an authenticator."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5
# How many codes one phone may ask for: the span, and how many within it. Each costs a text message.
CODE_LIMITS = ((timedelta(minutes=1), 1), (timedelta(hours=1), 5), (timedelta(days=1), 10))
USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{1,62})[a-z0-9]")


def fold_name(typed: str) -> str:
    """Return a user name or work address as it is stored: half-width, no spaces around, lower case."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def fold_code(typed: str) -> str:
    """Return the digits of a code as typed or pasted: full-width digits folded, spaces and hyphens dropped."""
    return re.sub(r"[\s\-–—]", "", unicodedata.normalize("NFKC", typed))


def is_username(name: str) -> bool:
    """Whether a folded name has 3 to 64 letters, digits, dots, hyphens or underscores, and starts and ends plainly."""
    return USERNAME.fullmatch(name) is not None


def code_again_at(sent: Sequence[datetime], at: datetime) -> datetime | None:
    """Return from when this phone may get another code, or None for now; `sent` are the moments of earlier ones."""
    waits = []
    for span, most in CODE_LIMITS:
        within = sorted(moment for moment in sent if moment > at - span)
        if len(within) >= most:
            waits.append(within[-most] + span)
    return max(waits, default=None)


def authenticator_address(*, issuer: str, username: str, secret: str, digits: int, step: int) -> str:
    """Return the otpauth address that an authenticator reads from a QR code; `secret` is Base32.

    Source: Key Uri Format of the google-authenticator project, which authenticators share.
    """
    facts = urlencode(
        {"secret": secret, "issuer": issuer, "algorithm": "SHA1", "digits": digits, "period": step}, quote_via=quote
    )
    return f"otpauth://totp/{quote(issuer)}:{quote(username)}?{facts}"
