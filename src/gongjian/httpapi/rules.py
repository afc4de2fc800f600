"""Signing messages between programs, and how long things are remembered."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

SIGNATURE_WINDOW = timedelta(minutes=5)
ANSWER_LIFE = timedelta(hours=24)
LIMIT_LIFE = timedelta(hours=1)
SCHEME = "sha256="
KEY_SHORTEST, KEY_LONGEST = 16, 200
PRINTED = frozenset(map(chr, range(0x21, 0x7F)))


def is_idempotency_key(text: str) -> bool:
    """Whether a text may be an idempotency key: 16 to 200 printed signs of ASCII."""
    return KEY_SHORTEST <= len(text) <= KEY_LONGEST and PRINTED.issuperset(text)


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return the header value that signs a body sent at a moment (seconds since 1970, as text): HMAC-SHA256."""
    return SCHEME + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_fresh(timestamp: str, at: datetime) -> bool:
    """Whether a timestamp header lies within five minutes of now, before or after."""
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > len("99999999999"):
        return False
    return abs(int(timestamp) - at.timestamp()) <= SIGNATURE_WINDOW.total_seconds()


# After a failed try the next one waits so long; behind the last the delivery is given up, three days after the first.
PAUSES = tuple(
    timedelta(seconds=s) for s in (10, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400, 86_400)
)
# After failures in a row nobody knocks at an address for a while.
QUIET = tuple(timedelta(seconds=s) for s in (10, 20, 40, 80, 160, 320, 600))
FAILING_LIFE = timedelta(days=3)
SENT_LIFE, GIVEN_UP_LIFE = timedelta(days=30), timedelta(days=90)
OLD_SECRET_LIFE = timedelta(days=7)
LEASE = timedelta(seconds=60)
SECRET_PREFIX = "whsec_"  # noqa: S105 - tells readers what follows
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # before everything


def pause_after(tries: int) -> timedelta | None:
    """Return how long to wait after so many failed tries, None where it is given up."""
    return PAUSES[tries - 1] if tries <= len(PAUSES) else None


def quiet_after(failures: int) -> timedelta:
    """Return how long an address is left alone after so many failures in a row."""
    return QUIET[min(failures, len(QUIET)) - 1]


def webhook_signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """Return one signature of an outgoing message: `v1,` and the Base64 of an HMAC-SHA256.

    The secret is `whsec_` and the Base64 of its bytes; signed are id, timestamp and body, joined by full stops.
    Source: Standard Webhooks, specification 1.0.0.
    """
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
