"""The installation secret: one random value from which every other key is derived."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@dataclass(frozen=True)
class InstallationSecret:
    """32 random bytes; purposes are separated by HKDF (RFC 5869) so that no key reveals another."""

    root: bytes

    def bytes(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose."""
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=b"gongjian", info=purpose.encode()).derive(self.root)

    def text(self, purpose: str) -> str:
        """Return 64 hexadecimal digits for one purpose."""
        return self.bytes(purpose).hex()


def installation_secret(home: Path) -> InstallationSecret:
    """Read the secret from GONGJIAN_SECRET (64 hex digits) or from the data folder, where the first start makes it."""
    given = os.environ.get("GONGJIAN_SECRET")
    if given:
        return InstallationSecret(bytes.fromhex(given))
    path = home / "secret"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32))
        try:
            os.link(fresh, path)  # atomic: of two first starts one wins, both read the winner's
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return InstallationSecret(bytes.fromhex(path.read_text().strip()))
