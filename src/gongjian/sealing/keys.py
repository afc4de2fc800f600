"""The ring of sealing keys: the first seals, all open.

A sealed value is: one byte with the length of the key id, the key id, 12 bytes nonce, AES-256-GCM ciphertext with its
tag. The associated data is the model and field that the value belongs to, so that a value moved to another column does
not open.
"""

import secrets
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE = 12
TAG = 16
KEY = 32
LONGEST_ID = 255


class SealError(Exception):
    """A sealed value does not open."""


class UnknownKey(SealError):
    """The value was sealed with a key that is not in the ring."""


class Broken(SealError):
    """The value was changed, cut, or sealed for another column."""


class KeyRing:
    """Keys by id, in order; 32 bytes each, ids of 1 to 255 ASCII letters."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise ValueError("The key ring is empty.")
        if any(not key_id or not key_id.isascii() or len(key_id) > LONGEST_ID for key_id in keys):
            raise ValueError("A key id has 1 to 255 ASCII letters.")
        if any(len(key) != KEY for key in keys.values()):
            raise ValueError("A sealing key has 32 bytes.")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.current = next(iter(keys))
        self.front = front_of(self.current)

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        """Return the value sealed with the first key."""
        nonce = secrets.token_bytes(NONCE)
        return self.front + nonce + self._ciphers[self.current].encrypt(nonce, plain, bound_to)

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Return the plain value; raises UnknownKey or Broken."""
        key_id, nonce, body = _parts(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise UnknownKey(f"No key {key_id!r} in the ring.")
        try:
            return cipher.decrypt(nonce, body, bound_to)
        except InvalidTag as error:
            raise Broken("The value was changed, or sealed for another column.") from error

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether the value was sealed with the first key."""
        return sealed.startswith(self.front)


def front_of(key_id: str) -> bytes:
    """Return the bytes with which every value sealed by a key begins."""
    return bytes([len(key_id)]) + key_id.encode("ascii")


def ring() -> KeyRing:
    """Return the ring of settings.SEALING_KEYS."""
    return _ring(tuple(settings.SEALING_KEYS.items()))


@lru_cache(maxsize=4)
def _ring(keys: tuple[tuple[str, bytes], ...]) -> KeyRing:
    return KeyRing(dict(keys))


def _parts(sealed: bytes) -> tuple[str, bytes, bytes]:
    body = 1 + (sealed[0] if sealed else 0) + NONCE
    if len(sealed) < body + TAG:
        raise Broken("The value is too short to be sealed.")
    key_id = sealed[1 : body - NONCE].decode("ascii", errors="replace")
    return key_id, sealed[body - NONCE : body], sealed[body:]
