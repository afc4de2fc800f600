"""The installation secret: random roots from which every other key is derived.

The file holds one root a line, the oldest first, each with the moment it was added:

    64 hexadecimal digits [moment]

The first root is for what must never change: the blind index, the demonstration's accounts. The last one seals and
signs. Every root opens what it has sealed.
"""

import os
import secrets
from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# The longest a signed link or cookie lives; for so long the former root still checks signatures.
SIGNATURES_LIVE = timedelta(days=3)
VARIABLE = "GONGJIAN_SECRET"


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


@dataclass(frozen=True)
class Root:
    """One root and since when it seals; the first one since ever."""

    secret: InstallationSecret
    since: datetime | None

    @property
    def line(self) -> str:
        """The line of the file."""
        return self.secret.root.hex() + (f" {self.since.isoformat()}" if self.since else "")


def parse(text: str) -> tuple[Root, ...]:
    """Read the file's lines, or the environment's value, in which commas part the roots. Raises ValueError."""
    found = []
    for line in text.replace(",", "\n").splitlines():
        words = line.split("#")[0].split()
        if words:
            since = datetime.fromisoformat(words[1]) if words[1:] else None
            found.append(Root(InstallationSecret(_root(words[0])), since))
    if not found:
        raise ValueError("the secret is empty")
    return tuple(found)


def _root(digits: str) -> bytes:
    root = bytes.fromhex(digits)
    if len(root) != 32:  # noqa: PLR2004 - bytes
        raise ValueError("a secret has 64 hexadecimal digits")
    return root


def secret_file(home: Path) -> Path:
    """Return where the data folder keeps it."""
    return home / "secret"


def roots(home: Path) -> tuple[Root, ...]:
    """Read the roots from GONGJIAN_SECRET or from the data folder, where the first start makes one."""
    given = os.environ.get(VARIABLE)
    if given:
        return parse(given)
    path = secret_file(home)
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        fresh = _written_beside(path, secrets.token_hex(32))
        try:
            os.link(fresh, path)  # atomic: of two first starts one wins, both read the winner's
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return parse(path.read_text())


def installation_secret(home: Path) -> InstallationSecret:
    """Return the first root."""
    return roots(home)[0].secret


def add_root(home: Path, *, at: datetime) -> Root:
    """Add a new root to the data folder's file; running processes take it up at their next sealing."""
    known = roots(home)
    fresh = Root(InstallationSecret(secrets.token_bytes(32)), at)
    write_roots(home, (*known, fresh))
    return fresh


def write_roots(home: Path, wanted: tuple[Root, ...]) -> None:
    """Write the file anew, whole or not at all, readable by its owner alone."""
    path = secret_file(home)
    _written_beside(path, "".join(f"{root.line}\n" for root in wanted)).replace(path)


def _written_beside(path: Path, text: str) -> Path:
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.touch(mode=0o600)
    with fresh.open("w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    return fresh


def former_signing_keys(known: tuple[Root, ...], *, at: datetime) -> list[str]:
    """Return the keys that still check signatures: those whose successor is younger than a signature lives."""
    return [
        former.secret.text("django")
        for former, later in pairwise(known)
        if later.since and at - later.since < SIGNATURES_LIVE
    ]


class SealingKeys(Mapping[str, bytes]):
    """Sealing keys by id, the newest first.

    The file is read again when it has changed, so that every running process seals with a new key, and opens what
    others sealed with it, without being started again.
    """

    def __init__(self, home: Path) -> None:
        self._home, self._path = home, str(secret_file(home))
        self._stamp: tuple[int, int] | None = None
        self._keys: dict[str, bytes] = {}

    def _fresh(self) -> dict[str, bytes]:
        stamp = self._stamp_now()
        if not self._keys or stamp != self._stamp:
            self._keys, self._stamp = keys_of(roots(self._home)), stamp
        return self._keys

    def _stamp_now(self) -> tuple[int, int] | None:
        if os.environ.get(VARIABLE):
            return None
        try:
            state = os.stat(self._path)  # noqa: PTH116 - asked before every sealing and opening: half the time
        except FileNotFoundError:
            return self._stamp  # what was read stays good; whoever took the file away will put it back
        return state.st_mtime_ns, state.st_ino

    def items(self) -> ItemsView[str, bytes]:
        """Return ids and keys as they are now."""
        return self._fresh().items()

    def __getitem__(self, key_id: str) -> bytes:
        return self._fresh()[key_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fresh())

    def __len__(self) -> int:
        return len(self._fresh())


def keys_of(known: tuple[Root, ...]) -> dict[str, bytes]:
    """Return the sealing keys of the roots, the newest first; the id is the root's number."""
    numbered = [(str(number), root.secret.bytes("sealing-1")) for number, root in enumerate(known, 1)]
    return dict(reversed(numbered))


def fingerprints(known: tuple[Root, ...]) -> list[str]:
    """Return what tells roots apart without telling anything about them."""
    return [root.secret.text("fingerprint")[:16] for root in known]


def now_utc() -> datetime:
    """Return the machine's time; settings are read before there is a clock of ours."""
    return datetime.now(UTC)
