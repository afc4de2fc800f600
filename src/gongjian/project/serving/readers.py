"""How much is being sent at a time: not too many bodies from one address, not too many bytes from all together."""

from collections import Counter
from typing import Final

from gongjian.httpapi.bodies import MB

MOST_OF_ONE: Final = 32  # bodies; a whole office may stand behind one address
MOST_BYTES: Final = 512 * MB  # that lie on the disk before somebody works on them


class Readers:
    """The bodies that are being read in this process; only its event loop asks."""

    def __init__(self, most_of_one: int = MOST_OF_ONE, most_bytes: int = MOST_BYTES) -> None:
        self.most_of_one, self.most_bytes = most_of_one, most_bytes
        self.senders: Counter[str] = Counter()
        self.reserved = 0

    def enter(self, sender: str, size: int) -> bool:
        """Count one body in, with the bytes it may bring; False where there is no room for it."""
        if self.senders[sender] >= self.most_of_one or self.reserved + size > self.most_bytes:
            return False
        self.senders[sender] += 1
        self.reserved += size
        return True

    def came(self, sender: str) -> None:
        """Note that a body is read, or given up."""
        self.senders[sender] -= 1
        if not self.senders[sender]:
            del self.senders[sender]

    def release(self, size: int) -> None:
        """Give the room of a body back."""
        self.reserved -= size
