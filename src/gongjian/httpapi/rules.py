"""Signing messages between programs, and how long things are remembered."""

import hashlib
import hmac
from datetime import datetime, timedelta

SIGNATURE_WINDOW = timedelta(minutes=5)
ANSWER_LIFE = timedelta(hours=24)
LIMIT_LIFE = timedelta(hours=1)
SCHEME = "sha256="
KEY_SHORTEST, KEY_LONGEST = 16, 200


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return the header value that signs a body sent at a moment (seconds since 1970, as text): HMAC-SHA256."""
    return SCHEME + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_fresh(timestamp: str, at: datetime) -> bool:
    """Whether a timestamp header lies within five minutes of now, before or after."""
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > len("99999999999"):
        return False
    return abs(int(timestamp) - at.timestamp()) <= SIGNATURE_WINDOW.total_seconds()
